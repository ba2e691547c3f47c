"""
`notices`: confirmations beside the emails of an issue. One row sends them, next to as many readers
of an issue with the same mail; the other takes sign-ups that add them, next to sign-ups that do
not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from benchmarks import installation
from benchmarks.installation import BATCH, NOW, Counting, address
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.app import App
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.delivery import Capabilities, LookUp
from newsletter.model.mail import Mail, MergeField
from newsletter.model.notice import NoticeKind, NoticeRecipient, StandingNotice
from newsletter.store import tables
from newsletter.store.delivery.appending import append_notices
from newsletter.store.delivery.freeze import load_mail
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.workers.sender import run_until_done
from subscribers.database.request_tables import reader_request
from subscribers.database.tables import subscription
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request
from subscribers.validation.address import Address

NAME = "notices"


class Known(Counting):
    """
    A provider that can be asked later, so that its batches are as large as it takes them.
    """

    name = "outbox"
    capabilities = Capabilities(max_recipients=BATCH, max_bytes=10**10, look_up=LookUp.OWN_ID)


def run(*, full: bool = False) -> list[Row]:
    """
    Measure what a confirmation costs.
    """
    return measure(people=10_000, signups=2_000 if full else 500)


def measure(*, people: int, signups: int, runs: int = RUNS) -> list[Row]:
    """
    Return the row for sending to that many *people*, and the row for that many *signups*.
    """
    with installation.opened(2 * people) as app:
        app.providers[Known.name] = Known()
        _wait_from(app, people + 1)
        mail = _issue_mail(app)
        sent = interleave(
            runs,
            ours=lambda: _sent_as_notice(app, _pending(app, people)),
            floor=lambda: _sent_as_issue(app, mail, people),
        )
        taken = interleave(
            runs,
            ours=lambda: _taken(app, people, signups, is_mailed=True),
            floor=lambda: _taken(app, people, signups, is_mailed=False),
        )
    return [
        Row(
            name=NAME,
            work=f"{people:,} confirmations; floor: an issue to as many, same mail, SQLite",
            seconds=sent,
        ),
        Row(name=NAME, work=f"{signups:,} sign-ups; floor: without their email", seconds=taken),
    ]


def _wait_from(app: App, number: int) -> None:
    """
    Let everybody from *number* on wait for their confirmation.
    """
    with app.database.write() as connection:
        waiting = sa.update(subscription).where(subscription.c.id >= number)
        connection.execute(waiting.values(state="pending"))


def _notice(app: App) -> StandingNotice:
    return standing_notice(app.publishing, NoticeKind.CONFIRM, 1, "en")


def _issue_mail(app: App) -> Mail:
    """
    Return the mail of the confirmation with a field that readers of an issue have.
    """
    notice = _notice(app)
    with app.database.read() as connection:
        found = load_mail(connection, notice.issue_id)
    assert found is not None
    return replace(found[0], fields=(MergeField("unsubscribe_url"),))


def _pending(app: App, people: int) -> list[NoticeRecipient]:
    """
    Store what each person who waits has asked for.
    """
    found = []
    with app.database.write() as connection:
        for number in range(people + 1, 2 * people + 1):
            request = add_request(
                connection, RequestKind.JOIN, subscriber_id=number, lists=[1], now=NOW
            )
            found.append(_recipient(number, request))
    return found


def _recipient(number: int, request: int) -> NoticeRecipient:
    email = Address(address(number), address(number))
    return NoticeRecipient(
        subscriber_id=number, email=email, subscription_id=number, request_id=request
    )


def _sent_as_notice(app: App, recipients: Sequence[NoticeRecipient]) -> float:
    notice = _notice(app)
    with app.database.write() as connection:
        append_notices(connection, notice, recipients, now=NOW)
    count = len(recipients)
    seconds = seconds_for(lambda: _send(app, notice.issue_id))
    with app.database.read() as connection:
        counts = count_deliveries(connection, notice.issue_id).as_json()
    assert counts["accepted"] == counts["audience"] == count, "not all were confirmed"
    _forget(app, notice)
    return seconds / count


def _sent_as_issue(app: App, mail: Mail, people: int) -> float:
    issue = installation.add_issue(app, mail, provider=Known.name)
    assert installation.freeze(app, issue, mail) == people
    seconds = seconds_for(lambda: _send(app, issue.id))
    with app.database.read() as connection:
        counts = count_deliveries(connection, issue.id).as_json()
    assert counts["accepted"] == people, "not all were submitted"
    installation.remove_issue(app, issue)
    return seconds / people


def _send(app: App, issue_id: int) -> None:
    run_until_done(app, issue_id=issue_id, is_done=lambda: True)


def _taken(app: App, people: int, signups: int, *, is_mailed: bool) -> float:
    notice = _notice(app)

    def take() -> None:
        for number in range(people + 1, people + signups + 1):
            with app.database.write() as connection:
                request = add_request(
                    connection, RequestKind.JOIN, subscriber_id=number, lists=[1], now=NOW
                )
                if is_mailed:
                    append_notices(connection, notice, [_recipient(number, request)], now=NOW)

    seconds = seconds_for(take)
    _forget(app, notice)
    return seconds / signups


def _forget(app: App, notice: StandingNotice) -> None:
    with app.database.write() as connection:
        connection.execute(sa.delete(reader_request))
        connection.execute(sa.delete(tables.issue).where(tables.issue.c.id == notice.issue_id))
