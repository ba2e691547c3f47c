"""
Why readers left a list can be read, but not who they were.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import READER
from people_samples import NOW, Join, MakeList
from signup_samples import ask_to_join, press

from subscribers.model import MailingList
from subscribers.preferences.leave import give_reason, leave, undo
from subscribers.preferences.reasons import LeaveComment, LeaveReasons, leave_reasons

DAY = dt.timedelta(days=1)


@pytest.fixture
def weekly(connection: sa.Connection, make_list: MakeList, join: Join) -> MailingList:
    """
    A list that four readers have left, one each day, the last one without a reason.
    """
    made = make_list("weekly")
    said = [("too_many", ""), ("content", "Too  long\nfor me"), ("too_many", "Daily!"), ("", "")]
    for number, (reason, words) in enumerate(said):
        at = NOW + number * DAY
        on = join(f"reader{number}@example.org", made, at=NOW)
        leave(connection, on.id, by=READER, now=at)
        give_reason(connection, on.id, reason, words, now=at)
    join("stays@example.org", made)
    return made


def test_reasons_are_counted_and_the_words_are_there_without_addresses(
    connection: sa.Connection, weekly: MailingList
) -> None:
    found = leave_reasons(connection, weekly)

    assert found == LeaveReasons(
        left=4,
        counts={"too_many": 2, "content": 1, "never": 0, "other": 0},
        comments=(
            LeaveComment(day=(NOW + 2 * DAY).date(), reason="too_many", text="Daily!"),
            LeaveComment(day=(NOW + DAY).date(), reason="content", text="Too long for me"),
        ),
    )
    assert found.answers == 3
    assert "example.org" not in str(found)


def test_only_those_who_left_since_a_day_count(
    connection: sa.Connection, weekly: MailingList
) -> None:
    found = leave_reasons(connection, weekly, since=NOW + 2 * DAY)

    assert (found.left, found.answers) == (2, 1)
    assert [each.text for each in found.comments] == ["Daily!"]


def test_another_list_and_who_came_back_do_not_count(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, monthly = make_list("daily"), make_list("monthly")
    on = join("ada@example.org", daily)
    leave(connection, on.id, by=READER, now=NOW)
    give_reason(connection, on.id, "never", "Oh", now=NOW)
    assert leave_reasons(connection, monthly).left == 0
    assert leave_reasons(connection, daily).counts["never"] == 1

    undo(connection, on.id, left_at=NOW, by=READER, now=NOW)
    back = leave_reasons(connection, daily)
    assert (back.left, back.answers, back.comments) == (0, 0, ())


def test_who_joined_again_does_not_count(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    on = join("ada@example.org", daily)
    leave(connection, on.id, by=READER, now=NOW)
    give_reason(connection, on.id, "never", "Oh", now=NOW)

    made = ask_to_join(connection, daily, at=NOW + DAY)
    press(connection, made.request_id, at=NOW + DAY)

    back = leave_reasons(connection, daily)
    assert (back.left, back.answers, back.comments) == (0, 0, ())
