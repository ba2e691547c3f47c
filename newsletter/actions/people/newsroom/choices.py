"""
Actions that give what people can be narrowed by: the lists and the segments that there are.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.filters.choices import FilterChoices, load_choices

# Up to so many people are counted.
MOST_COUNTED = 10_000


@requires(Permission.PEOPLE_READ, "people.choices", about=shared(ObjectKind.LIST))
def show(app: App, *, with_count: bool = False, by: Actor) -> FilterChoices:
    """
    Return the lists and segments to choose from, and *with_count* the number of all people.
    Somebody who is limited to some lists is offered no segments, because which of them are within
    reach takes a look at each rule, and not the number.
    """
    has_segments = by.lists is None and Permission.SEGMENTS_READ in by.permissions
    with app.database.read() as connection:
        return load_choices(
            connection,
            slugs=by.lists,
            with_segments=has_segments,
            most_people=MOST_COUNTED if with_count and by.lists is None else 0,
        )
