"""
Actions on segments for programs: one without its count, and what uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.actions.guard.objects import the_segment
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.segments import NOT_FROZEN
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from newsletter.store.issues.segment_references import issues_using, schedules_using
from subscribers.segments.model import Segment
from subscribers.segments.records import find_segment


@dataclass(frozen=True, kw_only=True)
class SegmentUse:
    """
    The issues that are not frozen, and the schedules, which use a segment.
    """

    issues: tuple[int, ...]
    schedules: tuple[str, ...]


@requires(Permission.SEGMENTS_READ, "segment.find", about=the_segment())
def find(app: App, name: str, *, by: Actor) -> Segment:
    """
    Return one segment, and count nobody.

    Raises:
        UnknownSegment: there is no such segment.
    """
    with app.database.read() as connection:
        return find_segment(connection, name)


@requires(Permission.SEGMENTS_READ, "segment.uses", about=the_segment())
def uses_of(app: App, name: str, *, by: Actor) -> SegmentUse:
    """
    Return what uses a segment, of what is within reach.

    Raises:
        UnknownSegment: there is no such segment.
    """
    with app.database.read() as connection:
        find_segment(connection, name)
        return SegmentUse(
            issues=tuple(issues_using(connection, name, states=NOT_FROZEN, reach=by.lists)),
            schedules=tuple(schedules_using(connection, name, reach=by.lists)),
        )
