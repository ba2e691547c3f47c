"""
From the decision to send to the freeze: what others may do in the meantime, and what must not be
lost.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa
from installation import Installation
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


def drafted(installation: Installation, readers: int = 3) -> int:
    installation.add_list()
    installation.add_readers(readers)
    return installation.add_issue()


def move(installation: Installation, issue_id: int, to: IssueState, **values: object) -> None:
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, to, **values)


def fired_slot(installation: Installation) -> SlotRow:
    with installation.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
    fired = fire_due(
        installation.app.publishing.database, rule, now=installation.app.publishing.clock()
    )
    assert fired is not None
    return fired


def test_an_issue_left_half_way_is_not_resumed_into_sending_nobody(
    installation: Installation,
) -> None:
    issue_id = drafted(installation)
    move(installation, issue_id, IssueState.FREEZING)
    with pytest.raises(Refused, match="is freezing and cannot be resumed"):
        move(installation, issue_id, IssueState.SENDING)
    pipeline.resume(installation.app.publishing)
    installation.submit_all()
    assert len(installation.mailed()) == 3


def test_a_process_that_comes_second_leaves_the_issue_to_the_first(
    installation: Installation,
) -> None:
    issue_id = drafted(installation)
    move(installation, issue_id, IssueState.SCHEDULED, send_at=MORNING)
    installation.now = MORNING

    def first_begins(name: str) -> Provider:
        move(installation, issue_id, IssueState.FREEZING)
        return installation.app.provider_named(name)

    second = dataclasses.replace(installation.app.publishing, provider_named=first_begins)
    pipeline.resume(second)
    assert installation.state(issue_id) == IssueState.FREEZING
    pipeline.resume(installation.app.publishing)
    assert installation.state(issue_id) == IssueState.SENDING


def test_an_issue_that_another_process_froze_meanwhile_is_no_error_in_the_log(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    issue_id = drafted(installation)
    move(installation, issue_id, IssueState.FREEZING)

    def freeze_first(step: str) -> None:
        if step == "freeze.before":
            pipeline.resume(installation.app.publishing)

    pipeline.resume(dataclasses.replace(installation.app.publishing, on_step=freeze_first))
    assert installation.state(issue_id) == IssueState.SENDING
    assert [record.getMessage() for record in caplog.records] == []


def test_a_second_freeze_does_not_wake_a_paused_issue(installation: Installation) -> None:
    issue_id = drafted(installation)

    def pause(step: str) -> None:
        if step == "freeze.before":
            pipeline.resume(installation.app.publishing)
            move(installation, issue_id, IssueState.PAUSED)

    with pytest.raises(Refused, match="another process froze it"):
        pipeline.publish_issue(
            dataclasses.replace(installation.app.publishing, on_step=pause), issue_id
        )
    assert installation.state(issue_id) == IssueState.PAUSED


@pytest.mark.parametrize("needs_approval", [False, True])
def test_an_edit_just_before_the_freeze_is_met_by_it(
    installation: Installation, needs_approval: bool
) -> None:
    issue_id = drafted(installation)
    if needs_approval:
        approval.approve(installation.app.publishing, issue_id)
    counted: list[object] = []

    def edit(connection: sa.Connection, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("UPDATE issue SET state") and not counted:
            counted.append(statement)
            issues.edit_issue(connection, issue_id, subject="Corrected")

    engine = installation.app.database.engine
    sa.event.listen(engine, "before_cursor_execute", edit)
    with pytest.raises(Refused, match="edited just now"):
        pipeline.publish_issue(installation.app.publishing, issue_id)
    sa.event.remove(engine, "before_cursor_execute", edit)
    assert installation.state(issue_id) != IssueState.FREEZING


def test_a_brief_that_changes_after_the_check_does_not_leave_unapproved(
    installation: Installation,
) -> None:
    from installation import _brief

    issue_id = drafted(installation)
    approval.approve(installation.app.publishing, issue_id)
    rendered: list[str] = []

    class Edits:
        """
        A sandbox during whose first work in a test a brief is changed.
        """

        def call(self, function: str, *arguments: object) -> object:
            made = installation.app.sandbox.call(function, *arguments)
            if not rendered:
                with installation.app.database.write() as connection:
                    edits.change_brief(
                        connection, 1, _brief("Unseen"), content_hash="x", now=installation.now
                    )
            rendered.append(function)
            return made

    context = dataclasses.replace(installation.app.publishing, sandbox=Edits())  # type: ignore[arg-type] # a seam
    with pytest.raises(Refused, match="changed since it was approved"):
        pipeline.publish_issue(context, issue_id)


def test_a_slot_that_met_a_locked_database_is_made_later(installation: Installation) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    fired = fired_slot(installation)

    def breaks(name: object) -> object:
        raise StoreError("database is locked")

    broken = dataclasses.replace(installation.app.publishing, open_source=breaks)  # type: ignore[arg-type]
    pipeline.publish_slot(broken, fired)
    assert last_slot(installation)[0] == "due"
    installation.now += dt.timedelta(minutes=3)
    pipeline.resume(installation.app.publishing)
    assert last_slot(installation)[0] == "issued"


def test_a_slot_taken_up_too_late_follows_its_schedule(installation: Installation) -> None:
    scheduled(installation, misfire_policy=MisfirePolicy.SKIP, misfire_limit=dt.timedelta(hours=1))
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    fired_slot(installation)
    installation.now = MORNING + dt.timedelta(hours=5)
    tick(installation.app.publishing)
    assert last_slot(installation) == (
        "skipped",
        "interrupted, and resumed only 300 min after its time",
    )


def test_a_test_mail_goes_once_to_an_address_typed_twice(installation: Installation) -> None:
    issue_id = drafted(installation)
    test_id = pipeline.queue_test(
        installation.app.publishing, issue_id, ["Editor@example.org", "editor@example.org"]
    )
    installation.submit_all()
    assert (len(installation.mails()), installation.counts(test_id)["audience"]) == (1, 1)


def test_a_test_mail_to_nobody_does_not_go_to_everybody(installation: Installation) -> None:
    issue_id = drafted(installation)
    with pytest.raises(Refused, match="needs an address"):
        pipeline.queue_test(installation.app.publishing, issue_id, [])


def test_an_issue_that_breaks_stops_no_other(installation: Installation) -> None:
    broken, sound = drafted(installation), installation.add_issue("Another")
    for issue_id in (broken, sound):
        move(installation, issue_id, IssueState.FREEZING)
    with installation.app.database.write() as connection:
        rule = {"lists": ["daily"], "minus": ["gone"], "addresses": []}
        connection.execute(
            sa.text("UPDATE issue SET audience = :rule WHERE id = :id").bindparams(
                sa.bindparam("rule", rule, sa.JSON), id=broken
            )
        )
    pipeline.resume(installation.app.publishing)
    assert (installation.state(broken), installation.state(sound)) == (
        IssueState.DRAFT,
        IssueState.SENDING,
    )


def test_two_last_batches_settled_at_once_end_the_issue_with_the_process(
    installation: Installation,
) -> None:
    issue_id = drafted(installation)
    pipeline.publish_issue(installation.app.publishing, issue_id)
    spoken: list[int] = []

    def is_done() -> bool:
        # What a second process leaves that settled the last batch at the same moment.
        with installation.app.database.write() as connection:
            connection.execute(sa.text("UPDATE issue SET state = 'sending'"))
        spoken.append(1)
        return True

    installation.submit_all(until=is_done)
    assert (spoken, installation.state(issue_id)) == ([1], IssueState.SUBMITTED)
