"""
Actions for the form that writes the rule of a segment: what a rule may ask about, and whom it
selects while it is being written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.person import visible_part
from newsletter.actions.people.search import within_reach
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.segments.mailed import QUERIES
from newsletter.store.delivery.segments.rules import parse_segment_rule
from subscribers.fields.declare import all_fields
from subscribers.fields.model import Field
from subscribers.filters.conditions import select_matching
from subscribers.filters.model import EVERYBODY
from subscribers.filters.quick_search import people_among
from subscribers.list_pages import lists_by_name
from subscribers.model import MailingList, Subscriber
from subscribers.segments.compile import select_people
from subscribers.segments.model import Segment

# Up to so many people are counted while a rule is being written.
MOST_COUNTED = 10_000
SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class RuleSubjects:
    """
    The lists and the declared fields that a rule may ask about.
    """

    lists: Sequence[MailingList]
    fields: Sequence[Field]


@dataclass(frozen=True, kw_only=True)
class RulePreview:
    """
    How many people a rule selects now, None if more than are counted, and some of them.
    """

    count: int | None
    people: Sequence[Subscriber] = ()


@requires(Permission.SEGMENTS_READ, "segment.subjects", about=shared(ObjectKind.SEGMENT))
def subjects(app: App, *, by: Actor) -> RuleSubjects:
    """
    Return what a rule may ask about.
    """
    with app.database.read() as connection:
        return RuleSubjects(
            lists=lists_by_name(connection, slugs=by.lists), fields=all_fields(connection)
        )


@requires(Permission.SEGMENTS_READ, "segment.preview", about=shared(ObjectKind.SEGMENT))
def preview(app: App, rule: str, *, list_slug: str = "", by: Actor) -> RulePreview:
    """
    Count the people within reach whom a rule selects that is not stored, and return some of them
    to who may see people.

    Raises:
        RuleError: it is not a rule, or names what does not exist.
    """
    now = app.clock()
    whole = Segment(
        id=0, name="", rule=rule, list_slug=list_slug or None, created_at=now, changed_at=now
    ).whole_rule
    with app.database.read() as connection:
        parse_segment_rule(connection, rule, reach=by.lists)
        parsed = parse_segment_rule(connection, whole, reach=by.lists)
        selected = select_people(parsed, named=QUERIES, now=now)
        if by.lists is not None:
            which = within_reach(EVERYBODY, by)
            selected = select_matching(connection, which, segment=selected)
        # Looked for once: how many there are, and the first of them.
        numbers = connection.scalars(selected.limit(MOST_COUNTED + 1)).all()
        people: Sequence[Subscriber] = ()
        if Permission.PEOPLE_READ in by.permissions:
            people = people_among(connection, numbers[:SHOWN])
    return RulePreview(
        count=len(numbers) if len(numbers) <= MOST_COUNTED else None,
        people=[visible_part(person, by=by) for person in people],
    )
