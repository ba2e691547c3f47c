"""
Actions that give what people can be narrowed by: the lists and the segments that there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.list_pages import lists_by_name
from subscribers.model import MailingList
from subscribers.segments.records import all_segments


@dataclass(frozen=True, kw_only=True)
class FilterChoices:
    """
    The lists, by name, and the names of the segments. Somebody who is limited to some lists is
    offered no segments: which of them are within reach takes a look at each rule.
    """

    lists: Sequence[MailingList]
    segments: Sequence[str]


@requires(Permission.PEOPLE_READ, "people.choices", about=shared(ObjectKind.LIST))
def show(app: App, *, by: Actor) -> FilterChoices:
    """
    Return the lists and segments to choose from.
    """
    has_segments = by.lists is None and Permission.SEGMENTS_READ in by.permissions
    with app.database.read() as connection:
        return FilterChoices(
            lists=lists_by_name(connection, slugs=by.lists),
            segments=[s.name for s in all_segments(connection)] if has_segments else (),
        )
