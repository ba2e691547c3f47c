"""
Actions that try a schedule: what its next slot would send with the briefs that there are now.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_schedule
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.issues.settings.asked_by_lists import AskedByLists, asked_by_audience
from newsletter.issues.trials import slot_trial
from newsletter.issues.trials.slot_trial import SlotWaits, TrialMail, TrialSelection
from newsletter.model.access import Actor, Permission
from newsletter.model.schedule import Schedule, Slot
from newsletter.scheduling.firing import overdue_slot, upcoming
from newsletter.scheduling.local_times import wall_now
from newsletter.scheduling.slots import slot_at
from newsletter.store.delivery.freeze import count_audience
from newsletter.store.issues.list_settings import AudienceLists, lists_of_audience
from newsletter.store.scheduling.schedules import find_schedule


@dataclass(frozen=True, kw_only=True)
class SlotTrial:
    """
    What a slot would take. `slot` is the next of the schedule, or this minute if none is to come.
    """

    rule: Schedule
    slot: Slot
    selection: TrialSelection


@requires(Permission.SCHEDULES_READ, "schedule.try", about=the_schedule())
def try_slot(app: App, name: str, *, by: Actor) -> SlotTrial:
    """
    Select the briefs that the next slot of a schedule would take if no others came. The sources are
    not polled.

    Raises:
        NotFound: there is no such schedule.
        Refused: the patterns of its rule take too long.
    """
    with app.database.read() as connection:
        rule = find_schedule(connection, name)
        coming = upcoming(rule, now=app.clock(), count=1)
        slot = coming[0] if coming else slot_at(wall_now(app.clock(), rule.timezone), rule.timezone)
        selection = slot_trial.try_selection(connection, rule, slot.due)
    return SlotTrial(rule=rule, slot=slot, selection=selection)


@dataclass(frozen=True, kw_only=True)
class IssueTrial:
    """
    The issue that a slot would make: its readers, what its lists ask for, what it would wait for,
    and its mail; None if it has no briefs or no readers.
    """

    trial: SlotTrial
    readers: int
    asked: AskedByLists
    waits: SlotWaits
    mail: TrialMail | None


@requires(Permission.SCHEDULES_READ, "schedule.try_issue", about=the_schedule())
def try_issue(app: App, name: str, *, by: Actor) -> IssueTrial:
    """
    Render and check the issue that the next slot of a schedule would make, and count its readers.

    Raises:
        NotFound: there is no such schedule.
        Refused: the patterns of its rule take too long, or there is no sender address.
        SettingsError: its provider is not in the settings.
    """
    found = try_slot(app, name, by=by)
    rule, choice = found.rule, found.selection.choice
    with app.database.read() as connection:
        lists, readers = _lists_and_readers(connection, rule, app.clock())
        waits = slot_trial.waits_of_slot(
            connection, rule, found.slot, choice.briefs, lists=lists, readers=readers
        )
    mail = None
    if choice.briefs and readers:
        mail = slot_trial.try_mail(app.publishing, rule, choice, lists=lists, readers=readers)
    return IssueTrial(
        trial=found, readers=readers, asked=asked_by_audience(lists), waits=waits, mail=mail
    )


def _lists_and_readers(
    connection: sa.Connection, rule: Schedule, now: dt.datetime
) -> tuple[AudienceLists, int]:
    wanted = rule.readers
    lists = lists_of_audience(connection, wanted.lists, wanted.minus)
    return lists, count_audience(connection, wanted, lists.lists, lists.minus, now=now)


@dataclass(frozen=True, kw_only=True)
class RunQuestion:
    """
    What has to be known before a schedule is run now: the slot that is due and was not started, or
    else this minute by its clock; how many readers its issue goes to, what its lists ask for, and
    whether it waits for an approval.
    """

    rule: Schedule
    slot: Slot
    is_overdue: bool
    readers: int
    asked: AskedByLists
    needs_approval: bool


@requires(Permission.ISSUES_SEND, "schedule.ask_to_run", about=the_schedule(), audited=False)
def ask_to_run(app: App, name: str, *, by: Actor) -> RunQuestion:
    """
    Return what a person has to know before they run a schedule now.

    Raises:
        NotFound: there is no such schedule.
    """
    with app.database.read() as connection:
        rule = find_schedule(connection, name)
    overdue = overdue_slot(app.database, rule, now=app.clock())
    with app.database.read() as connection:
        lists, readers = _lists_and_readers(connection, rule, app.clock())
    asked = asked_by_audience(lists)
    return RunQuestion(
        rule=rule,
        slot=overdue or slot_at(wall_now(app.clock(), rule.timezone), rule.timezone),
        is_overdue=overdue is not None,
        readers=readers,
        asked=asked,
        needs_approval=slot_trial.is_approved_first(rule, asked, readers),
    )
