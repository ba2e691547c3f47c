"""
Quiet hours belong to lists: whatever is sent to a list keeps them, unless a person says otherwise.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from drafts import DEADLINE, DRAFT, SLOT, drafted, prepared
from installation import Installation

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery, issue_status
from newsletter.actions.people import lists
from newsletter.delivery.trace import trace
from newsletter.errors import Refused
from newsletter.issues.approval import approve_and_send
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR
from newsletter.model.canary import CANARY_WAIT
from newsletter.model.delivery import HoldReason
from newsletter.model.schedule import Approval
from newsletter.scheduling.quiet_hours import parse_quiet
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.store.tables import batch
from newsletter.workers.scheduler import tick
from newsletter.workers.sender import run_until_done
from subscribers.lists import find_list
from subscribers.validation.address import parse_address

NIGHT = dt.datetime(2026, 3, 4, 23, 0, tzinfo=dt.UTC)
MORNING = dt.datetime(2026, 3, 5, 7, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
AUTO = {"approval": Approval.AUTO, "deadline": None}


def be_quiet(installation: Installation, slug: str, hours: str, timezone: str = "UTC") -> None:
    lists.edit(installation.app, slug, ListValues(quiet=hours, timezone=timezone), by=OPERATOR)


@pytest.fixture
def night(installation: Installation) -> Installation:
    """
    A list with quiet hours from 22:00 to 07:00, and a reader, at 23:00.
    """
    installation.add_list()
    installation.add_readers(1)
    be_quiet(installation, "daily", "22:00-07:00")
    installation.now = NIGHT
    return installation


def mailed_at(installation: Installation, now: dt.datetime) -> int:
    """
    Submit what is due by *now*, and return how many have got an email by then.
    """
    installation.now = now
    tick(installation.app.publishing)
    run_until_done(installation.app, is_done=lambda: True)
    return len(installation.mailed())


def test_an_issue_by_hand_keeps_the_quiet_hours_of_its_list(night: Installation) -> None:
    pipeline.publish_issue(night.app.publishing, night.add_issue())
    assert (mailed_at(night, NIGHT), mailed_at(night, MORNING)) == (0, 1)


def test_a_wait_for_quiet_hours_is_named_as_such_with_their_time_zone(night: Installation) -> None:
    issue_id = night.add_issue()
    pipeline.publish_issue(night.app.publishing, issue_id)
    (wait,) = issue_status.status_of(night.app, issue_id, by=OPERATOR)["waits"]
    assert (wait["reason"], wait["timezone"]) == ("the quiet hours of its lists", "UTC")
    (reader,) = issue_status.recipients_of(night.app, issue_id, by=OPERATOR)
    assert reader.reason == "the quiet hours of its lists"
    with night.app.database.read() as connection:
        address = parse_address("reader0000@example.org")
        (traced,) = trace(connection, address, issue_id=issue_id, now=night.now).deliveries
    assert traced.words.endswith("(the quiet hours of its lists).")


def test_quiet_hours_that_a_list_got_after_the_draft_are_kept(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()
    be_quiet(installation, "daily", "22:00-07:00")
    installation.now = NIGHT
    pipeline.publish_issue(installation.app.publishing, issue_id)
    assert (mailed_at(installation, NIGHT), mailed_at(installation, MORNING)) == (0, 1)


@pytest.mark.parametrize("order", [("daily", "east"), ("east", "daily")])
def test_an_issue_to_several_lists_keeps_the_quiet_hours_of_all(
    night: Installation, order: tuple[str, ...]
) -> None:
    night.add_list("east")
    night.add_readers(1, "east")
    # 06:00 to 10:00 in UTC.
    be_quiet(night, "east", "15:00-19:00", "Asia/Tokyo")
    pipeline.publish_issue(night.app.publishing, night.add_issue(lists=order))
    assert (mailed_at(night, MORNING), mailed_at(night, MORNING + 3 * HOUR)) == (0, 1)


def test_a_test_email_is_sent_in_quiet_hours(night: Installation) -> None:
    pipeline.queue_test(night.app.publishing, night.add_issue(), ["desk@example.org"])
    night.submit_all()
    assert night.mailed() == ["desk@example.org"]


def test_a_person_can_ignore_the_quiet_hours_of_one_send(night: Installation) -> None:
    issue_id = night.add_issue()
    kept = issue_delivery.prepare_send(
        night.app, issue_id, at=None, fallback_provider=None, by=OPERATOR
    )
    assert kept.quiet_until == MORNING
    ignored = issue_delivery.prepare_send(
        night.app, issue_id, at=None, fallback_provider=None, ignore_quiet=True, by=OPERATOR
    )
    assert ignored.quiet_until is None
    check = issue_delivery.check_before_send(night.app, ignored.issue, by=OPERATOR)
    issue_delivery.send(night.app, check, ignore_quiet=True, by=OPERATOR)
    assert mailed_at(night, NIGHT) == 1


def test_a_send_after_one_that_was_not_confirmed_keeps_the_quiet_hours(night: Installation) -> None:
    issue_id = night.add_issue()
    issue_delivery.prepare_send(
        night.app, issue_id, at=None, fallback_provider=None, ignore_quiet=True, by=OPERATOR
    )
    again = issue_delivery.prepare_send(
        night.app, issue_id, at=None, fallback_provider=None, by=OPERATOR
    )
    assert again.quiet_until == MORNING
    issue_delivery.send(
        night.app,
        issue_delivery.check_before_send(night.app, again.issue, by=OPERATOR),
        by=OPERATOR,
    )
    assert mailed_at(night, NIGHT) == 0


def test_a_deadline_keeps_the_quiet_hours_after_a_send_that_was_not_confirmed(
    installation: Installation,
) -> None:
    drafted(installation)
    be_quiet(installation, "daily", "12:00-18:00")
    issue_delivery.prepare_send(
        installation.app, DRAFT, at=None, fallback_provider=None, ignore_quiet=True, by=OPERATOR
    )
    assert mailed_at(installation, DEADLINE) == 0
    assert mailed_at(installation, DEADLINE + 5 * HOUR) == 3


def test_a_send_that_is_refused_leaves_an_issue_that_keeps_the_quiet_hours(
    night: Installation,
) -> None:
    issue_id = night.add_issue()
    lists.edit(night.app, "daily", ListValues(needs_approval=True), by=OPERATOR)
    request = issue_delivery.prepare_send(
        night.app, issue_id, at=None, fallback_provider=None, ignore_quiet=True, by=OPERATOR
    )
    check = issue_delivery.check_before_send(night.app, request.issue, by=OPERATOR)
    with pytest.raises(Refused, match="needs an approval"):
        issue_delivery.send(night.app, check, ignore_quiet=True, by=OPERATOR)
    approve_and_send(night.app.publishing, issue_id, by="a person")
    assert (mailed_at(night, NIGHT), mailed_at(night, MORNING)) == (0, 1)


def test_a_schedule_keeps_the_quiet_hours_of_its_list(installation: Installation) -> None:
    prepared(installation, **AUTO)
    # The slot is at 11:00 in UTC. The schedule was made before the list was quiet then.
    late = SLOT + 2 * HOUR
    with installation.app.database.write() as connection:
        quiet = ListSettings(quiet=parse_quiet("10:00-13:00"))
        set_list_settings(connection, find_list(connection, "daily").id, quiet)
    assert (mailed_at(installation, SLOT), mailed_at(installation, late)) == (0, 3)


def test_quiet_hours_of_a_schedule_replace_those_of_its_list(installation: Installation) -> None:
    prepared(installation, **AUTO, quiet=parse_quiet("01:00-02:00"))
    be_quiet(installation, "daily", "10:00-13:00")
    assert mailed_at(installation, SLOT) == 3


def test_a_list_is_not_quiet_at_every_run_of_its_schedule(installation: Installation) -> None:
    prepared(installation, **AUTO)
    with pytest.raises(Refused, match="schedule morning runs at 06:00, in its lists' quiet hours"):
        be_quiet(installation, "daily", "10:00-13:00")
    assert lists.show(installation.app, "daily", by=OPERATOR).settings.quiet is None


def test_quiet_hours_that_leave_no_time_are_refused(night: Installation) -> None:
    night.add_list("east")
    be_quiet(night, "east", "07:00-22:00")
    issue_id = night.add_issue(lists=("daily", "east"))
    with pytest.raises(Refused, match="leave no time to send"):
        pipeline.publish_issue(night.app.publishing, issue_id)
    assert night.state(issue_id) == "draft"


def end_wait(installation: Installation, issue_id: int) -> None:
    issue_delivery.end_quiet_wait(installation.app, issue_id, by=OPERATOR)


def test_a_person_can_end_the_wait_of_an_issue_for_quiet_hours(night: Installation) -> None:
    issue_id = night.add_issue()
    pipeline.publish_issue(night.app.publishing, issue_id)
    assert mailed_at(night, NIGHT) == 0
    end_wait(night, issue_id)
    (wait,) = issue_status.status_of(night.app, issue_id, by=OPERATOR)["waits"]
    assert (wait["hold"], wait["until"]) == (None, NIGHT.isoformat())
    assert mailed_at(night, NIGHT) == 1


def test_an_issue_whose_wait_was_ended_ignores_the_next_quiet_hours_too(
    night: Installation,
) -> None:
    issue_id = night.add_issue()
    night.now = MORNING + HOUR
    pipeline.publish_issue(night.app.publishing, issue_id)
    end_wait(night, issue_id)
    assert mailed_at(night, MORNING + 15 * HOUR) == 1


def test_whoever_waits_for_the_canary_waits_only_for_that_once_quiet_hours_are_ignored(
    night: Installation,
) -> None:
    issue_id = night.add_issue()
    pipeline.publish_issue(night.app.publishing, issue_id)
    with night.app.database.write() as connection:
        connection.execute(sa.update(batch).values(hold=HoldReason.CANARY))
    end_wait(night, issue_id)
    (wait,) = issue_status.status_of(night.app, issue_id, by=OPERATOR)["waits"]
    assert (wait["hold"], wait["until"]) == ("canary", (NIGHT + CANARY_WAIT).isoformat())


def test_only_an_issue_that_is_being_sent_has_a_wait_to_end(night: Installation) -> None:
    issue_id = night.add_issue()
    with pytest.raises(Refused, match=f"issue {issue_id} is not being sent"):
        end_wait(night, issue_id)


def test_who_still_waits_for_hours_that_a_list_no_longer_has_is_known(night: Installation) -> None:
    issue_id = night.add_issue()
    pipeline.publish_issue(night.app.publishing, issue_id)
    lists.edit(night.app, "daily", ListValues(quiet=""), by=OPERATOR)
    assert lists.issues_in_quiet_hours(night.app, "daily", by=OPERATOR) == [issue_id]
    end_wait(night, issue_id)
    assert lists.issues_in_quiet_hours(night.app, "daily", by=OPERATOR) == []
