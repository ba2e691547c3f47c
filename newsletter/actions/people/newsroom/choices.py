"""
Actions that give what people can be narrowed by: the lists and the segments that there are.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.filters.choices import FilterChoices, load_choices


@requires(Permission.PEOPLE_READ, "people.choices", about=shared(ObjectKind.LIST))
def show(app: App, *, by: Actor) -> FilterChoices:
    """
    Return the lists and segments to choose from. Somebody who is limited to some lists is offered
    no segments: which of them are within reach takes a look at each rule.
    """
    has_segments = by.lists is None and Permission.SEGMENTS_READ in by.permissions
    with app.database.read() as connection:
        return load_choices(connection, slugs=by.lists, with_segments=has_segments)
