"""
The calendar of schedules: what was started in a span of time, and what is to come.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation

from newsletter.actions.scheduling import calendar
from newsletter.model.access import OPERATOR
from newsletter.model.schedule import SlotOutcome
from newsletter.model.timing import quiet_from
from newsletter.scheduling.firing import fire_slot
from newsletter.scheduling.slots import slot_at
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.store.scheduling import schedules
from subscribers.lists import find_list

NOON = dt.datetime(2026, 3, 5, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def test_no_slot_of_a_schedule_that_was_removed_meanwhile_is_taken(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_source("site", "folder", "briefs")
    rule = installation.add_schedule()
    slot = slot_at("2026-03-01T06:00", rule.timezone)
    with installation.app.database.write() as connection:
        schedules.remove_schedule(connection, rule.id)
    assert fire_slot(installation.app.database, rule, slot, now=installation.now) is None


def test_a_calendar_has_the_slots_of_a_span_with_their_issues_and_those_to_come(
    installation: Installation,
) -> None:
    installation.now = NOON - 3 * DAY
    installation.add_list()
    installation.add_source("site", "folder", "briefs")
    rule = installation.add_schedule(days_off=("2026-03-07",))
    issue_id = installation.add_issue("One", "Two")
    with installation.app.database.write() as connection:
        for day, outcome, number in (
            (3, SlotOutcome.SKIPPED, None),
            (4, SlotOutcome.SKIPPED, None),
            (5, SlotOutcome.ISSUED, issue_id),
        ):
            slot = slot_at(f"2026-03-0{day}T06:00", rule.timezone)
            schedules.take_slot(
                connection, rule.id, slot, outcome=outcome, issue_id=number, now=slot.due
            )
        schedules.advance(connection, rule.id, NOON)
        # Hours that delay every run are refused where they are typed; here they only delay.
        quiet = quiet_from("05:00-07:00")
        own = ListSettings(quiet=quiet, timezone=rule.timezone)
        set_list_settings(connection, find_list(connection, "daily").id, own)
    installation.now = NOON
    found = calendar.calendar(
        installation.app, since=NOON - 2 * DAY, until=NOON + 3 * DAY, by=OPERATOR
    )
    assert [each.row.slot.day.day for each in found.started] == [4, 5]
    skipped, issued = found.started
    assert skipped.issue is None
    assert issued.issue is not None
    assert (issued.issue.id, issued.issue.briefs, issued.issue.readers) == (issue_id, 2, 0)
    coming = found.coming[rule.id]
    assert [each.slot.day.day for each in coming] == [6, 7, 8]
    assert [each.day_off for each in coming] == [None, "2026-03-07", None]
    assert coming[0].sent_at == coming[0].slot.due + dt.timedelta(hours=1)
    details = calendar.details(installation.app, rule.name, coming=2, started=2, by=OPERATOR)
    assert [each.row.slot.day.day for each in details.started] == [5, 4]
    assert [each.slot.day.day for each in details.coming] == [6, 7, 8]
    slot = calendar.slot_details(installation.app, rule.name, wall="2026-03-04T06:00", by=OPERATOR)
    assert slot.selection is not None
    assert slot.selection.admitted == []


def test_a_schedule_that_runs_often_is_worked_out_whole_for_today_alone(
    installation: Installation,
) -> None:
    installation.now = NOON
    installation.add_list()
    rule = installation.add_schedule(cron="*/10 * * * *", timezone="UTC")
    found = calendar.calendar(installation.app, since=NOON, until=NOON + 2 * DAY, by=OPERATOR)
    coming = found.coming[rule.id]
    days = [each.slot.day.day for each in coming]
    assert [days.count(day) for day in (5, 6, 7)] == [71, 4, 4]
    assert [each.more for each in coming if each.more] == [140, 140]
