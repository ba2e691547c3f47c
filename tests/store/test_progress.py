"""
The progress of several issues, read in one statement: it agrees with the status of each.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from installation import Installation
from statements import counted

from newsletter import pipeline
from newsletter.actions.issues import resending
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import BatchState, DeliveryState, HoldReason
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.delivery.status.progress import IssueProgress, count_pending, progress_of
from newsletter.store.tables import batch, delivery

MINUTE = dt.timedelta(minutes=1)


def progress(installation: Installation, *numbers: int) -> dict[int, IssueProgress]:
    with installation.app.database.read() as connection:
        return progress_of(connection, numbers, lately=installation.now - MINUTE)


def frozen(installation: Installation, title: str) -> int:
    number = installation.add_issue(title)
    pipeline.publish_issue(installation.app.publishing, number)
    return number


def test_several_issues_are_counted_at_once_as_each_is_alone(installation: Installation) -> None:
    installation.add_list()
    addresses = installation.add_readers(4)
    sent = frozen(installation, "One")
    installation.submit_all()
    installation.now += dt.timedelta(hours=1)
    resending.resend(installation.app, sent, addresses[:1], again=True, by=OPERATOR)
    installation.submit_all()
    pending = frozen(installation, "Two")
    with installation.app.database.write() as connection:
        one = sa.select(sa.func.min(delivery.c.id)).where(delivery.c.issue_id == pending)
        apart = sa.update(delivery).where(delivery.c.id == one.scalar_subquery())
        connection.execute(apart.values(state=DeliveryState.SKIPPED))
    with counted(installation.app) as statements:
        found = progress(installation, sent, pending, 99)
    assert len([each for each in statements if each.startswith("SELECT")]) == 1
    assert set(found) == {sent, pending}
    with installation.app.database.read() as connection:
        for number, each in found.items():
            known = count_deliveries(connection, number)
            assert {s: n for s, n in each.by_state.items() if n} == known.by_state
            assert each.audience == known.audience == 4
        assert count_pending(connection) == 3
    assert found[sent].settled_lately == 1


def test_what_recipients_wait_for_is_counted(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(3)
    number = frozen(installation, "One")
    until = installation.now + MINUTE
    waiting = {"state": BatchState.WAITING, "not_before": until}
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(waiting | {"reason": "too many requests"}))
    found = progress(installation, number)[number]
    assert (found.waiting, found.waits_until, found.hold) == (3, until, None)
    assert found.reason == "too many requests"
    assert found.count(DeliveryState.PENDING) == 3
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(hold=HoldReason.CANARY))
    found = progress(installation, number)[number]
    assert (found.hold, found.reason) == (HoldReason.CANARY, "")
