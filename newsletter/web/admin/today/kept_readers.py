"""
How many people the next issue would go to, kept for a moment: counting a large list takes a tenth
of a second, and the newsroom shows the number on its first page.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from newsletter.actions.today import coming_slots
from newsletter.actions.today.coming_slots import SlotPreviews
from newsletter.app import App
from newsletter.model.access import Actor
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import Schedule

KEPT = dt.timedelta(minutes=1)


class KeptReaders:
    """
    The number of readers of the next slot, counted again once it is older than KEPT.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._counted: tuple[AudienceRule, int, dt.datetime] | None = None

    def with_readers(self, previews: SlotPreviews, *, by: Actor) -> SlotPreviews:
        """
        Return the previews with the number of people that the first one would go to.
        """
        if not previews.slots:
            return previews
        first, *others = previews.slots
        readers = self._count(first.rule, by)
        return replace(previews, slots=[replace(first, readers=readers), *others])

    def _count(self, rule: Schedule, by: Actor) -> int:
        kept, now = self._counted, self._app.clock()
        if kept and kept[0] == rule.readers and dt.timedelta() <= now - kept[2] < KEPT:
            return kept[1]
        number = coming_slots.count_readers(self._app, rule, by=by)
        self._counted = rule.readers, number, now
        return number
