"""
A slot waits for briefs that only just came or changed: until they have rested, one window at most.
"""

from __future__ import annotations

import datetime as dt

import pytest
from installation import Installation
from site_of_posts import Site

from newsletter.issues.context import PublishingContext
from newsletter.model.schedule import MisfirePolicy
from newsletter.model.source import FirstPoll
from newsletter.pipeline import publish_slot, resume
from newsletter.scheduling.firing import fire_due, resume_held_slot
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from newsletter.workers.scheduler import tick

SIX = dt.datetime(2026, 3, 5, 6, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class Desk:
    """
    A installation with one schedule at six, and the site it reads every ten minutes.
    """

    def __init__(self, installation: Installation, **rule: object) -> None:
        self.installation, self.site = installation, Site()
        installation.add_list()
        installation.add_readers(1)
        every = dt.timedelta(minutes=10)
        installation.add_source("site", "feed", "https://site.example/feed", every=every)
        self.rule = installation.add_schedule(timezone="UTC", **rule)
        installation.now = SIX - 60 * MINUTE
        tick(self.context)

    @property
    def context(self) -> PublishingContext:
        return self.site.read_by(self.installation)

    def tick_at(self, when: dt.datetime) -> None:
        self.installation.now = when
        tick(self.context)

    def slots(self) -> list[SlotRow]:
        with self.installation.app.database.read() as connection:
            return schedules.last_slots(connection, self.rule.id, most=5)

    def outcomes(self) -> list[str]:
        return [slot.outcome for slot in self.slots()]

    def mailed_text(self) -> str:
        self.installation.submit_all()
        body = self.installation.mails()[0].get_body(("plain",))
        assert body is not None
        return str(body.get_content())


@pytest.fixture
def desk(installation: Installation) -> Desk:
    return Desk(installation)


def test_a_brief_that_rested_long_enough_leaves_at_the_slot(desk: Desk) -> None:
    desk.site.write()
    desk.tick_at(SIX - 20 * MINUTE)
    desk.tick_at(SIX)
    assert desk.outcomes() == ["issued"]


def test_a_brief_that_just_came_holds_the_slot_open_until_it_has_rested(desk: Desk) -> None:
    desk.site.write()
    desk.tick_at(SIX - 5 * MINUTE)
    desk.tick_at(SIX)
    held = desk.slots()[0]
    desk.tick_at(SIX + 9 * MINUTE)
    before = desk.outcomes()
    desk.tick_at(SIX + 10 * MINUTE)
    assert (held.outcome, held.reason) == (
        "due",
        "held open until 06:10: “Brief 001” is new or has just changed",
    )
    assert (before, desk.outcomes()) == (["due"], ["issued"])


def test_an_edit_made_while_the_slot_is_held_reaches_the_mail(desk: Desk) -> None:
    number = desk.site.write()
    desk.tick_at(SIX - 5 * MINUTE)
    desk.tick_at(SIX)
    desk.site.edit(number)
    desk.tick_at(SIX + 10 * MINUTE)
    desk.tick_at(SIX + 15 * MINUTE)
    assert "version 1" in desk.mailed_text()


def test_a_brief_that_changes_all_the_time_waits_one_window_and_no_longer(desk: Desk) -> None:
    number = desk.site.write()
    for minutes in range(-5, 15):
        desk.site.edit(number)
        desk.tick_at(SIX + minutes * MINUTE)
    before = desk.outcomes()
    desk.tick_at(SIX + 15 * MINUTE)
    assert (before, desk.outcomes()) == (["due"], ["issued"])


def test_what_stood_there_at_the_first_poll_has_rested(installation: Installation) -> None:
    desk = Desk(installation)
    installation.add_list("weekly")
    with installation.app.database.write() as connection:
        schedules.remove_schedule(connection, desk.rule.id)
    desk.rule = installation.add_schedule("weekly", timezone="UTC", sources=("blog",))
    desk.site.write()
    installation.add_source("blog", "feed", "https://b.example/", first_poll=FirstPoll.NEW)
    desk.tick_at(SIX)
    assert desk.outcomes() == ["issued"]


def test_a_person_who_runs_the_schedule_does_not_wait(desk: Desk) -> None:
    desk.site.write()
    desk.installation.now = SIX
    fired = fire_due(desk.context.database, desk.rule, now=desk.context.clock())
    assert fired is not None
    publish_slot(desk.context, fired, waits=False)
    assert desk.outcomes() == ["issued"]


def test_a_person_may_let_a_held_slot_go(desk: Desk) -> None:
    desk.site.write()
    desk.tick_at(SIX)
    held = resume_held_slot(desk.context.database, desk.rule, now=desk.context.clock())
    assert held is not None
    publish_slot(desk.context, held, waits=False)
    assert desk.outcomes() == ["issued"]


def test_a_held_slot_is_made_once_by_whoever_comes_first(desk: Desk) -> None:
    desk.site.write()
    desk.tick_at(SIX)
    desk.installation.now = SIX + 15 * MINUTE
    with desk.installation.app.database.read() as connection:
        seen = schedules.unfinished_slots(connection)[0]
    with desk.installation.app.database.write() as connection:
        first = schedules.retake_slot(connection, seen, now=desk.installation.now)
        second = schedules.retake_slot(connection, seen, now=desk.installation.now)
    assert (first, second) == (True, False)


def test_waiting_never_makes_a_slot_too_late(installation: Installation) -> None:
    desk = Desk(installation, misfire_policy=MisfirePolicy.SKIP, misfire_limit=5 * MINUTE)
    desk.site.write()
    desk.tick_at(SIX)
    desk.tick_at(SIX + 5 * MINUTE)
    assert desk.outcomes() == ["issued"]


def test_a_slot_that_a_dead_process_held_is_taken_up(desk: Desk) -> None:
    desk.site.write()
    desk.tick_at(SIX - 20 * MINUTE)
    desk.installation.now = SIX
    assert fire_due(desk.context.database, desk.rule, now=desk.context.clock()) is not None
    resume(desk.context)
    at_once = desk.outcomes()
    desk.installation.now = SIX + 3 * MINUTE
    resume(desk.context)
    assert (at_once, desk.outcomes()) == (["due"], ["issued"])


def test_a_source_may_ask_for_no_rest(installation: Installation) -> None:
    desk = Desk(installation, sources=("quick",))
    installation.add_source("quick", "feed", "https://q.example/", settle=dt.timedelta(0))
    desk.tick_at(SIX - 30 * MINUTE)
    desk.site.write()
    desk.tick_at(SIX)
    assert desk.outcomes() == ["issued"]


@pytest.mark.parametrize("late", [MisfirePolicy.SKIP, MisfirePolicy.ASK])
def test_to_be_held_open_does_not_make_a_slot_late(
    installation: Installation, late: MisfirePolicy
) -> None:
    desk = Desk(installation, misfire_policy=late, misfire_limit=10 * MINUTE)
    desk.site.write()
    desk.tick_at(SIX - MINUTE)
    desk.tick_at(SIX)
    held_until = desk.slots()[0].held_until
    assert held_until == SIX + 10 * MINUTE
    desk.tick_at(held_until + dt.timedelta(seconds=4))
    assert (desk.outcomes(), installation.state(1)) == (["issued"], "sending")


def test_a_slot_that_is_held_until_its_latest_time_is_not_taken_up_hours_later(
    installation: Installation,
) -> None:
    desk = Desk(installation, misfire_policy=MisfirePolicy.SKIP, misfire_limit=10 * MINUTE)
    desk.site.write()
    desk.tick_at(SIX - MINUTE)
    desk.tick_at(SIX)
    desk.tick_at(SIX + 3 * 60 * MINUTE)
    assert desk.outcomes() == ["skipped"]


def test_a_paused_schedule_keeps_its_held_slot_until_it_goes_on(desk: Desk) -> None:
    desk.site.write()
    desk.tick_at(SIX - MINUTE)
    desk.tick_at(SIX)
    pause(desk, is_paused=True)
    desk.tick_at(SIX + 20 * MINUTE)
    while_paused = (desk.outcomes(), desk.installation.mailed())
    pause(desk, is_paused=False)
    desk.tick_at(SIX + 21 * MINUTE)
    assert (while_paused, desk.outcomes()) == ((["due"], []), ["issued"])


def pause(desk: Desk, *, is_paused: bool) -> None:
    with desk.installation.app.database.write() as connection:
        schedules.change_schedule(connection, desk.rule.id, is_paused=is_paused)
