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
from installation import House
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
    (found,) = set(re.findall(r"https://news\.example\.org/r/[\w-]+", part(mail, "plain")))
    return found


def test_each_editor_gets_one_mail_with_a_link_of_their_own(house: House) -> None:
    drafted(house, editors=EDITORS)
    assert house.mailed() == list(EDITORS)
    assert {mail["Subject"] for mail in house.mails()} == {"For approval: The Quiet Quay"}
    links = [link(mail) for mail in house.mails()]
    assert len(set(links)) == 2
    assert all(f'href="{link(mail)}"' in part(mail, "html") for mail in house.mails())


def test_the_mail_says_which_slot_how_many_readers_and_what_happens_when(house: House) -> None:
    drafted(house, editors=EDITORS)
    words = " ".join(part(house.mails()[0], "plain").split())
    assert "To: Daily (3 readers)" in words
    assert "Schedule: morning, Thursday 5 March 2026, 06:00 (America/New_York)" in words
    assert (
        "Deadline: Thursday 5 March 2026, 08:00 (America/New_York). If nobody decides by then, the "
        "issue is sent as it is." in words
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
    house: House, at_deadline: DeadlineAction, words: str
) -> None:
    drafted(house, editors=EDITORS[:1], at_deadline=at_deadline)
    (mail,) = house.mails()
    assert f"(America/New_York). If nobody decides by then, the issue {words}" in part(mail, "html")


def test_the_mail_holds_the_issue_below_the_box_and_no_readers_links(house: House) -> None:
    drafted(house, editors=EDITORS[:1])
    (mail,) = house.mails()
    html = part(mail, "html")
    assert (html.count("<body"), html.count("</html>")) == (1, 1)
    assert html.index("This draft is waiting") < html.index("The Quiet Quay</h1>")
    assert ("/u/" in html, "/v/" in html, "%%" in html) == (False, False, False)


def test_the_headers_are_those_of_a_machines_mail_to_nobodys_list(house: House) -> None:
    drafted(house, editors=EDITORS[:1])
    (mail,) = house.mails()
    assert mail["Auto-Submitted"] == "auto-generated"
    named = {name.lower() for name in mail.keys()}  # noqa: SIM118 - a message has no __contains__ of names
    assert {name for name in named if name.startswith("list-")} == set()
    assert "precedence" not in named


def test_a_notice_is_one_batch_an_editor_and_no_issue(house: House) -> None:
    drafted(house, editors=EDITORS)
    with house.app.database.read() as connection:
        notice = issues.load_issue(connection, NOTICE)
        listed = [issue.id for issue in issues.latest_issues(connection, most=9)]
    assert (notice.kind, notice.parent_id, notice.state) == ("notice", DRAFT, "submitted")
    assert listed == [DRAFT]
    assert house.counts(NOTICE)["accepted"] == 2
    assert [str(brief.status) for brief in house.stored_briefs()] == ["new"]


def test_a_draft_that_waits_for_ever_asks_its_editors_too(house: House) -> None:
    drafted(house, approval=Approval.DRAFT, editors=EDITORS[:1])
    (mail,) = house.mails()
    assert "Deadline: none; waits for approval" in part(mail, "plain")


def test_a_schedule_that_sends_by_itself_asks_nobody(house: House) -> None:
    drafted(house, approval=Approval.AUTO, editors=EDITORS)
    assert house.mailed() == [f"reader000{n}@example.org" for n in range(3)]


def test_a_process_killed_after_the_draft_leaves_the_mail_to_the_next(house: House) -> None:
    prepared(house, editors=EDITORS)
    house.now = SLOT
    with house.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
    fired = fire_due(house.app.publishing.database, rule, now=house.app.publishing.clock())
    pipeline.collect_sources(house.app.publishing, ["site"])
    assert fired is not None
    assert create_issues_for_slot(house.app.publishing, rule, fired, waits=False) == [DRAFT, NOTICE]
    assert (house.state(DRAFT), house.state(NOTICE)) == ("draft", "freezing")
    for _ in range(2):
        tick(house.app.publishing)
    house.submit_all()
    assert house.mailed() == list(EDITORS)


def test_a_deadline_that_passed_before_anybody_was_asked_holds(house: House) -> None:
    prepared(house, editors=EDITORS)
    house.now = SLOT
    with house.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
    fired = fire_due(house.app.publishing.database, rule, now=house.app.publishing.clock())
    pipeline.collect_sources(house.app.publishing, ["site"])
    assert fired is not None
    create_issues_for_slot(house.app.publishing, rule, fired, waits=False)
    tick_at(house, DEADLINE)
    assert (house.state(DRAFT), readers(house), house.mailed()) == ("draft", [], list(EDITORS))
    assert why(house) == "1 brief; held at its deadline: no email to its editors could be sent"


@pytest.fixture
def own_templates(tmp_path: Path, database_url: str, warm_sandbox: Sandbox) -> Iterator[House]:
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
    house = House(tmp_path, database_url, now=now, sandbox=warm_sandbox, site=site)
    yield house
    house.close()


