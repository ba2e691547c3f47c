"""
An action that finds the people whom somebody ticked in a list.
"""

from __future__ import annotations

from collections.abc import Collection

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.search import within_reach
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.bulk.targets import Targets
from subscribers.database.tables import subscriber
from subscribers.filters.conditions import select_matching
from subscribers.filters.model import EVERYBODY


@requires(Permission.PEOPLE_READ, "people.ticked", about=shared(ObjectKind.PERSON))
def find(app: App, numbers: Collection[int], *, by: Actor) -> Targets:
    """
    Return those of the people with these numbers who are there and within reach.
    """
    with app.database.read() as connection:
        which = within_reach(EVERYBODY, by)
        query = select_matching(connection, which).where(subscriber.c.id.in_(numbers))
        return Targets(numbers=sorted(connection.scalars(query)))
