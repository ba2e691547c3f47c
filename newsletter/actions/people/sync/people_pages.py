"""
Actions on subscribers for programs: a page of those whom a filter matches.
"""

from __future__ import annotations

from newsletter.actions.guard.bulk_reads import record_page_read
from newsletter.actions.guard.objects import people_in, shared
from newsletter.actions.guard.recorded_arguments import recorded_filter
from newsletter.actions.guard.requires import require, requires
from newsletter.actions.people.search import FoundPerson, segment_of, with_values, within_reach
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from subscribers.filters.model import PeopleFilter, PeopleOrder
from subscribers.filters.search import count_people, people_after


@requires(Permission.PEOPLE_READ, "people.page", about=shared(ObjectKind.PERSON))
def page(
    app: App,
    which: PeopleFilter,
    *,
    order: PeopleOrder = PeopleOrder.OLDEST,
    after: str,
    seen: int = 0,
    limit: int,
    by: Actor,
) -> list[FoundPerson]:
    """
    Return at most *limit* people whom a filter matches, behind the one whose number, or in the
    order of addresses whose address, is *after*. Somebody limited to some lists sees the people on
    these.

    *seen* is the number of people on the pages before. The audit trail records the page with which
    more than 100 were seen, and then one in each ten thousand.

    Raises:
        UnknownList, UnknownTag, UnknownSegment: there is no such list, tag or segment.
        RuleError: it is not a rule.
    """
    _require_reach(app, which, by=by)
    which = within_reach(which, by)
    with app.database.read() as connection:
        segment = segment_of(connection, which, now=app.clock())
        found = people_after(
            connection, which, segment=segment, order=order, after=after, limit=limit
        )
        shown = with_values(connection, found, by=by)
    record_page_read(
        app,
        by,
        "people.page",
        Target(kind=ObjectKind.PERSON),
        found=len(found),
        limit=limit,
        seen=seen,
        facts=recorded_filter(which),
    )
    return shown


@requires(Permission.PEOPLE_READ, "people.page_total", about=shared(ObjectKind.PERSON))
def total(app: App, which: PeopleFilter, *, by: Actor) -> int:
    """
    Return the number of people on all pages of a filter.

    Raises:
        UnknownList, UnknownTag, UnknownSegment, RuleError: as `page`.
    """
    _require_reach(app, which, by=by)
    which = within_reach(which, by)
    with app.database.read() as connection:
        segment = segment_of(connection, which, now=app.clock())
        return count_people(connection, which, segment=segment)


def _require_reach(app: App, which: PeopleFilter, *, by: Actor) -> None:
    if which.list_slug or which.segment:
        require(by, Permission.PEOPLE_READ, people_in().target(app, by, {"which": which}))