def test_a_mail_that_cannot_be_rendered_leaves_the_draft_and_a_line_in_the_log(
    own_templates: House, caplog: pytest.LogCaptureFixture
) -> None:
    house = own_templates
    drafted(house, editors=EDITORS)
    tick_at(house, SLOT)
    failed = [r.getMessage() for r in caplog.records if getattr(r, "event", "") == "issue.failed"]
    assert [line.partition(":")[0] for line in failed] == ["issue 2 cannot be sent"]
    assert "'nonesuch' is unknown" in failed[0]
    assert (house.state(DRAFT), house.state(NOTICE), house.mailed()) == ("draft", "draft", [])


def test_a_mail_that_comes_after_the_decision_does_not_leave(house: House) -> None:
    prepared(house, editors=EDITORS)
    tick_at(house, SLOT)
    with house.app.database.write() as connection:
        late = new_notice(draft(house), "approval", EDITORS, parent_id=DRAFT)
        late_id = issues.add_issue(connection, late, (), now=house.now)
        issues.move_issue(connection, DRAFT, IssueState.CANCELLED)
    tick_at(house, SLOT)
    assert (house.state(late_id), len(house.mails())) == ("cancelled", 2)


def test_a_notice_of_any_template_goes_to_typed_addresses_at_once(house: House) -> None:
    house.add_list()
    with house.app.database.read() as connection:
        plain = new_issue(
            house.app.publishing,
            connection,
            audience=AudienceRule(lists=("daily",)),
            template="digest",
        )
    values = {
        "issue_subject": "Hello", "schedule": "none", "to": "you", "readers": 1,
        "default_action": "none", "review_url": MergeField("review_url"),
    }  # fmt: skip
    notice = new_notice(plain, "approval", ["ada@example.org"])
    number = queue_notice(house.app.publishing, notice, values)
    house.submit_all()
    (mail,) = house.mails()
    assert (house.state(number), mail["To"], mail["Subject"]) == (
        "submitted", "ada@example.org", "For approval: Hello",
    )  # fmt: skip


def test_a_merge_field_in_a_notice_is_refused(house: House) -> None:
    own = house.folder / "own"
    (own / "notice" / "goodbye").mkdir(parents=True)
    (own / "notice" / "goodbye" / "subject.txt").write_text("Goodbye,\n%%name|reader%%")
    folders = [own, *house.app.publishing.template_folders]
    head = NoticeSettings(
        site=house.app.publishing.site, folders=folders, sender=Sender("", "a@example.org")
    )
    said = r"^templates/notice/goodbye/subject\.txt line 2: %%name%%: a notice has no merge fields"
    with pytest.raises(TemplateError, match=said):
        compose_notice(
            head,
            "goodbye",
            {"list_name": "x"},
            sandbox=house.app.publishing.sandbox,
            nonce="0" * 12,
        )


def test_a_notice_that_cannot_be_rendered_is_not_stored(house: House) -> None:
    house.add_list()
    with house.app.database.read() as connection:
        plain = new_issue(
            house.app.publishing,
            connection,
            audience=AudienceRule(lists=("daily",)),
            template="digest",
        )
    notice = new_notice(plain, "nonesuch", ["ada@example.org"])
    with pytest.raises(TemplateError, match="no template 'nonesuch'; choose from approval"):
        queue_notice(house.app.publishing, notice, {})
    with house.app.database.read() as connection:
        assert issues.issues_in(connection, list(IssueState)) == []


def test_a_notice_whose_account_is_refused_goes_by_itself_once_that_is_mended(
    house: House,
) -> None:
    waits = Receipt(kind=ReceiptKind.RETRY, reason="HTTP 401")
    house.app.providers["outbox"] = Scripted([all_of(waits, pause="outbox: check api_key")] * 2)
    prepared(house, editors=EDITORS)
    house.now = SLOT
    tick(house.app.publishing)
    dispatcher = house.app.dispatcher("me")
    while submit_next(dispatcher):
        pass
    assert house.state(NOTICE) == IssueState.SENDING
    house.app.providers.clear()
    house.now += dt.timedelta(minutes=1)
    house.submit_all()
    assert house.mailed() == list(EDITORS)


def test_a_notice_whose_provider_is_gone_from_the_settings_waits_for_it(house: House) -> None:
    prepared(house, editors=EDITORS)
    house.now = SLOT
    tick(house.app.publishing)
    dispatcher = house.app.dispatcher("me")
    opened = dispatcher.provider_named

    def gone(name: str) -> Provider:
        raise SettingsError("no [provider.outbox]")

    dispatcher.provider_named = gone
    assert [dispatcher.prepare_next() for _ in range(4)] == [None] * 4
    assert house.state(NOTICE) == IssueState.SENDING
    dispatcher.provider_named = opened
    assert dispatcher.prepare_next() is None
    house.now += dt.timedelta(minutes=5)
    while submit_next(dispatcher):
        pass
    assert house.mailed() == list(EDITORS)
