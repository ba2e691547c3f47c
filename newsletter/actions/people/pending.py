"""
Actions on pending people: list and drop those who never confirmed that they want to be on a list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from newsletter.actions.guard.bulk_reads import record_bulk_read
from newsletter.actions.guard.objects import within
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.store.delivery.erasure import forget_erased
from subscribers.lists import find_list
from subscribers.signup.model import PendingPerson
from subscribers.signup.pending import count_dropped, drop_pending, pending_people


@requires(
    Permission.PEOPLE_READ,
    "subscriber.pending",
    about=within(ObjectKind.PERSON, "list_slug"),
)
def pending(
    app: App, *, list_slug: str | None, after: str, limit: int | None, by: Actor
) -> Sequence[PendingPerson]:
    """
    Return those who wait for their confirmation, on one list or on all, by address. The audit
    trail records it if there are many.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
        found = pending_people(connection, mailing_list=mailing_list, after=after, limit=limit)
    target = Target(kind=ObjectKind.PERSON)
    record_bulk_read(app, by, "subscriber.pending", target, count=len(found))
    return found


@requires(
    Permission.PEOPLE_READ,
    "subscriber.count_to_drop",
    about=within(ObjectKind.PERSON, "list_slug"),
)
def count_to_drop(app: App, *, older_than: dt.timedelta, list_slug: str | None, by: Actor) -> int:
    """
    Return how many pending subscriptions are older than that, on one list or on all.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
        before = app.clock() - older_than
        return count_dropped(connection, before=before, mailing_list=mailing_list)


@requires(
    Permission.PEOPLE_WRITE,
    "subscriber.drop_pending",
    about=within(ObjectKind.PERSON, "list_slug"),
)
def drop(app: App, *, older_than: dt.timedelta, list_slug: str | None, by: Actor) -> int:
    """
    End the pending subscriptions that are older than that, on one list or on all, and return their
    number. People who were on no other list are erased, with the addresses of what they were
    sent.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.write() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
        now = app.clock()
        dropped = drop_pending(
            connection, before=now - older_than, mailing_list=mailing_list, by=by.origin, now=now
        )
        forget_erased(connection, now=now)
    return dropped
