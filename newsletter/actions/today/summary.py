"""
The actions that show how far a new installation has come, and how many people joined and left.
"""

from __future__ import annotations

import datetime as dt

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.operations.today.beginnings import Beginnings, read_beginnings
from subscribers.health.day_changes import PeopleChanges, count_changes


@requires(Permission.LISTS_READ, "today.beginnings", about=shared(ObjectKind.INSTALLATION))
def beginnings(app: App, *, by: Actor) -> Beginnings:
    """
    Return what there is already of all that an email needs.
    """
    with app.database.read() as connection:
        return read_beginnings(connection)


@requires(Permission.PEOPLE_READ, "today.people", about=shared(ObjectKind.PERSON))
def people_changes(app: App, *, since: dt.datetime, until: dt.datetime, by: Actor) -> PeopleChanges:
    """
    Count the people who joined and left between the two times, on the lists within reach.
    """
    with app.database.read() as connection:
        return count_changes(connection, since=since, until=until, slugs=by.lists)
