"""
Notices that stand: rendered once for a kind, a list and a language, sent to one person after
another, and replaced when what they say changes.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from installation import Installation
from noticed_people import add_person, append, notice_of

from newsletter.actions.people import lists
from newsletter.delivery.trace import trace
from newsletter.errors import Refused
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.rendering import render_issue
from newsletter.issues.standing.reminders import expire_requests, remind_people
from newsletter.issues.status import status_of
from newsletter.mail.templating.files import project_templates
from newsletter.model.access import OPERATOR
from newsletter.model.issue import IssueState
from newsletter.model.mail import Sender
from newsletter.model.notice import NoticeKind
from newsletter.operations.alerts import find_alerts
from newsletter.pipeline import publish_issue
from newsletter.store.delivery.failover import fail_over, set_fallback_provider
from newsletter.store.delivery.finish import cancel_open, submit_finished_issues
from newsletter.store.issues import issues
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.store.operations.restore import settle_copy
from subscribers.requests.model import RequestKind
from subscribers.validation.address import parse_address

DAY = dt.timedelta(days=1)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def change_sender(installation: Installation, name: str) -> None:
    with installation.app.database.write() as connection:
        sender = Sender(name, "daily@example.org")
        set_list_settings(connection, 1, ListSettings(sender=sender))


@pytest.fixture
def own_templates(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    site = {"name": "The Institute", "base_url": "https://news.example.org", "templates": "mine"}
    now = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
    installation = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, site=site)
    yield installation
    installation.close()


def finish(installation: Installation) -> list[int]:
    with installation.app.database.write() as connection:
        return submit_finished_issues(connection, now=installation.now)


def test_one_rendering_serves_everybody(installation: Installation) -> None:
    installation.add_list()
    first = append(installation, [add_person(installation, "a@example.org")])
    installation.submit_all()
    second = append(installation, [add_person(installation, "b@example.org")])
    installation.submit_all()
    assert first == second
    assert installation.mailed() == ["a@example.org", "b@example.org"]
    assert installation.state(first.issue_id) == "sending"
    assert finish(installation) == []


def test_each_kind_list_and_language_has_its_own(installation: Installation) -> None:
    installation.add_list()
    installation.add_list("weekly")
    keys = [
        (NoticeKind.CONFIRM, 1, "en"),
        (NoticeKind.REMINDER, 1, "en"),
        (NoticeKind.CONFIRM, 2, "en"),
        (NoticeKind.CONFIRM, 1, "ar"),
        (NoticeKind.CONFIRM, None, "en"),
    ]
    found = [notice_of(installation, *key).issue_id for key in keys]
    assert len(set(found)) == len(keys)
    assert [notice_of(installation, *key).issue_id for key in keys] == found


@pytest.mark.parametrize(
    ("reader", "of_list", "written"),
    [
        ("he", "de", "he"),
        ("pt-PT", "de", "pt"),
        ("th", "de", "de"),
        ("th", "de-AT", "de"),
        ("th", "vi", "en"),
        (None, "de", "de"),
    ],
)
def test_a_notice_is_in_the_readers_language_else_the_lists_else_the_sites(
    installation: Installation, reader: str | None, of_list: str, written: str
) -> None:
    installation.add_list(language=of_list)
    assert notice_of(installation, language=reader).language == written


@pytest.mark.parametrize("language", ["en-GB", "xx", "../secret", ""])
def test_a_language_without_words_begins_no_notice_of_its_own(
    installation: Installation, language: str
) -> None:
    installation.add_list()
    assert notice_of(installation, language=language) == notice_of(installation)


def test_a_notice_is_in_its_language_from_its_list(installation: Installation) -> None:
    installation.add_list()
    change_sender(installation, "Morgenpost")
    notice = notice_of(installation, language="de")
    append(installation, [add_person(installation, "a@example.org")], notice=notice)
    installation.submit_all()
    (mail,) = installation.mails()
    assert (str(mail["Subject"]), str(mail["From"])) == (
        "Bitte bestätigen Sie Ihre Anmeldung zu „Daily“",
        "Morgenpost <daily@example.org>",
    )


@pytest.mark.parametrize("reply_to", ["", "help@example.org"])
def test_who_did_not_change_their_address_is_told_where_to_write(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: dt.datetime, reply_to: str
) -> None:
    sender = {"name": "The Desk", "address": "desk@example.org", "reply_to": reply_to}
    office = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, sender=sender)
    office.add_list()
    who = add_person(office, "a@example.org", "active")
    append(office, [who], NoticeKind.ADDRESS_CHANGED, list_id=None)
    office.submit_all()
    (mail,) = office.mails()
    office.close()
    where = reply_to or "desk@example.org"
    assert f"If that wasn't you, please write to {where}." in " ".join(text_of(mail).split())
    html = mail.get_body(("html",))
    assert html is not None
    assert where in html.get_content()


def test_when_its_sender_changes_a_new_one_begins_and_the_old_one_ends(
    installation: Installation,
) -> None:
    installation.add_list()
    old = append(installation, [add_person(installation, "a@example.org")])
    change_sender(installation, "New Desk")
    new = append(installation, [add_person(installation, "b@example.org")])
    assert new.issue_id != old.issue_id
    assert finish(installation) == []
    installation.submit_all()
    finish(installation)
    assert installation.state(old.issue_id) == "submitted"
    assert installation.state(new.issue_id) == "sending"
    names = {
        str(mail["To"]): mail["From"].addresses[0].display_name for mail in installation.mails()
    }
    assert names == {"a@example.org": "The Desk", "b@example.org": "New Desk"}


def test_who_was_about_to_be_added_to_the_old_one_gets_the_new_one(
    installation: Installation,
) -> None:
    installation.add_list()
    old = notice_of(installation)
    change_sender(installation, "New Desk")
    new = notice_of(installation)
    append(installation, [add_person(installation, "a@example.org")], notice=old)
    installation.submit_all()
    assert installation.counts(new.issue_id)["accepted"] == 1
    assert installation.counts(old.issue_id)["audience"] == 0


def test_an_own_template_replaces_it_and_a_broken_one_does_not(
    own_templates: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    installation, own = own_templates, own_templates.folder / "mine"
    installation.add_list()
    before = notice_of(installation)
    shutil.copytree(project_templates() / "notice" / "confirm", own / "notice" / "confirm")
    subject = own / "notice" / "confirm" / "subject.txt"
    subject.write_text("Ours: {{ list_name }}")
    after = notice_of(installation)
    assert after.issue_id != before.issue_id
    subject.write_text("{{ nothing.at.all }}")
    assert notice_of(installation) == after
    assert "notice confirm is sent as it was before" in caplog.text


def test_a_cancelled_one_is_replaced_and_says_so_to_who_was_late(
    installation: Installation,
) -> None:
    installation.add_list()
    old = append(installation, [add_person(installation, "a@example.org")])
    with installation.app.database.write() as connection:
        issues.move_issue(connection, old.issue_id, IssueState.CANCELLED)
        cancel_open(connection, old.issue_id, now=installation.now)
    with pytest.raises(Refused, match="cancelled a moment ago"):
        append(installation, [add_person(installation, "b@example.org")], notice=old)
    new = append(installation, [add_person(installation, "c@example.org")])
    installation.submit_all()
    assert new.issue_id != old.issue_id
    assert installation.mailed() == ["c@example.org"]


def test_a_paused_one_collects_people_until_it_is_resumed(installation: Installation) -> None:
    installation.add_list()
    notice = notice_of(installation)
    with installation.app.database.write() as connection:
        issues.move_issue(connection, notice.issue_id, IssueState.PAUSED, pause_reason="a test")
    assert append(installation, [add_person(installation, "a@example.org")]) == notice
    installation.submit_all()
    assert installation.mailed() == []
    with installation.app.database.read() as connection:
        alerts = find_alerts(connection, now=installation.now)
    ((word, values),) = [(alert.word, alert.values) for alert in alerts]
    assert (word, values["issue"], values["reason"]) == ("alert_paused", notice.issue_id, "a test")
    with installation.app.database.write() as connection:
        issues.move_issue(connection, notice.issue_id, IssueState.SENDING)
    installation.submit_all()
    assert installation.mailed() == ["a@example.org"]


def test_nothing_that_a_stranger_typed_is_in_the_confirmation(installation: Installation) -> None:
    installation.add_list()
    append(installation, [add_person(installation, "a@example.org")])
    installation.submit_all()
    (file,) = (installation.folder / "outbox").glob("*.eml")
    assert "Mallory" not in file.read_text()
    (mail,) = installation.mails()
    assert "Mallory" not in str(mail.get_body(("html",)))
    assert str(mail["To"]) == "a@example.org"


def test_each_gets_a_link_of_their_own(installation: Installation) -> None:
    installation.add_list()
    kinds = {
        NoticeKind.CONFIRM: (RequestKind.JOIN, "pending", "c/"),
        NoticeKind.REMINDER: (RequestKind.JOIN, "pending", "c/"),
        NoticeKind.SETTINGS: (RequestKind.FIND, "active", "p/find/"),
        NoticeKind.NEW_ADDRESS: (RequestKind.ADDRESS, "active", "p/address/"),
        NoticeKind.ERASURE: (RequestKind.ERASURE, "active", "p/erase/"),
    }
    for kind, (request, state, _) in kinds.items():
        people = [
            add_person(installation, f"{kind}-{n}@example.org", state, request=request)
            for n in range(2)
        ]
        append(installation, people, kind)
    installation.submit_all()
    links = {}
    for mail in installation.mails():
        (link,) = set(re.findall(r"https://news\.example\.org/(\S+)", text_of(mail)))
        links[str(mail["To"])] = link
    assert len(set(links.values())) == 2 * len(kinds)
    for kind, (_, _, path) in kinds.items():
        for number in range(2):
            assert re.fullmatch(rf"{path}[\w.-]+", links[f"{kind}-{number}@example.org"])


def test_those_who_are_on_the_list_can_answer_by_leaving(installation: Installation) -> None:
    installation.add_list()
    states = {
        NoticeKind.WELCOME: "active",
        NoticeKind.GOODBYE: "ended",
        NoticeKind.ASK_AGAIN: "active",
    }
    for kind in NoticeKind:
        who = add_person(installation, f"{kind}@example.org", states.get(kind, "pending"))
        append(installation, [who], kind)
    installation.submit_all()
    heads = {str(mail["To"]): mail["List-Unsubscribe"] for mail in installation.mails()}
    assert len(heads) == len(NoticeKind)
    leaving = {to for to, header in heads.items() if header}
    assert leaving == {"welcome@example.org", "ask-again@example.org"}
    assert all(mail["Auto-Submitted"] == "auto-generated" for mail in installation.mails())


def test_whoever_asks_again_gets_it_again_on_another_occasion(installation: Installation) -> None:
    installation.add_list()
    who = add_person(installation, "a@example.org")
    for _ in range(3):
        notice = append(installation, [who])
    append(installation, [add_person(installation, "b@example.org")])
    installation.submit_all()
    assert installation.mailed() == ["a@example.org"] * 3 + ["b@example.org"]
    ids = {str(mail["Message-ID"]) for mail in installation.mails()}
    instance = installation.instance(notice.issue_id)
    issue = notice.issue_id
    assert ids == {
        f"<i{issue}-d1.{instance}@example.org>",
        f"<i{issue}-d2-o1.{instance}@example.org>",
        f"<i{issue}-d3-o2.{instance}@example.org>",
        f"<i{issue}-d4.{instance}@example.org>",
    }
    with installation.app.database.read() as connection:
        traced = trace(connection, parse_address("a@example.org"), now=installation.now)
    occasions = [each.entry.occasion for each in traced.deliveries if each.entry]
    assert occasions == [2, 1, 0]
    assert {each.outcome for each in traced.deliveries} == {"accepted"}


def test_people_added_at_once_may_include_one_twice(installation: Installation) -> None:
    installation.add_list()
    who = add_person(installation, "a@example.org")
    notice = append(installation, [who, add_person(installation, "b@example.org"), who])
    installation.submit_all()
    assert installation.counts(notice.issue_id)["accepted"] == 3
    assert installation.mailed() == ["a@example.org"] * 2 + ["b@example.org"]


def test_a_notice_that_failed_over_returns_to_its_first_provider(
    installation: Installation,
) -> None:
    installation.add_list()
    notice = notice_of(installation)
    with installation.app.database.write() as connection:
        set_fallback_provider(connection, notice.issue_id, "b")
        assert fail_over(connection, notice.issue_id, reason="a test", now=installation.now)
    installation.now += dt.timedelta(minutes=59)
    assert notice_of(installation) == notice
    installation.now += dt.timedelta(minutes=1)
    assert notice_of(installation).issue_id != notice.issue_id


def test_after_a_restore_new_notices_begin_and_what_was_open_waits(
    installation: Installation,
) -> None:
    installation.add_list()
    idle = append(installation, [add_person(installation, "a@example.org")])
    installation.submit_all()
    busy = append(
        installation,
        [add_person(installation, "b@example.org", "active")],
        NoticeKind.WELCOME,
    )
    with installation.app.database.write() as connection:
        restored = settle_copy(connection, now=installation.now)
    assert list(restored.paused) == [busy.issue_id]
    assert installation.state(idle.issue_id) == "submitted"
    new = append(installation, [add_person(installation, "c@example.org")])
    assert new.issue_id not in (idle.issue_id, busy.issue_id)
    installation.submit_all()
    assert installation.mailed() == ["a@example.org", "c@example.org"]


def test_who_does_not_confirm_is_reminded_once(installation: Installation) -> None:
    installation.add_list()
    context = installation.app.publishing
    add_person(installation, "a@example.org")
    installation.now += 2 * DAY
    add_person(installation, "new@example.org")
    assert remind_people(context) == 1
    assert remind_people(context) == 0
    installation.submit_all()
    (mail,) = installation.mails()
    assert (str(mail["To"]), str(mail["Subject"])) == (
        "a@example.org",
        "Still want Daily? Please confirm",
    )
    assert re.search(r"https://news\.example\.org/c/[\w.-]+", text_of(mail))


def test_a_request_that_expired_before_its_mail_went_is_not_mailed(
    installation: Installation,
) -> None:
    installation.add_list()
    notice = append(installation, [add_person(installation, "a@example.org")])
    installation.now += 7 * DAY
    expire_requests(installation.app.publishing)
    installation.submit_all()
    assert installation.mailed() == []
    assert installation.counts(notice.issue_id)["skipped"] == 1


def test_nothing_about_a_held_list_is_sent_until_it_is_released(
    installation: Installation,
) -> None:
    installation.add_list()
    lists.hold(installation.app, "daily", reason="after a restore", by=OPERATOR)
    append(installation, [add_person(installation, "a@example.org")])
    installation.submit_all()
    assert installation.mailed() == []
    with installation.app.database.read() as connection:
        found = trace(connection, parse_address("a@example.org"), now=installation.now)
    assert "the list is held" in str(found)
    lists.release(installation.app, "daily", by=OPERATOR)
    append(installation, [add_person(installation, "b@example.org")])
    installation.submit_all()
    assert installation.mailed() == ["b@example.org"]


def test_it_is_shown_by_its_template_not_as_an_issue(installation: Installation) -> None:
    installation.add_list()
    notice = notice_of(installation)
    with pytest.raises(Refused, match="notice preview confirm --out DIR` shows its template"):
        render_issue(installation.app.publishing, notice.issue_id)
    shown = status_of(installation.app.publishing, notice.issue_id)
    assert (shown["state"], shown["audience"], shown["needs_decision"]) == ("sending", 0, False)


def test_who_leaves_before_the_welcome_is_sent_does_not_get_it(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue()
    publish_issue(installation.app.publishing, issue_id)
    staying, leaving = (
        add_person(installation, f"{name}@example.org", "active") for name in ("stays", "leaves")
    )
    notice = append(installation, [staying, leaving], NoticeKind.WELCOME)
    installation.unsubscribe("leaves@example.org")
    installation.unsubscribe("reader0001@example.org")
    installation.submit_all()
    assert installation.mailed() == [
        "reader0000@example.org",
        "reader0002@example.org",
        "stays@example.org",
    ]
    assert installation.counts(notice.issue_id)["skipped"] == 1
