"""
What the operator is told by mail, and how often.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alert_texts import texts_of
from drafts import DEADLINE, drafted, tick_at
from http_server import Answer
from installation import Installation
from receivers import receiving
from scripted_provider import Scripted, all_of, each, sending, submit_next
from scripted_source import Site, item, polls_of

from newsletter.actions.operations import webhooks
from newsletter.actions.people import privacy
from newsletter.errors import SourceError
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import Receipt, ReceiptKind
from newsletter.model.issue import DeadlineAction, IssueState
from newsletter.model.schedule import Slot, SlotOutcome
from newsletter.operations.alerts import find_alerts, send_alerts
from newsletter.store.issues import issues
from newsletter.store.scheduling import schedules
from newsletter.store.tables import issue, source
from newsletter.workers.scheduler import tick
from subscribers.requests.privacy import PrivacyKind, open_request
from subscribers.validation.address import parse_address

HOUR = dt.timedelta(hours=1)
WAIT = Receipt(kind=ReceiptKind.RETRY, reason="the key is refused")


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: dt.datetime
) -> Iterator[Installation]:
    """
    An installation whose operator has an address.
    """
    site = {
        "name": "The Institute",
        "base_url": "https://news.example.org",
        "operator": "operator@example.org",
    }
    installation = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, site=site)
    yield installation
    installation.close()


def pause(installation: Installation, issue_id: int, reason: str = "wrong picture") -> None:
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.PAUSED, pause_reason=reason)


def alerts_of(installation: Installation) -> list[str]:
    """
    What needs a person, as the operator would be told now.
    """
    with installation.app.database.read() as connection:
        return [what for what, _ in texts_of(find_alerts(connection, now=installation.now))]


def subjects(installation: Installation) -> list[str]:
    installation.submit_all()
    mails = [mail for mail in installation.mails() if "operator@" in mail["To"]]
    return [mail["Subject"] for mail in mails]


def test_the_operator_is_told_once_of_a_paused_issue(installation: Installation) -> None:
    issue_id, _ = sending(installation, Scripted([]))
    installation.app.providers.clear()
    pause(installation, issue_id)
    tick(installation.app.publishing)
    installation.now += 2 * HOUR
    tick(installation.app.publishing)
    assert subjects(installation) == ["The Institute: Issue 1 is paused: wrong picture"]
    body = installation.mails()[0].get_body(("plain",))
    assert body is not None
    assert "`newsletter issue resume 1`" in body.get_content()


def test_an_account_that_is_refused_is_told(installation: Installation) -> None:
    provider = Scripted([all_of(WAIT, pause="bulk: set a new api_key")])
    _, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    assert alerts_of(installation) == ["Issue 1 is paused: bulk: set a new api_key"]


def test_what_comes_within_the_hour_is_told_together_after_it(installation: Installation) -> None:
    first, _ = sending(installation, Scripted([]))
    installation.app.providers.clear()
    pause(installation, first)
    context = installation.app.publishing
    assert send_alerts(context) == 1
    with installation.app.database.write() as connection:
        missed = [add_missed_issue(connection, IssueState.MISSED) for _ in range(2)]
    installation.now += dt.timedelta(minutes=59)
    assert send_alerts(context) == 0
    installation.now += dt.timedelta(minutes=1)
    assert (send_alerts(context), missed) == (2, [3, 4])
    assert subjects(installation)[-1] == "The Institute: 2 problems need your attention"


def add_missed_issue(connection: sa.Connection, state: IssueState) -> int:
    draft = issues.load_issue(connection, 1)
    assert draft.created_at is not None
    number = issues.add_issue(connection, draft, (), now=draft.created_at)
    connection.execute(sa.update(issue).where(issue.c.id == number).values(state=state))
    return number


def test_an_alert_is_sent_again_when_its_cause_had_ended(installation: Installation) -> None:
    issue_id, _ = sending(installation, Scripted([]))
    pause(installation, issue_id)
    assert send_alerts(installation.app.publishing) == 1
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SENDING)
    installation.now += HOUR
    assert send_alerts(installation.app.publishing) == 0
    pause(installation, issue_id)
    assert send_alerts(installation.app.publishing) == 1


def test_uncertain_deliveries_are_reported_after_a_while(installation: Installation) -> None:
    uncertain, accepted = Receipt(kind=ReceiptKind.UNCERTAIN), Receipt(kind=ReceiptKind.ACCEPTED)
    _, dispatcher = sending(installation, Scripted([each(accepted, uncertain)]))
    submit_next(dispatcher)
    assert alerts_of(installation) == []
    installation.now += dt.timedelta(minutes=11)
    assert alerts_of(installation) == ["It is uncertain whether some recipients got issue 1"]


def test_readers_whom_the_provider_puts_off_at_every_try_are_told(
    installation: Installation,
) -> None:
    accepted = Receipt(kind=ReceiptKind.ACCEPTED)
    provider = Scripted([each(accepted, WAIT), *[all_of(WAIT)] * 7])
    _, dispatcher = sending(installation, provider)
    for _ in range(7):
        submit_next(dispatcher)
        installation.now += HOUR
    assert alerts_of(installation) == []
    submit_next(dispatcher)
    assert alerts_of(installation) == [
        "Issue 1 keeps being deferred by its provider: the key is refused"
    ]


def test_a_draft_held_at_the_deadline_it_was_to_be_sent_at_is_told(
    installation: Installation,
) -> None:
    drafted(installation, at_deadline=DeadlineAction.SEND)
    with installation.app.database.write() as connection:
        rule = schedules.find_schedule(connection, "morning")
        schedules.change_schedule(connection, rule.id, is_paused=True)
    tick_at(installation, DEADLINE)
    assert alerts_of(installation) == ["Issue 1 could not be sent and is a draft again"]


def test_a_draft_that_a_person_holds_is_not_reported(installation: Installation) -> None:
    drafted(installation, at_deadline=DeadlineAction.HOLD)
    tick_at(installation, DEADLINE)
    assert installation.state(1) == IssueState.DRAFT
    assert alerts_of(installation) == []


def test_dead_sources_and_failed_slots_are_told(installation: Installation) -> None:
    installation.add_source("desk", "folder", "briefs")
    installation.add_source("site", "feed", "https://example.org/feed")
    installation.add_list()
    rule = installation.add_schedule()
    slot = Slot(wall="2026-03-04T06:00", due=installation.now)
    with installation.app.database.write() as connection:
        by_name = sa.update(source).where(source.c.name == sa.bindparam("who"))
        connection.execute(
            by_name.values(failures=5, failing_since=installation.now), {"who": "desk"}
        )
        connection.execute(by_name.values(is_gone=True), {"who": "site"})
        why, failed = "the template is broken", SlotOutcome.FAILED
        schedules.take_slot(
            connection, rule.id, slot, outcome=failed, reason=why, now=installation.now
        )
    assert alerts_of(installation) == [
        "Schedule morning could not create its issue of Wednesday, March 4, 2026, 06:00",
        "Source desk has failed since Wednesday, March 4, 2026, 12:00 (UTC)",
        "Source site no longer exists",
    ]


def test_the_operator_is_told_why_each_source_fails(installation: Installation) -> None:
    for name, why in (("one", "HTTP 500 from one.example"), ("two", "no answer in 20 s")):
        site = Site(installation, name=name)
        for _ in range(5):
            site.poll(SourceError(why))
    with installation.app.database.read() as connection:
        found = find_alerts(connection, now=installation.now)
    since = "has failed since Wednesday, March 4, 2026, 12:00 (UTC)"
    assert [(what, advice.partition(". ")[0]) for what, advice in texts_of(found)] == [
        (f"Source one {since}", "Its last poll: HTTP 500 from one.example"),
        (f"Source two {since}", "Its last poll: no answer in 20 s"),
    ]


def test_a_held_source_is_told_once_with_the_reason(installation: Installation) -> None:
    site = Site(installation)
    site.poll(polls_of(*(item(f"a{n}", title=f"Matter {n}") for n in range(4))))
    site.poll(polls_of(*(item(f"b{n}", title=f"Matter {n}") for n in range(4))))
    assert alerts_of(installation) == ["Source site is held: 4 of 4 known items have new ids"]
    assert send_alerts(installation.app.publishing) == 1
    site.poll(polls_of())
    assert send_alerts(installation.app.publishing) == 0


def test_nobody_is_mailed_without_an_operator(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: dt.datetime
) -> None:
    installation = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox)
    issue_id, _ = sending(installation, Scripted([]))
    pause(installation, issue_id)
    assert send_alerts(installation.app.publishing) == 0
    installation.close()


def test_a_webhook_that_was_paused_because_it_failed_is_reported(
    installation: Installation,
) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        receiver.answer = lambda request: Answer(status=410)
        installation.subscribe(["ada@example.org"])
        receiver.send()
    (what,) = alerts_of(installation)
    assert what == "Webhook crm is paused, because its receiver says that it is gone"
    webhooks.resume(installation.app, "crm", by=OPERATOR)
    webhooks.pause(installation.app, "crm", by=OPERATOR)
    assert alerts_of(installation) == []


def test_a_privacy_request_past_its_deadline_is_reported_until_it_is_closed(
    installation: Installation,
) -> None:
    ada = parse_address("ada@example.org")
    received = installation.now - dt.timedelta(days=40)
    with installation.app.database.write() as connection:
        made = open_request(
            connection, PrivacyKind.ACCESS, ada, received_at=received, through="web"
        )
    (what,) = alerts_of(installation)
    assert what.startswith(f"Privacy request {made.id}, for access to data, was due on ")
    privacy.done(installation.app, made.id, outcome="sent a file", by=OPERATOR)
    assert alerts_of(installation) == []
