"""
Actions on pending people for programs: a page of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.actions.guard.bulk_reads import record_page_read
from newsletter.actions.guard.objects import within
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from subscribers.lists import find_list
from subscribers.signup.model import PendingPerson
from subscribers.signup.pending import pending_after


@requires(
    Permission.PEOPLE_READ, "subscriber.pending_page", about=within(ObjectKind.PERSON, "list_slug")
)
def page(
    app: App, *, list_slug: str | None, after: int, seen: int = 0, limit: int, by: Actor
) -> Sequence[PendingPerson]:
    """
    Return at most *limit* pending subscriptions with a number above *after*, to one list or to all.
    *seen* is their number on the pages before; the audit trail records it if there are many.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
        found = pending_after(connection, after, mailing_list=mailing_list, limit=limit)
    target, count = Target(kind=ObjectKind.PERSON), len(found)
    record_page_read(
        app, by, "subscriber.pending_page", target, found=count, limit=limit, seen=seen
    )
    return found
