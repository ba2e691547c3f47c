"""
What happens to a draft at its deadline: it is sent, cancelled or held, once, with the reason.
"""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from drafts import (
    DEADLINE,
    DRAFT,
    EDITORS,
    SLOT,
    draft,
    drafted,
    prepared,
    put_brief,
    readers,
    tick_at,
    why,
)
from installation import House

from newsletter import pipeline
from newsletter.errors import Refused
from newsletter.issues import approval, deadlines
from newsletter.issues.release import return_to_draft
from newsletter.model.issue import DeadlineAction, HeldBy, IssueState
from newsletter.model.schedule import Approval, MisfirePolicy
from newsletter.store.issues import issues, list_settings
from newsletter.store.issues.list_settings import ListSettings
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick
from subscribers.lists import find_list

SENT = "not approved, but sent at its deadline"
MINUTE = dt.timedelta(minutes=1)


def test_a_slot_makes_a_draft_that_knows_its_deadline(house: House) -> None:
    drafted(house)
    made = draft(house)
    assert (made.state, made.deadline, made.at_deadline) == ("draft", DEADLINE, "send")
    assert made.needs_approval
    assert (readers(house), why(house)) == ([], "1 brief")


def test_a_draft_schedule_makes_a_draft_that_waits_for_ever(house: House) -> None:
    drafted(house, approval=Approval.DRAFT)
    tick_at(house, SLOT + dt.timedelta(days=1) - MINUTE)
    made = draft(house)
    assert (made.state, made.deadline, made.at_deadline) == ("draft", None, None)
    assert readers(house) == []


def test_nothing_happens_a_minute_before_the_deadline(house: House) -> None:
    drafted(house)
    tick_at(house, DEADLINE - MINUTE)
    assert (house.state(DRAFT), readers(house)) == ("draft", [])


def test_a_draft_nobody_decided_about_is_sent_at_its_deadline(house: House) -> None:
    drafted(house)
    tick_at(house, DEADLINE)
    assert readers(house) == [f"reader000{n}@example.org" for n in range(3)]
    assert (house.state(DRAFT), draft(house).pause_reason) == ("submitted", SENT)
    assert why(house) == f"1 brief; {SENT}"


def test_a_deadline_sends_what_is_there_then_also_after_an_edit(house: House) -> None:
    drafted(house)
    with house.app.database.write() as connection:
        issues.edit_issue(connection, DRAFT, subject="Corrected")
    tick_at(house, DEADLINE)
    assert {mail["Subject"] for mail in house.mails()} == {"Corrected"}
    assert len(readers(house)) == 3


def test_a_draft_that_is_skipped_gives_its_briefs_back(house: House) -> None:
    drafted(house, at_deadline=DeadlineAction.SKIP)
    tick_at(house, DEADLINE)
    reason = "cancelled: not approved by its deadline"
    assert (house.state(DRAFT), draft(house).pause_reason) == ("cancelled", reason)
    assert why(house) == f"1 brief; {reason}"
    tick_at(house, SLOT + dt.timedelta(days=1))
    assert (house.state(2), why(house)) == ("draft", "1 brief")


