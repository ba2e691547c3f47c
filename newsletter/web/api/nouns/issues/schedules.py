"""
Schedules: list, add, show, change, pause, run and remove them.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.actions.issues import schedules, slots
from newsletter.model.access import Permission
from newsletter.web.api.bodies.issues.runs import (
    ComingRunsBody,
    RunHistoryBody,
    RunResultBody,
    RunToStart,
    coming_run,
    run_history,
    run_result,
)
from newsletter.web.api.bodies.issues.schedules import (
    ScheduleBody,
    ScheduleChanges,
    ScheduleName,
    ScheduleToAdd,
    schedule_body,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from newsletter.web.api.requests.request_limits import RateClass

noun = Noun("schedules", "Schedules, which make issues at set times.")

_SCHEDULE = "/schedules/{schedule}"
_READ, _WRITE = Permission.SCHEDULES_READ, Permission.SCHEDULES_WRITE
Count = Annotated[int, Query(ge=1, le=100, description="How many runs")]


@noun.get("/schedules", _READ)
def list_schedules(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[ScheduleBody]:
    """
    List the schedules, the oldest first.
    """
    after = call.after(cursor, int, 0)
    found = schedules.page(call.app, after=after, limit=limit + 1, by=call.actor)
    return call.page(found, limit, key=lambda each: each.id, show=schedule_body)


@noun.post("/schedules", _WRITE, status=201)
def add_schedule(call: Call, body: ScheduleToAdd) -> ScheduleBody:
    """
    Add a schedule.
    """
    schedules.add(
        call.app,
        body.name,
        lists=body.lists,
        sources=body.sources,
        cron=body.cron,
        timezone=body.timezone,
        fields=body.as_fields(),
        by=call.actor,
    )
    call.made(f"{PREFIX}/schedules/{body.name}")
    return _shown(call, body.name)


@noun.get(_SCHEDULE, _READ)
def show_schedule(call: Call, schedule: ScheduleName) -> ScheduleBody:
    """
    Show a schedule.
    """
    return _shown(call, schedule)


@noun.patch(_SCHEDULE, _READ, _WRITE)
def change_schedule(call: Call, schedule: ScheduleName, body: ScheduleChanges) -> ScheduleBody:
    """
    Change the given values of a schedule.
    """
    schedules.edit(
        call.app,
        schedule,
        fields=body.as_fields(),
        lists=body.lists,
        sources=body.sources,
        cron=body.cron,
        timezone=body.timezone,
        by=call.actor,
    )
    return _shown(call, schedule)


@noun.delete(_SCHEDULE, _WRITE)
def remove_schedule(call: Call, schedule: ScheduleName) -> None:
    """
    Remove a schedule.

    Its issues stay. Readers who chose its cadence get each issue from then on, if no other schedule
    has it.
    """
    schedules.remove(call.app, schedule, by=call.actor)


@noun.post(f"{_SCHEDULE}/pause", _READ, _WRITE, version_of=_SCHEDULE)
def pause_schedule(call: Call, schedule: ScheduleName) -> ScheduleBody:
    """
    Pause a schedule, so that it makes no issues.
    """
    schedules.set_paused(call.app, schedule, paused=True, by=call.actor)
    return _shown(call, schedule)


@noun.post(f"{_SCHEDULE}/resume", _READ, _WRITE, version_of=_SCHEDULE)
def resume_schedule(call: Call, schedule: ScheduleName) -> ScheduleBody:
    """
    Resume a paused schedule from now on.

    Missed runs are not made up.
    """
    schedules.set_paused(call.app, schedule, paused=False, by=call.actor)
    return _shown(call, schedule)


@noun.get(f"{_SCHEDULE}/next", _READ)
def list_next_runs(call: Call, schedule: ScheduleName, count: Count = 5) -> ComingRunsBody:
    """
    List the next runs of a schedule, and when their issues are sent.
    """
    rule, coming = schedules.next_slots(call.app, schedule, count=count, by=call.actor)
    _, delayed = schedules.delayed_runs(call.app, schedule, by=call.actor)
    return ComingRunsBody(
        timezone=rule.timezone, runs=[coming_run(slot, delayed) for slot in coming]
    )


@noun.get(f"{_SCHEDULE}/runs", _READ, rate=RateClass.BULK)
def list_runs(call: Call, schedule: ScheduleName, count: Count = 10) -> RunHistoryBody:
    """
    List the last runs of a schedule, the newest first, and why each ended as it did.
    """
    return run_history(slots.slot_history(call.app, schedule, limit=count, by=call.actor))


@noun.post(f"{_SCHEDULE}/run", Permission.ISSUES_SEND, rate=RateClass.BULK, in_steps=True)
def run_schedule(call: Call, schedule: ScheduleName, body: RunToStart) -> RunResultBody:
    """
    Run a schedule now: the run that is due, or the one named.

    Each run happens once.
    """
    return run_result(slots.run_slot(call.app, schedule, wall=body.slot, by=call.actor))


def _shown(call: Call, name: str) -> ScheduleBody:
    return schedule_body(schedules.show(call.app, name, by=call.with_permissions(_READ)))
