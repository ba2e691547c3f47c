"""
Actions for the form that writes the rule of a segment: what a rule may ask about, and whom it
selects while it is being written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.person import visible_people
from newsletter.actions.people.search import within_reach
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.segments.mailed import QUERIES, WORDS
from newsletter.store.delivery.segments.rules import parse_segment_rule, seen_within
from subscribers.errors import RuleError
from subscribers.fields.declare import all_fields
from subscribers.fields.model import Field
from subscribers.filters.conditions import select_matching
from subscribers.filters.model import EVERYBODY
from subscribers.filters.quick_search import people_among
from subscribers.list_pages import lists_by_name
from subscribers.model import MailingList, Subscriber
from subscribers.segments.compile import select_people
from subscribers.segments.model import Known, Rule, Segment
from subscribers.segments.parse import parse_rule
from subscribers.tags.names import few_tags

# Up to so many people are counted while a rule is being written.
MOST_COUNTED = 10_000
SHOWN = 5
MOST_TAGS = 200


@dataclass(frozen=True, kw_only=True)
class RuleSubjects:
    """
    The lists, the declared fields and the tags that a rule may ask about; no tags if there are too
    many to choose from. `rule` is what a text was read as, None if it is not a rule.
    """

    lists: Sequence[MailingList]
    fields: Sequence[Field]
    tags: Sequence[str] = ()
    rule: Rule | None = None


@dataclass(frozen=True, kw_only=True)
class RulePreview:
    """
    How many people a rule selects now, None if more than are counted, and some of them.
    """

    count: int | None
    people: Sequence[Subscriber] = ()


@requires(Permission.SEGMENTS_READ, "segment.subjects", about=shared(ObjectKind.SEGMENT))
def subjects(app: App, *, rule: str = "", by: Actor) -> RuleSubjects:
    """
    Return what a rule may ask about, and what *rule* asks.
    """
    with app.database.read() as connection:
        lists, fields = lists_by_name(connection, slugs=by.lists), all_fields(connection)
        # A tag is about all lists.
        tags = few_tags(connection, MOST_TAGS) if by.lists is None else ()
    known = Known(
        fields={each.name: each for each in fields},
        lists=[each.slug for each in lists],
        mailed=WORDS,
    )
    return RuleSubjects(lists=lists, fields=fields, tags=tags, rule=_read(rule, known))


def _read(rule: str, known: Known) -> Rule | None:
    try:
        return parse_rule(rule, known)
    except RuleError:
        return None


@requires(Permission.PEOPLE_READ, "segment.preview", about=shared(ObjectKind.SEGMENT))
def preview(app: App, rule: str, *, list_slug: str = "", by: Actor) -> RulePreview:
    """
    Count the people within reach whom a rule selects that is not stored, and return some of them.
    It needs the right to see people: whoever may ask any question of somebody learns their address
    letter by letter.

    Raises:
        RuleError: it is not a rule, or names what does not exist.
        Refused: it takes too long.
    """
    now = app.clock()
    whole = Segment(
        id=0, name="", rule=rule, list_slug=list_slug or None, created_at=now, changed_at=now
    ).whole_rule
    with app.database.look() as connection:
        parse_segment_rule(connection, rule, reach=by.lists)
        parsed = seen_within(by.lists, parse_segment_rule(connection, whole, reach=by.lists))
        selected = select_people(parsed, named=QUERIES, now=now)
        if by.lists is not None:
            which = within_reach(EVERYBODY, by)
            selected = select_matching(connection, which, segment=selected)
        # Looked for once: how many there are, and the first of them.
        numbers = connection.scalars(selected.limit(MOST_COUNTED + 1)).all()
        people = visible_people(connection, people_among(connection, numbers[:SHOWN]), by=by)
    return RulePreview(count=len(numbers) if len(numbers) <= MOST_COUNTED else None, people=people)
