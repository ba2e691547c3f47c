"""
Which drafts lack a second person, kept for a moment: that counts their readers, and the newsroom
says it on its first page, of which a part is renewed every few seconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import replace

from newsletter.actions.issues.drafts.second_person import changers_if_missing
from newsletter.actions.today.open_issues import IssuesNow
from newsletter.app import App
from newsletter.model.access import Actor
from newsletter.model.issue import EDITABLE

KEPT = dt.timedelta(seconds=15)


class KeptChangers:
    """
    Who changed those drafts last that lack a second person, found again once that is older than
    KEPT, or once staff have changed something.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._found: tuple[Hashable, Mapping[int, frozenset[str]], dt.datetime] | None = None

    def with_changers(self, issues: IssuesNow, *, newest_entry: int, by: Actor) -> IssuesNow:
        """
        Return the issues with who changed them last. *newest_entry* is the number of the last entry
        of the audit trail.
        """
        drafts = [each.issue for each in issues.in_states(*EDITABLE)]
        if not drafts:
            return issues
        asked = newest_entry, tuple((each.id, each.approved_by) for each in drafts)
        kept, now = self._found, self._app.clock()
        if kept and kept[0] == asked and dt.timedelta() <= now - kept[2] < KEPT:
            return replace(issues, changers=kept[1])
        changers = changers_if_missing(self._app, drafts, by=by)
        self._found = asked, changers, now
        return replace(issues, changers=changers)
