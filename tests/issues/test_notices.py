"""
The mail that asks editors about a draft: each gets one, with a link of their own, and it is no
issue.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from drafts import DEADLINE, DRAFT, EDITORS, SLOT, draft, drafted, prepared, readers, tick_at, why
from installation import Installation
from scripted_provider import Scripted, all_of, submit_next

from newsletter import pipeline
from newsletter.errors import SettingsError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.drafts import create_issues_for_slot, new_issue
from newsletter.issues.notices import NoticeSettings, compose_notice, new_notice, queue_notice
from newsletter.model.delivery import Provider, Receipt, ReceiptKind
from newsletter.model.issue import AudienceRule, DeadlineAction, IssueState
from newsletter.model.mail import MergeField, Sender
from newsletter.model.schedule import Approval
from newsletter.scheduling.firing import fire_due
from newsletter.store.issues import issues
from newsletter.store.issues.listing import latest_issues
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick

NOTICE = 2


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def link(mail: EmailMessage) -> str:
    """
    The one link to the review page.
    """
    (found,) = set(re.findall(r"https://news\.example\.org/r/[\w.-]+", part(mail, "plain")))
    return found


def test_each_editor_gets_one_mail_with_a_link_of_their_own(installation: Installation) -> None:
    drafted(installation, editors=EDITORS)
    assert installation.mailed() == list(EDITORS)
    assert {mail["Subject"] for mail in installation.mails()} == {"For approval: The Quiet Quay"}
    links = [link(mail) for mail in installation.mails()]
    assert len(set(links)) == 2
    assert all(f'href="{link(mail)}"' in part(mail, "html") for mail in installation.mails())


def test_the_mail_says_which_slot_how_many_readers_and_what_happens_when(
    installation: Installation,
) -> None:
    drafted(installation, editors=EDITORS)
    words = " ".join(part(installation.mails()[0], "plain").split())
    assert "To: Daily (3 readers)" in words
    assert "Schedule: morning, Thursday, March 5, 2026, 06:00 (America/New_York)" in words
    assert (
        "Deadline: Thursday, March 5, 2026, 08:00 (America/New_York). If nobody decides by then, "
        "the issue is sent as it is." in words
    )
    assert "Nobody left the quay on Monday" in words


@pytest.mark.parametrize(
    ("at_deadline", "words"),
    [
        (DeadlineAction.SKIP, "is cancelled and its contents go into the next one."),
        (DeadlineAction.HOLD, "waits until someone sends it."),
    ],
)
def test_the_mail_says_what_else_a_deadline_would_do(
    installation: Installation, at_deadline: DeadlineAction, words: str
) -> None:
    drafted(installation, editors=EDITORS[:1], at_deadline=at_deadline)
    (mail,) = installation.mails()
    assert f"(America/New_York). If nobody decides by then, the issue {words}" in part(mail, "html")


def test_the_mail_holds_the_issue_below_the_box_and_no_readers_links(
    installation: Installation,
) -> None:
    drafted(installation, editors=EDITORS[:1])
    (mail,) = installation.mails()
    html = part(mail, "html")
    assert (html.count("<body"), html.count("</html>")) == (1, 1)
    assert html.index("This draft is waiting") < html.index("The Quiet Quay</h1>")
    assert ("/u/" in html, "/v/" in html, "%%" in html) == (False, False, False)


def test_the_headers_are_those_of_a_machines_mail_to_nobodys_list(
    installation: Installation,
) -> None:
    drafted(installation, editors=EDITORS[:1])
    (mail,) = installation.mails()
    assert mail["Auto-Submitted"] == "auto-generated"
    named = {name.lower() for name in mail.keys()}  # noqa: SIM118 - a message has no __contains__ of names
    assert {name for name in named if name.startswith("list-")} == set()
    assert "precedence" not in named


def test_a_notice_is_one_batch_an_editor_and_no_issue(installation: Installation) -> None:
    drafted(installation, editors=EDITORS)
    with installation.app.database.read() as connection:
        notice = issues.load_issue(connection, NOTICE)
        listed = [issue.id for issue in latest_issues(connection, most=9)]
    assert (notice.kind, notice.parent_id, notice.state) == ("notice", DRAFT, "submitted")
    assert listed == [DRAFT]
    assert installation.counts(NOTICE)["accepted"] == 2
    assert [str(brief.status) for brief in installation.stored_briefs()] == ["new"]


def test_a_draft_that_waits_for_ever_asks_its_editors_too(installation: Installation) -> None:
    drafted(installation, approval=Approval.DRAFT, editors=EDITORS[:1])
    (mail,) = installation.mails()
    assert "Deadline: none; waits for approval" in part(mail, "plain")


def test_a_schedule_that_sends_by_itself_asks_nobody(installation: Installation) -> None:
    drafted(installation, approval=Approval.AUTO, editors=EDITORS)
    assert installation.mailed() == [f"reader000{n}@example.org" for n in range(3)]


def test_a_process_killed_after_the_draft_leaves_the_mail_to_the_next(
    installation: Installation,
) -> None:
    prepared(installation, editors=EDITORS)
    installation.now = SLOT
    with installation.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
    fired = fire_due(
        installation.app.publishing.database, rule, now=installation.app.publishing.clock()
    )
    pipeline.collect_sources(installation.app.publishing, ["site"])
    assert fired is not None
    assert create_issues_for_slot(installation.app.publishing, rule, fired, waits=False) == [
        DRAFT,
        NOTICE,
    ]
    assert (installation.state(DRAFT), installation.state(NOTICE)) == ("draft", "freezing")
    for _ in range(2):
        tick(installation.app.publishing)
    installation.submit_all()
    assert installation.mailed() == list(EDITORS)


def test_a_deadline_that_passed_before_anybody_was_asked_holds(installation: Installation) -> None:
    prepared(installation, editors=EDITORS)
    installation.now = SLOT
    with installation.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
    fired = fire_due(
        installation.app.publishing.database, rule, now=installation.app.publishing.clock()
    )
    pipeline.collect_sources(installation.app.publishing, ["site"])
    assert fired is not None
    create_issues_for_slot(installation.app.publishing, rule, fired, waits=False)
    tick_at(installation, DEADLINE)
    assert (installation.state(DRAFT), readers(installation), installation.mailed()) == (
        "draft",
        [],
        list(EDITORS),
    )
    assert (
        why(installation) == "1 brief; held at its deadline: no email could be sent to its editors"
    )


@pytest.fixture
def own_templates(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    """
    An installation whose own template of the editors' mail is broken.
    """
    folder = tmp_path / "own" / "notice" / "approval"
    folder.mkdir(parents=True)
    (folder / "body.txt").write_text("{{ nonesuch }}")
    site = {
        "name": "The Institute",
        "base_url": "https://news.example.org",
        "templates": tmp_path / "own",
    }
    now = SLOT.replace(day=4)
    installation = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, site=site)
    yield installation
    installation.close()


def test_a_mail_that_cannot_be_rendered_leaves_the_draft_and_a_line_in_the_log(
    own_templates: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    installation = own_templates
    drafted(installation, editors=EDITORS)
    tick_at(installation, SLOT)
    failed = [r.getMessage() for r in caplog.records if getattr(r, "event", "") == "issue.failed"]
    assert [line.partition(":")[0] for line in failed] == ["issue 2 cannot be sent"]
    assert "'nonesuch' is unknown" in failed[0]
    assert (installation.state(DRAFT), installation.state(NOTICE), installation.mailed()) == (
        "draft",
        "draft",
        [],
    )


def test_a_mail_that_comes_after_the_decision_does_not_leave(installation: Installation) -> None:
    prepared(installation, editors=EDITORS)
    tick_at(installation, SLOT)
    with installation.app.database.write() as connection:
        late = new_notice(draft(installation), "approval", EDITORS, parent_id=DRAFT)
        late_id = issues.add_issue(connection, late, (), now=installation.now)
        issues.move_issue(connection, DRAFT, IssueState.CANCELLED)
    tick_at(installation, SLOT)
    assert (installation.state(late_id), len(installation.mails())) == ("cancelled", 2)


def test_a_notice_of_any_template_goes_to_typed_addresses_at_once(
    installation: Installation,
) -> None:
    installation.add_list()
    with installation.app.database.read() as connection:
        plain = new_issue(
            installation.app.publishing,
            connection,
            audience=AudienceRule(lists=("daily",)),
            template="digest",
        )
    values = {
        "issue_subject": "Hello", "schedule": "none", "to": "you", "readers": 1,
        "audience": "you (1 reader)",
        "default_action": "none", "failing": [], "review_url": MergeField("review_url"),
    }  # fmt: skip
    notice = new_notice(plain, "approval", ["ada@example.org"])
    number = queue_notice(installation.app.publishing, notice, values)
    installation.submit_all()
    (mail,) = installation.mails()
    assert (installation.state(number), mail["To"], mail["Subject"]) == (
        "submitted", "ada@example.org", "For approval: Hello",
    )  # fmt: skip


def test_a_merge_field_in_a_notice_is_refused(installation: Installation) -> None:
    own = installation.folder / "own"
    (own / "notice" / "goodbye").mkdir(parents=True)
    (own / "notice" / "goodbye" / "subject.txt").write_text("Goodbye,\n%%name|reader%%")
    folders = [own, *installation.app.publishing.template_folders]
    head = NoticeSettings(
        site=installation.app.publishing.site, folders=folders, sender=Sender("", "a@example.org")
    )
    said = r"^templates/notice/goodbye/subject\.txt line 2: %%name%%: a notice has no merge fields"
    with pytest.raises(TemplateError, match=said):
        compose_notice(
            head,
            "goodbye",
            {"list_name": "x"},
            sandbox=installation.app.publishing.sandbox,
            nonce="0" * 12,
        )


def test_a_notice_that_cannot_be_rendered_is_not_stored(installation: Installation) -> None:
    installation.add_list()
    with installation.app.database.read() as connection:
        plain = new_issue(
            installation.app.publishing,
            connection,
            audience=AudienceRule(lists=("daily",)),
            template="digest",
        )
    notice = new_notice(plain, "nonesuch", ["ada@example.org"])
    with pytest.raises(
        TemplateError, match="no template 'nonesuch'; choose from address-changed, approval"
    ):
        queue_notice(installation.app.publishing, notice, {})
    with installation.app.database.read() as connection:
        assert issues.issues_in(connection, list(IssueState)) == []


def test_a_notice_whose_account_is_refused_goes_by_itself_once_that_is_mended(
    installation: Installation,
) -> None:
    waits = Receipt(kind=ReceiptKind.RETRY, reason="HTTP 401")
    installation.app.providers["outbox"] = Scripted(
        [all_of(waits, pause="outbox: check api_key")] * 2
    )
    prepared(installation, editors=EDITORS)
    installation.now = SLOT
    tick(installation.app.publishing)
    dispatcher = installation.app.dispatcher("me")
    while submit_next(dispatcher):
        pass
    assert installation.state(NOTICE) == IssueState.SENDING
    installation.app.providers.clear()
    installation.now += dt.timedelta(minutes=1)
    installation.submit_all()
    assert installation.mailed() == list(EDITORS)


def test_a_notice_whose_provider_is_gone_from_the_settings_waits_for_it(
    installation: Installation,
) -> None:
    prepared(installation, editors=EDITORS)
    installation.now = SLOT
    tick(installation.app.publishing)
    dispatcher = installation.app.dispatcher("me")
    opened = dispatcher.provider_named

    def gone(name: str) -> Provider:
        raise SettingsError("no [provider.outbox]")

    dispatcher.provider_named = gone
    assert [dispatcher.prepare_next() for _ in range(4)] == [None] * 4
    assert installation.state(NOTICE) == IssueState.SENDING
    dispatcher.provider_named = opened
    assert dispatcher.prepare_next() is None
    installation.now += dt.timedelta(minutes=5)
    while submit_next(dispatcher):
        pass
    assert installation.mailed() == list(EDITORS)
