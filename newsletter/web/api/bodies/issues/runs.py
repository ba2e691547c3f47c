"""
The bodies of requests and responses about the runs of schedules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from newsletter.actions.issues.slots import SlotHistory, SlotRun
from newsletter.model.schedule import Slot, SlotOutcome
from newsletter.store.scheduling.schedules import SlotRow
from newsletter.web.api.body import RequestBody, ResponseBody
from newsletter.web.api.text import Explanation
from newsletter.web.api.times import Moment

WallTime = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$")]


class RunToStart(RequestBody):
    """
    Which run of a schedule happens now, by its local time; without it the one that is due.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"slot": "2026-03-05T06:00"}
    slot: WallTime | None = None


class RunBody(ResponseBody):
    """
    A run of a schedule that was started, one for each issue that it made. `part` says which.
    """

    slot: str
    part: str
    outcome: SlotOutcome
    reason: Explanation
    issue: int | None
    fired_at: Moment


class RunResultBody(ResponseBody):
    """
    What became of a run. `slot` is null if none was due; `has_fired` is false if it had happened
    before.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "slot": "2026-03-05T06:00",
        "has_fired": True,
        "runs": [
            {
                "slot": "2026-03-05T06:00",
                "part": "",
                "outcome": "issued",
                "reason": "",
                "issue": 3,
                "fired_at": "2026-03-05T05:00:04Z",
            }
        ],
    }
    slot: str | None
    has_fired: bool
    runs: list[RunBody]


class RunHistoryBody(ResponseBody):
    """
    The last runs of a schedule, and what keeps the next one from happening. `overdue` is a run that
    is due and was not started; `stopped` says why nothing is sent at all.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "paused": False,
        "next": "2026-03-06T05:00:00Z",
        "overdue": None,
        "stopped": None,
        "runs": RunResultBody.EXAMPLE["runs"],
    }
    paused: bool
    next: Moment | None
    overdue: str | None
    stopped: Explanation | None
    runs: list[RunBody]


class ComingRunBody(ResponseBody):
    """
    A run of a schedule that is to come. `sent_at` is later than `due` if it is in quiet hours.
    """

    slot: str
    due: Moment
    sent_at: Moment


class ComingRunsBody(ResponseBody):
    """
    The next runs of a schedule.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "timezone": "Europe/Oslo",
        "runs": [
            {
                "slot": "2026-03-06T06:00",
                "due": "2026-03-06T05:00:00Z",
                "sent_at": "2026-03-06T05:00:00Z",
            }
        ],
    }
    timezone: str
    runs: list[ComingRunBody]


def run_result(found: SlotRun) -> RunResultBody:
    """
    Return the body of what became of a run.
    """
    return RunResultBody(
        slot=found.wall, has_fired=found.has_fired, runs=[_run(row) for row in found.rows]
    )


def run_history(found: SlotHistory) -> RunHistoryBody:
    """
    Return the body of the last runs of a schedule.
    """
    return RunHistoryBody(
        paused=found.rule.is_paused,
        next=found.next_due,
        overdue=found.overdue.wall if found.overdue else None,
        stopped=found.stop,
        runs=[_run(row) for row in found.rows],
    )


def coming_run(slot: Slot, delayed: Mapping[Slot, dt.datetime]) -> ComingRunBody:
    """
    Return the body of a run that is to come.
    """
    return ComingRunBody(slot=slot.wall, due=slot.due, sent_at=delayed.get(slot, slot.due))


def _run(row: SlotRow) -> RunBody:
    return RunBody(
        slot=row.slot.wall,
        part=row.part,
        outcome=row.outcome,
        reason=row.reason,
        issue=row.issue_id,
        fired_at=row.fired_at,
    )
