"""
From the decision to send to the freeze: what others do meanwhile, and what must not be lost.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa
from installation import House
from scheduled_installation import MORNING, last_slot, put_brief, scheduled

from newsletter import pipeline
from newsletter.errors import Refused, StoreError
from newsletter.issues import approval
from newsletter.model.delivery import Provider
from newsletter.model.issue import IssueState
from newsletter.model.schedule import MisfirePolicy
from newsletter.scheduling.firing import fire_due
from newsletter.store.content import edits
from newsletter.store.issues import issues
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from newsletter.workers.scheduler import tick


def drafted(house: House, readers: int = 3) -> int:
    house.add_list()
    house.add_readers(readers)
    return house.add_issue()


def move(house: House, issue_id: int, to: IssueState, **values: object) -> None:
    with house.app.database.write() as connection:
        issues.move_issue(connection, issue_id, to, **values)


def fired_slot(house: House) -> SlotRow:
    with house.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
    fired = fire_due(house.app.publishing.database, rule, now=house.app.publishing.clock())
    assert fired is not None
    return fired


def test_an_issue_left_half_way_is_not_resumed_into_sending_nobody(house: House) -> None:
    issue_id = drafted(house)
    move(house, issue_id, IssueState.FREEZING)
    with pytest.raises(Refused, match="is freezing and cannot be resumed"):
        move(house, issue_id, IssueState.SENDING)
    pipeline.resume(house.app.publishing)
    house.submit_all()
    assert len(house.mailed()) == 3


def test_a_process_that_comes_second_leaves_the_issue_to_the_first(house: House) -> None:
    issue_id = drafted(house)
    move(house, issue_id, IssueState.SCHEDULED, send_at=MORNING)
    house.now = MORNING

    def first_begins(name: str) -> Provider:
        move(house, issue_id, IssueState.FREEZING)
        return house.app.provider_named(name)

    second = dataclasses.replace(house.app.publishing, provider_named=first_begins)
    pipeline.resume(second)
    assert house.state(issue_id) == IssueState.FREEZING
    pipeline.resume(house.app.publishing)
    assert house.state(issue_id) == IssueState.SENDING


def test_an_issue_that_another_process_froze_meanwhile_is_no_error_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    issue_id = drafted(house)
    move(house, issue_id, IssueState.FREEZING)

    def freeze_first(step: str) -> None:
        if step == "freeze.before":
            pipeline.resume(house.app.publishing)

    pipeline.resume(dataclasses.replace(house.app.publishing, on_step=freeze_first))
    assert house.state(issue_id) == IssueState.SENDING
    assert [record.getMessage() for record in caplog.records] == []


def test_a_second_freeze_does_not_wake_a_paused_issue(house: House) -> None:
    issue_id = drafted(house)

    def pause(step: str) -> None:
        if step == "freeze.before":
            pipeline.resume(house.app.publishing)
            move(house, issue_id, IssueState.PAUSED)

    with pytest.raises(Refused, match="frozen by another process"):
        pipeline.publish_issue(dataclasses.replace(house.app.publishing, on_step=pause), issue_id)
    assert house.state(issue_id) == IssueState.PAUSED


@pytest.mark.parametrize("needs_approval", [False, True])
def test_an_edit_just_before_the_freeze_is_met_by_it(house: House, needs_approval: bool) -> None:
    issue_id = drafted(house)
    if needs_approval:
        approval.approve(house.app.publishing, issue_id)
    counted: list[object] = []

    def edit(connection: sa.Connection, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("UPDATE issue SET state") and not counted:
            counted.append(statement)
            issues.edit_issue(connection, issue_id, subject="Corrected")

    engine = house.app.database.engine
    sa.event.listen(engine, "before_cursor_execute", edit)
    with pytest.raises(Refused, match="edited just now"):
        pipeline.publish_issue(house.app.publishing, issue_id)
    sa.event.remove(engine, "before_cursor_execute", edit)
    assert house.state(issue_id) != IssueState.FREEZING


def test_a_brief_that_changes_after_the_check_does_not_leave_unapproved(house: House) -> None:
    from installation import _brief

    issue_id = drafted(house)
    approval.approve(house.app.publishing, issue_id)
    rendered: list[str] = []

    class Edits:
        """
        The sandbox, in whose first work of this test a brief is changed.
        """

        def call(self, function: str, *arguments: object) -> object:
            made = house.app.sandbox.call(function, *arguments)
            if not rendered:
                with house.app.database.write() as connection:
                    edits.change_brief(
                        connection, 1, _brief("Unseen"), content_hash="x", now=house.now
                    )
            rendered.append(function)
            return made

    context = dataclasses.replace(house.app.publishing, sandbox=Edits())  # type: ignore[arg-type] # a seam
    with pytest.raises(Refused, match="changed since it was approved"):
        pipeline.publish_issue(context, issue_id)


def test_a_slot_that_met_a_locked_database_is_made_later(house: House) -> None:
    scheduled(house)
    put_brief(house.folder / "briefs", "The Quiet Quay")
    house.now = MORNING
    fired = fired_slot(house)

    def breaks(name: object) -> object:
        raise StoreError("database is locked")

    broken = dataclasses.replace(house.app.publishing, open_source=breaks)  # type: ignore[arg-type]
    pipeline.publish_slot(broken, fired)
    assert last_slot(house)[0] == "due"
    house.now += dt.timedelta(minutes=3)
    pipeline.resume(house.app.publishing)
    assert last_slot(house)[0] == "issued"


def test_a_slot_taken_up_too_late_follows_its_schedule(house: House) -> None:
    scheduled(house, misfire_policy=MisfirePolicy.SKIP, misfire_limit=dt.timedelta(hours=1))
    put_brief(house.folder / "briefs", "The Quiet Quay")
    house.now = MORNING
    fired_slot(house)
    house.now = MORNING + dt.timedelta(hours=5)
    tick(house.app.publishing)
    assert last_slot(house) == (
        "skipped",
        "interrupted, and resumed only 300 min after its time",
    )


def test_a_test_mail_goes_once_to_an_address_typed_twice(house: House) -> None:
    issue_id = drafted(house)
    test_id = pipeline.queue_test(
        house.app.publishing, issue_id, ["Editor@example.org", "editor@example.org"]
    )
    house.submit_all()
    assert (len(house.mails()), house.counts(test_id)["audience"]) == (1, 1)


def test_a_test_mail_to_nobody_does_not_go_to_everybody(house: House) -> None:
    issue_id = drafted(house)
    with pytest.raises(Refused, match="needs an address"):
        pipeline.queue_test(house.app.publishing, issue_id, [])


def test_an_issue_that_breaks_stops_no_other(house: House) -> None:
    broken, sound = drafted(house), house.add_issue("Another")
    for issue_id in (broken, sound):
        move(house, issue_id, IssueState.FREEZING)
    with house.app.database.write() as connection:
        rule = {"lists": ["daily"], "minus": ["gone"], "addresses": []}
        connection.execute(
            sa.text("UPDATE issue SET audience = :rule WHERE id = :id").bindparams(
                sa.bindparam("rule", rule, sa.JSON), id=broken
            )
        )
    pipeline.resume(house.app.publishing)
    assert (house.state(broken), house.state(sound)) == (IssueState.DRAFT, IssueState.SENDING)


def test_two_last_batches_settled_at_once_end_the_issue_with_the_process(house: House) -> None:
    issue_id = drafted(house)
    pipeline.publish_issue(house.app.publishing, issue_id)
    spoken: list[int] = []

    def is_done() -> bool:
        # What a second process leaves that settled the last batch at the same moment.
        with house.app.database.write() as connection:
            connection.execute(sa.text("UPDATE issue SET state = 'sending'"))
        spoken.append(1)
        return True

    house.submit_all(until=is_done)
    assert (spoken, house.state(issue_id)) == ([1], IssueState.SUBMITTED)
