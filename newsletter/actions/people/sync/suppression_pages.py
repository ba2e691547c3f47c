"""
Actions on suppressions for programs: a page of them, and those of one address.
"""

from __future__ import annotations

from newsletter.actions.guard.bulk_reads import record_page_read
from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import NotFound
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from subscribers.suppression.model import Suppression, SuppressionReason
from subscribers.suppression.pages import NumberedSuppression, suppressions_after
from subscribers.suppression.records import suppressions_under
from subscribers.suppression.rules import parse_rule
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address


@requires(Permission.SUPPRESSIONS_READ, "suppression.page", about=shared(ObjectKind.SUPPRESSION))
def page(
    app: App,
    *,
    list_slug: str = "",
    reason: SuppressionReason | None = None,
    after: int,
    seen: int = 0,
    limit: int,
    by: Actor,
) -> list[NumberedSuppression]:
    """
    Return at most *limit* suppressions within reach behind the one with the number *after*, those
    for one list or all, and for one reason or any. Those for all lists are within reach only of
    actors who are not limited to some. *seen* is their number on the pages before; the audit trail
    records it if there are many.
    """
    scopes = by.lists
    if list_slug:
        scopes = frozenset({list_slug} if by.sees(list_slug) else ())
    with app.database.read() as connection:
        found = suppressions_after(
            connection, after, limit=limit, now=app.clock(), scopes=scopes, reason=reason
        )
    target, count = Target(kind=ObjectKind.SUPPRESSION), len(found)
    record_page_read(app, by, "suppression.page", target, found=count, limit=limit, seen=seen)
    return found


@requires(Permission.SUPPRESSIONS_READ, "suppression.show", about=shared(ObjectKind.SUPPRESSION))
def of_address(app: App, typed: str, *, by: Actor) -> list[Suppression]:
    """
    Return the suppressions within reach of an address, a domain or a hash that have not expired,
    the one for all lists first.

    Raises:
        NotFound: it has none.
        InvalidAddress: it is not a valid address or domain.
    """
    key, now = parse_rule(typed) or parse_address(typed).key, app.clock()
    with app.database.read() as connection:
        every = suppressions_under(connection, key)
    found = [
        each
        for each in every
        if (each.expires_at is None or each.expires_at > now) and by.sees(each.scope)
    ]
    if not found:
        raise NotFound(
            phrase("{typed} is not suppressed: see `newsletter suppression list`", typed=typed)
        )
    return found
