"""
How many people joined and left on the day before, kept for an hour: it does not change any more,
and at a million people it takes half a second to count.
"""

from __future__ import annotations

import datetime as dt

from newsletter.actions.today import summary
from newsletter.app import App
from newsletter.model.access import Actor
from subscribers.health.day_changes import PeopleChanges

KEPT = dt.timedelta(hours=1)
_Key = tuple[dt.datetime, dt.datetime, frozenset[str] | None]


class KeptPeopleChanges:
    """
    How people changed between two past times, by these and by the lists of who asks. It is counted
    again once it is older than KEPT, and then all that is as old is forgotten.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._counted: dict[_Key, tuple[dt.datetime, PeopleChanges]] = {}

    def between(self, since: dt.datetime, until: dt.datetime, *, by: Actor) -> PeopleChanges:
        """
        Return how people changed between the times, on the lists that the member may see.
        """
        now, key = self._app.clock(), (since, until, by.lists)
        kept = self._counted.get(key)
        if kept and dt.timedelta() <= now - kept[0] < KEPT:
            return kept[1]
        found = summary.people_changes(self._app, since=since, until=until, by=by)
        recent = {k: v for k, v in list(self._counted.items()) if now - v[0] < KEPT}
        self._counted = recent | {key: (now, found)}
        return found
