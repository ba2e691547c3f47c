"""
The calendar of schedules: what went out and what will, and why.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from installation import Installation
from scheduled_installation import MORNING, put_brief, scheduled
from staff_samples import StaffBrowser, add_member, form_token
from statements import counted

from newsletter.actions.issues import schedules, slots
from newsletter.model.access import OPERATOR, Role
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import MisfirePolicy, SlotOutcome
from newsletter.model.source import FirstPoll
from newsletter.scheduling.slots import slot_at
from newsletter.store.scheduling import schedules as store

MOST_STATEMENTS = 12
CALENDAR = "/admin/schedules"


@pytest.fixture
def ran(installation: Installation, browser: StaffBrowser) -> Installation:
    """
    A schedule that made a draft this morning, and found nothing the morning before.
    """
    installation.now = MORNING - dt.timedelta(days=2)
    installation.add_list()
    installation.add_source("site", "folder", "briefs", first_poll=FirstPoll.NEW)
    rule = installation.add_schedule()
    issue_id = installation.add_issue()
    wednesday, thursday = (slot_at(f"2026-03-0{day}T06:00", rule.timezone) for day in (4, 5))
    with installation.app.database.write() as connection:
        store.take_slot(
            connection,
            rule.id,
            wednesday,
            outcome=SlotOutcome.SKIPPED,
            reason="no new briefs since the last issue",
            now=wednesday.due,
        )
        store.take_slot(
            connection,
            rule.id,
            thursday,
            outcome=SlotOutcome.ISSUED,
            reason="1 brief",
            issue_id=issue_id,
            now=thursday.due,
        )
        store.advance(connection, rule.id, MORNING)
    installation.now = MORNING + dt.timedelta(hours=1)
    add_member(installation)
    browser.log_in()
    return installation


def test_an_issue_that_went_out_is_shown_with_its_readers(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.now = MORNING - dt.timedelta(days=1)
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Harbour")
    installation.now = MORNING
    slots.run_slot(installation.app, "morning", by=OPERATOR)
    installation.submit_all()
    add_member(installation)
    browser.log_in()
    page = browser.get(CALENDAR).text
    assert "This week: 1 sent" in page
    assert '1 brief to 3 readers. <a href="/admin/issues/1">Issue 1</a>' in page


def test_the_calendar_says_what_became_of_each_run_and_what_is_to_come(
    ran: Installation, browser: StaffBrowser
) -> None:
    page = browser.get(CALENDAR).text
    assert "1 schedule." in page
    assert "1 skipped and 1 needs a decision" in page
    assert "no new briefs since the last issue" in page
    assert '1 brief. <a href="/admin/issues/1">Issue 1</a>' in page
    assert page.count("Planned") == 10
    assert "Every day at 6:00\u202fAM, New York time" in page
    assert "All new briefs from the source site" in page


def test_other_weeks_are_a_link_away_and_a_day_that_is_none_is_today(
    ran: Installation, browser: StaffBrowser
) -> None:
    page = browser.get(CALENDAR).text
    assert 'href="/admin/schedules?week=2026-02-23"' in page
    assert 'href="/admin/schedules?week=2026-03-09"' in page
    later = browser.get(f"{CALENDAR}?week=2026-03-20").text
    assert "Mar 16" in later
    assert later.count("Planned") == 14
    for bad in ("yesterday", "9999-99-99", "0001-01-01", "9999-12-31", "%00"):
        assert browser.get(f"{CALENDAR}?week={bad}").status_code == 200


def test_a_run_that_nothing_started_is_said_to_be_late(
    ran: Installation, browser: StaffBrowser
) -> None:
    ran.now += dt.timedelta(days=1)
    browser.log_in()
    page = browser.get(CALENDAR).text
    assert "Not started" in page
    assert "newsletter serve" in page
    assert 'href="/admin/schedules/morning/run"' in page


def test_a_frequent_schedule_is_shown_by_its_first_run_of_each_day(
    ran: Installation, browser: StaffBrowser
) -> None:
    ran.add_schedule("ticker", cron="*/15 * * * *")
    page = browser.get(CALENDAR).text
    assert "95 more of <bdi>ticker</bdi>" in page
    assert "Every day, every 15 minutes, New York time" in page


def test_a_schedule_is_paused_and_resumed_from_the_calendar(
    ran: Installation, browser: StaffBrowser
) -> None:
    paused = browser.post(f"{CALENDAR}/morning/pause", on=CALENDAR, next="calendar")
    assert paused.headers["location"] == CALENDAR
    page = browser.get(CALENDAR).text
    assert "morning is paused" in page
    assert "Planned" not in page
    browser.post(f"{CALENDAR}/morning/resume", on=CALENDAR)
    assert "morning runs again" in browser.get(f"{CALENDAR}/morning").text
    assert not schedules.show(ran.app, "morning", by=OPERATOR).is_paused


def test_the_calendar_of_many_schedules_needs_few_statements(
    ran: Installation, browser: StaffBrowser
) -> None:
    for number in range(20):
        ran.add_schedule(f"schedule-{number}", cron=f"{number} 6 * * *")
    with counted(ran.app) as statements:
        page = browser.get(CALENDAR).text
    assert "21 schedules" in page
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)


def test_staff_limited_to_a_list_see_only_its_schedules(
    ran: Installation, browser: StaffBrowser
) -> None:
    ran.add_list("secret")
    ran.add_schedule("classified", audience=AudienceRule(lists=("secret",)))
    add_member(ran, "ida@example.org", role=Role.EDITOR, lists=["daily"])
    browser.log_in("ida@example.org")
    page = browser.get(CALENDAR).text
    assert "morning" in page
    assert "classified" not in page
    assert browser.get(f"{CALENDAR}/classified").status_code == 404
    assert browser.get(f"{CALENDAR}/classified/remove").status_code == 404
    token = form_token(page)
    assert browser.post(f"{CALENDAR}/classified/pause", token=token).status_code == 404


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.OBSERVER])
def test_who_may_only_look_is_offered_nothing_else(
    ran: Installation, browser: StaffBrowser, role: Role
) -> None:
    add_member(ran, "ida@example.org", role=role)
    browser.log_in("ida@example.org")
    for path in (CALENDAR, f"{CALENDAR}/morning"):
        page = browser.get(path).text
        assert "pause" not in page.lower().replace("paused", "")
        assert "/schedules/new" not in page
        assert "days-off" not in page
    token = form_token(page)
    assert browser.post(f"{CALENDAR}/morning/pause", token=token).status_code == 403
    assert not schedules.show(ran.app, "morning", by=OPERATOR).is_paused


def test_who_looks_after_people_has_no_room_of_schedules(
    ran: Installation, browser: StaffBrowser
) -> None:
    add_member(ran, "ida@example.org", role=Role.PEOPLE)
    browser.log_in("ida@example.org")
    assert 'href="/admin/schedules"' not in browser.get("/admin/").text
    assert browser.get(CALENDAR).status_code == 403


def test_without_a_schedule_the_page_says_what_one_needs(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    page = browser.get(CALENDAR).text
    assert "Nothing goes out by itself yet" in page
    assert 'href="/admin/schedules/new"' in page


def test_a_schedule_has_a_page_with_its_rule_and_its_runs(
    ran: Installation, browser: StaffBrowser
) -> None:
    with counted(ran.app) as statements:
        page = browser.get(f"{CALENDAR}/morning").text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "A late run is sent, however late it is." in page
    assert "To the readers of daily" in page
    assert page.count("Planned") == 5
    assert "06:00 by its own clock" in page
    assert f'href="{CALENDAR}/morning/runs/2026-03-04T06:00"' in page
    run = browser.get(f"{CALENDAR}/morning/runs/2026-03-04T06:00").text
    assert "no new briefs since the last issue" in run
    for bad in ("2026-03-09T06:00", "never", "<b>"):
        assert browser.get(f"{CALENDAR}/morning/runs/{bad}").status_code == 404
    assert browser.get(f"{CALENDAR}/evening").status_code == 404


def test_a_day_is_called_off_and_put_back(ran: Installation, browser: StaffBrowser) -> None:
    path = f"{CALENDAR}/morning"
    browser.post(f"{path}/days-off", on=path, day="2026-03-07", act="off")
    page = browser.get(path).text
    assert "morning does not run on 2026-03-07." in page
    assert re.search(r"Called off by <bdi[^>]*>[^<]+</bdi> on <time", page)
    assert schedules.show(ran.app, "morning", by=OPERATOR).days_off == ("2026-03-07",)
    assert "Put it back" in browser.get(CALENDAR).text
    back = browser.post(
        f"{path}/days-off", on=CALENDAR, day="2026-03-07", act="back", next="calendar"
    )
    assert back.headers["location"] == CALENDAR
    assert schedules.show(ran.app, "morning", by=OPERATOR).days_off == ()
    browser.post(f"{path}/days-off", on=path, day="soon", act="off")
    assert "This is not a day." in browser.get(path).text


def test_a_schedule_is_removed_after_a_question(ran: Installation, browser: StaffBrowser) -> None:
    path = f"{CALENDAR}/morning/remove"
    assert "Remove the schedule morning?" in browser.get(path).text
    removed = browser.post(path)
    assert removed.headers["location"] == CALENDAR
    assert "morning is removed. Its issues stay." in browser.get(CALENDAR).text
    assert browser.get(path).status_code == 404


def test_what_sources_and_staff_wrote_is_escaped(ran: Installation, browser: StaffBrowser) -> None:
    hostile = '<script>alert(1)</script>" onmouseover="x'
    rule = schedules.show(ran.app, "morning", by=OPERATOR)
    ran.add_schedule(
        "hostile",
        rules=replace(rule.rules, categories=(hostile,), title=hostile, lead=hostile),
        misfire_policy=MisfirePolicy.ASK,
    )
    for path in (CALENDAR, f"{CALENDAR}/hostile"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