def test_a_draft_that_is_held_says_so_once_and_waits(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    drafted(house, at_deadline=DeadlineAction.HOLD)
    for minutes in range(3):
        tick_at(house, DEADLINE + minutes * MINUTE)
    said = [r for r in caplog.records if getattr(r, "event", "") == "issue.deadline_passed"]
    assert [record.levelno for record in said] == [logging.WARNING]
    reason = "held: nobody decided by its deadline, so someone has to send it"
    assert (house.state(DRAFT), draft(house).pause_reason) == ("draft", reason)
    assert draft(house).held_by is HeldBy.DEADLINE
    assert why(house) == f"1 brief; {reason}"


def test_a_deadline_acts_once_however_many_processes_ask(house: House) -> None:
    drafted(house)
    twin = House(house.folder, house.app.settings.database.url, now=DEADLINE)
    house.now = DEADLINE
    for context in (house.app.publishing, twin.app.publishing):
        deadlines.enforce_deadlines(context)
    assert (house.state(DRAFT), why(house)) == ("freezing", f"1 brief; {SENT}")
    for context in (twin.app.publishing, house.app.publishing):
        tick(context)
    twin.close()
    house.submit_all()
    assert len(readers(house)) == 3


def test_a_deadline_seen_by_two_at_once_is_one_mans_to_act_on(house: House) -> None:
    from newsletter.store.issues import reviews

    drafted(house)
    seen = draft(house)
    with house.app.database.write() as connection:
        first = reviews.end_deadline(connection, seen, IssueState.FREEZING)
        second = reviews.end_deadline(connection, seen, IssueState.CANCELLED)
    assert (first, second, house.state(DRAFT)) == (True, False, "freezing")


def test_an_approval_before_the_deadline_sends_at_once(house: House) -> None:
    drafted(house)
    pipeline.publish_approved(house.app.publishing, DRAFT, by="a person")
    house.submit_all()
    assert len(readers(house)) == 3
    assert why(house) == "1 brief; approved by a person"
    tick_at(house, DEADLINE)
    assert (len(readers(house)), why(house)) == (3, "1 brief; approved by a person")


def test_an_approval_whose_process_died_is_sent_by_the_next(house: House) -> None:
    drafted(house)
    approval.approve_and_send(house.app.publishing, DRAFT, by="a person")
    assert (house.state(DRAFT), readers(house)) == ("freezing", [])
    tick_at(house, SLOT + MINUTE)
    assert (house.state(DRAFT), len(readers(house))) == ("submitted", 3)


def test_an_approval_that_no_longer_holds_leaves_the_draft_to_its_deadline(house: House) -> None:
    drafted(house)
    approval.approve_and_send(house.app.publishing, DRAFT, by="a person")
    house.subscribe([f"new{number}@example.org" for number in range(3)])
    tick_at(house, SLOT + MINUTE)
    assert (house.state(DRAFT), readers(house)) == ("draft", [])
    assert "approved for 3 readers and would now go to 6" in str(draft(house).pause_reason)
    tick_at(house, DEADLINE)
    assert (house.state(DRAFT), len(readers(house))) == ("submitted", 6)


def test_a_person_who_holds_a_draft_stops_its_clock(house: House) -> None:
    drafted(house)
    deadlines.hold_issue(house.app.publishing, DRAFT, by="a person")
    tick_at(house, DEADLINE + MINUTE)
    assert (house.state(DRAFT), readers(house)) == ("draft", [])
    assert (draft(house).pause_reason, draft(house).deadline) == ("put on hold by a person", None)
    assert draft(house).held_by is HeldBy.PERSON
    pipeline.publish_approved(house.app.publishing, DRAFT, by="a person")
    house.submit_all()
    assert len(readers(house)) == 3


def test_what_was_sent_cannot_be_held(house: House) -> None:
    drafted(house)
    tick_at(house, DEADLINE)
    with pytest.raises(Refused, match="issue 1 is submitted and cannot be put on hold"):
        deadlines.hold_issue(house.app.publishing, DRAFT, by="a person")
    assert why(house) == f"1 brief; {SENT}"


def test_a_cancelled_draft_has_no_deadline_to_act(house: House) -> None:
    drafted(house)
    with house.app.database.write() as connection:
        issues.move_issue(connection, DRAFT, IssueState.CANCELLED)
    tick_at(house, DEADLINE)
    assert (house.state(DRAFT), readers(house), why(house)) == ("cancelled", [], "1 brief")


@pytest.mark.parametrize(
    ("late", "state", "mailed", "reason"),
    [
        (MisfirePolicy.SEND, "submitted", 3, SENT),
        (MisfirePolicy.SKIP, "cancelled", 0,
         "cancelled: its deadline was handled 121 min late, and the limit is 120 min"),
        (MisfirePolicy.ASK, "missed", 0,
         "its deadline was handled 121 min late, and the limit is 120 min: waiting for a decision"),
    ],
)  # fmt: skip
def test_a_deadline_found_long_past_follows_the_schedules_late_policy(
    house: House, late: MisfirePolicy, state: str, mailed: int, reason: str
) -> None:
    drafted(house, misfire_policy=late)
    tick_at(house, DEADLINE + 121 * MINUTE)
    assert (house.state(DRAFT), len(readers(house))) == (state, mailed)
    assert why(house) == f"1 brief; {reason}"


def test_a_deadline_a_little_late_is_kept(house: House) -> None:
    drafted(house, misfire_policy=MisfirePolicy.SKIP)
    tick_at(house, DEADLINE + 119 * MINUTE)
    assert (house.state(DRAFT), len(readers(house))) == ("submitted", 3)


def test_editors_whose_time_was_over_before_the_draft_get_all_of_it(house: House) -> None:
    prepared(house)
    late = DEADLINE + MINUTE
    tick_at(house, late)
    assert draft(house).deadline == late + dt.timedelta(hours=2)
    assert (house.state(DRAFT), readers(house)) == ("draft", [])


def test_a_slot_that_must_ask_makes_an_issue_without_a_deadline(house: House) -> None:
    prepared(house, misfire_policy=MisfirePolicy.ASK, misfire_limit=dt.timedelta(hours=1))
    tick_at(house, SLOT + 90 * MINUTE)
    tick_at(house, DEADLINE + MINUTE)
    assert (house.state(DRAFT), draft(house).deadline, readers(house)) == ("missed", None, [])


def test_a_list_that_wants_an_approval_is_sent_nothing_by_a_deadline(house: House) -> None:
    drafted(house)
    with house.app.database.write() as connection:
        daily = find_list(connection, "daily").id
        list_settings.set_list_settings(connection, daily, ListSettings(needs_approval=True))
    tick_at(house, DEADLINE)
    assert (house.state(DRAFT), readers(house)) == ("draft", [])
    assert why(house) == "1 brief; held at its deadline: list daily requires approval"


def test_a_draft_whose_schedule_was_removed_is_held(house: House) -> None:
    drafted(house)
    with house.app.database.write() as connection:
        rule = schedules.find_schedule(connection, "morning")
        schedules.remove_schedule(connection, rule.id)
    tick_at(house, DEADLINE)
    assert (house.state(DRAFT), readers(house)) == ("draft", [])
    assert draft(house).pause_reason == "held at its deadline: its schedule was removed"
    assert draft(house).held_by is HeldBy.DEADLINE


def test_each_draft_of_a_slot_has_its_own_end(house: House) -> None:
    prepared(house, each=True)
    put_brief(house, "The Loud Quay")
    tick_at(house, SLOT)
    deadlines.hold_issue(house.app.publishing, 1, by="a person")
    tick_at(house, DEADLINE)
    assert [house.state(number) for number in (1, 2)] == ["draft", "submitted"]
    with house.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
        rows = schedules.last_slots(connection, rule.id, most=9)
    noted = sorted(row.reason for row in rows if row.part)
    assert noted == ["brief 1; put on hold by a person", f"brief 2; {SENT}"]


def test_a_deadline_sends_nothing_while_no_editor_was_ever_asked(house: House) -> None:
    prepared(house, editors=EDITORS)
    house.now = SLOT
    tick(house.app.publishing)
    house.now = DEADLINE
    tick(house.app.publishing)
    assert (house.state(DRAFT), why(house).rpartition("; ")[2]) == (
        "draft", "held at its deadline: no email to its editors could be sent",
    )  # fmt: skip


def test_a_deadline_of_a_paused_schedule_sends_nothing(house: House) -> None:
    drafted(house)
    with house.app.database.write() as connection:
        rule = schedules.find_schedule(connection, "morning")
        schedules.change_schedule(connection, rule.id, is_paused=True)
    tick_at(house, DEADLINE)
    assert (house.state(DRAFT), readers(house)) == ("draft", [])
    assert draft(house).pause_reason == "held at its deadline: its schedule is paused"


def test_a_held_draft_that_could_not_be_sent_is_stuck_and_no_longer_held(house: House) -> None:
    drafted(house)
    deadlines.hold_issue(house.app.publishing, DRAFT, by="a person")
    with house.app.database.write() as connection:
        issues.move_issue(connection, DRAFT, IssueState.FREEZING)
    assert return_to_draft(house.app.publishing, draft(house), "held up by the provider")
    assert (draft(house).held_by, draft(house).stuck_at) == (None, house.now)
