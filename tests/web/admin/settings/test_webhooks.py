"""
The pages of webhooks in the newsroom: those that go out, and what providers reported.
"""

from __future__ import annotations

import datetime as dt

import pytest
from http_server import Answer
from installation import Installation
from receivers import receiving
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.operations import webhooks
from newsletter.model.access import OPERATOR, Role
from newsletter.model.outgoing import OutgoingKind, WebhookState
from newsletter.store.events import inbox
from newsletter.store.events.inbox import Arrival, Disposition

MOST_STATEMENTS = 12
URL = "https://crm.example.org/hook"


@pytest.fixture
def owner(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    The browser of an owner; there is a list `daily`.
    """
    installation.add_list("daily")
    add_member(installation)
    browser.log_in()
    return browser


def test_a_webhook_is_added_and_its_secret_shown_once(
    installation: Installation, owner: StaffBrowser
) -> None:
    assert "No program is sent events" in owner.get("/admin/webhooks").text
    page = owner.post(
        "/admin/webhooks/new",
        name="crm",
        url=URL,
        kinds=["subscriber.joined"],
        reach="some",
        lists=["daily"],
    )
    found = webhooks.show(installation.app, "crm", by=OPERATOR).webhook
    assert installation.app.webhook_secrets.secret_of(found) in page.text
    assert (found.kinds, found.lists) == ({OutgoingKind.SUBSCRIBER_JOINED}, {"daily"})
    assert "Events go to one program" in owner.get("/admin/webhooks").text
    assert "whsec" not in owner.get(f"/admin/webhooks/{found.id}").text


def test_what_is_wrong_with_a_webhook_stands_at_its_field(
    installation: Installation, owner: StaffBrowser
) -> None:
    webhooks.add(installation.app, "crm", URL, by=OPERATOR)
    wrong = (
        ({"name": "Not a name"}, "is not a name for a webhook"),
        ({"name": "crm"}, "crm"),
        ({"url": "javascript:alert(1)"}, "is not a URL"),
        ({"reach": "some"}, "Choose at least one list"),
    )
    for typed, says in wrong:
        values = {"name": "shop", "url": URL, "reach": "all"} | typed
        page = owner.post("/admin/webhooks/new", **values)
        assert page.status_code == 422
        assert says in page.text
    assert len(webhooks.show_all(installation.app, by=OPERATOR)) == 1


def test_a_webhook_is_changed_paused_resumed_and_removed(
    installation: Installation, owner: StaffBrowser
) -> None:
    webhooks.add(installation.app, "crm", URL, by=OPERATOR)
    number = webhooks.show(installation.app, "crm", by=OPERATOR).webhook.id
    path = f"/admin/webhooks/{number}"
    other = "https://shop.example.org/<hook>"
    edited = owner.post(f"{path}/edit", on=path, url=other, kinds=["issue.submitted"], reach="all")
    assert edited.headers["location"] == path
    assert "<hook>" not in owner.get(path).text
    missing = owner.post(f"{path}/edit", on=path, url=other, reach="all")
    assert "Choose at least one kind of event." in missing.text
    bad = owner.post(f"{path}/edit", on=path, url="nowhere", kinds=["issue.submitted"])
    assert "is not a URL" in bad.text
    before = webhooks.show(installation.app, "crm", by=OPERATOR).webhook
    assert before.kinds == {OutgoingKind.ISSUE_SUBMITTED}
    assert "Copy the secret now" in owner.post(f"{path}/secret", on=path).text
    assert webhooks.show(installation.app, "crm", by=OPERATOR).webhook.salt != before.salt
    owner.post(f"{path}/pause", on=path)
    assert "One webhook is paused" in owner.get("/admin/webhooks").text
    owner.post(f"{path}/resume", on=path)
    state = webhooks.show(installation.app, "crm", by=OPERATOR).webhook.state
    assert state is WebhookState.ACTIVE
    assert owner.post(f"{path}/remove", on=path).headers["location"] == path
    removed = owner.post(f"{path}/remove", on=path, sure="yes")
    assert removed.headers["location"] == "/admin/webhooks"
    assert owner.get(path).status_code == 404
    assert owner.get("/admin/webhooks/x").status_code == 404


def test_a_test_says_whether_it_arrived_and_attempts_are_shown(
    installation: Installation, owner: StaffBrowser
) -> None:
    with receiving(installation) as receiver:
        number = webhooks.show(installation.app, "crm", by=OPERATOR).webhook.id
        path = f"/admin/webhooks/{number}"
        owner.post(f"{path}/test", on=path)
        assert "The test arrived." in owner.get(path).text
        receiver.answer = lambda request: Answer(status=500)
        owner.post(f"{path}/test", on=path)
        page = owner.get(path).text
        assert "The test arrived, but the other program did not take it: HTTP 500" in page
        assert "No event arrived there yet." in page
        assert "Nothing was sent to it yet." not in page
        assert ">500</span>" in page


def test_events_that_were_sent_or_given_up_are_sent_again(
    installation: Installation, owner: StaffBrowser
) -> None:
    with receiving(installation) as receiver:
        installation.add_readers(1)
        receiver.send()
        sent = len(receiver.requests)
        assert sent
        number = webhooks.show(installation.app, "crm", by=OPERATOR).webhook.id
        path = f"/admin/webhooks/{number}"
        page = owner.get(path).text
        event = page.partition('name="event" value="')[2].partition('"')[0]
        owner.post(f"{path}/replay", on=path, event=event)
        assert "One event is sent again." in owner.get(path).text
        receiver.send()
        assert len(receiver.requests) == sent + 1
        assert owner.post(f"{path}/replay", on=path, event="nothing").status_code == 404
        owner.post(f"{path}/replay", on=path)
        assert "0 events are sent again." in owner.get(path).text


def test_a_change_of_where_events_go_asks_for_the_password_again(
    installation: Installation, owner: StaffBrowser
) -> None:
    webhooks.add(installation.app, "crm", URL, by=OPERATOR)
    number = webhooks.show(installation.app, "crm", by=OPERATOR).webhook.id
    path = f"/admin/webhooks/{number}"
    installation.now += dt.timedelta(minutes=20)
    for act in ("edit", "secret"):
        asked = owner.post(f"{path}/{act}", on=path, url="https://evil.example/")
        assert asked.headers["location"].startswith("/admin/confirm?next=")
    again = owner.post("/admin/confirm", next=f"{path}/edit", password="harbour lights at dawn")
    assert again.headers["location"] == path
    assert webhooks.show(installation.app, "crm", by=OPERATOR).webhook.url == URL


def test_what_providers_reported_is_counted_and_what_was_not_read_is_listed(
    installation: Installation, owner: StaffBrowser
) -> None:
    now = installation.now
    with installation.app.database.write() as connection:
        for number in range(6):
            inbox.add(
                connection, Arrival(provider="<main>", raw=b"ada@example.org %d" % number, at=now)
            )
        waiting = inbox.load_due(connection, now=now, limit=9)
        numbers = [each.id for each in waiting]
        inbox.finish(connection, numbers[:2], Disposition.MATCHED)
        inbox.finish(connection, numbers[2:3], Disposition.UNREADABLE)
        inbox.finish(connection, numbers[3:4], Disposition.UNMATCHED)
    page = owner.get("/admin/webhooks").text
    assert "unreadable" in page
    assert "unmatched" in page
    assert "&lt;main&gt;" in page
    assert "ada@example.org" not in page


def test_these_pages_need_few_statements(installation: Installation, owner: StaffBrowser) -> None:
    for number in range(10):
        webhooks.add(installation.app, f"w{number}", URL, lists=["daily"], by=OPERATOR)
    last = webhooks.show(installation.app, "w9", by=OPERATOR).webhook.id
    for path in ("/admin/webhooks", "/admin/webhooks/new", f"/admin/webhooks/{last}"):
        with counted(installation.app) as statements:
            assert owner.get(path).status_code == 200
        assert len(statements) <= MOST_STATEMENTS, "\n".join([path, *statements])


def test_an_observer_sees_webhooks_and_changes_none_and_an_editor_sees_none(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    webhooks.add(installation.app, "crm", URL, by=OPERATOR)
    path = f"/admin/webhooks/{webhooks.show(installation.app, 'crm', by=OPERATOR).webhook.id}"
    add_member(installation, role=Role.OBSERVER)
    add_member(installation, "ed@example.org", role=Role.EDITOR)
    browser.log_in()
    assert "Send a test" not in browser.get(path).text
    assert "/admin/webhooks/new" not in browser.get("/admin/webhooks").text
    assert browser.get("/admin/webhooks/new").status_code == 403
    for act in ("test", "pause", "secret", "replay", "remove"):
        assert browser.post(f"{path}/{act}", on="/admin/account", sure="yes").status_code == 403
    browser.log_in("ed@example.org")
    assert browser.get("/admin/webhooks").status_code == 403
    assert 'href="/admin/webhooks"' not in browser.get("/admin/settings").text
