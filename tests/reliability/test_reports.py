"""
R7 at the size that every change can afford: 500 tellings, a few of them through the door, and
recorders known to be wrong.
"""

from __future__ import annotations

import pytest

from reliability.event_history.webhook_process import through_the_door
from reliability.known_bad.event_recorders import RECORDERS
from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import Theatre
from reliability.suites.events import reports

TELLINGS = {"sqlite": 147, "postgresql": 20}


def row_of(database: str, kind: str, sender: str = PRODUCT) -> Row:
    return Row(suite="R7", sender=sender, database=database, kind=kind)


@pytest.mark.parametrize("kind", ["plain", "resend", "postmark"])
@pytest.mark.parametrize("database", TELLINGS)
def test_one_history_ends_in_one_state_however_it_is_told(
    theatre: Theatre, database: str, kind: str
) -> None:
    row = row_of(database, kind)
    reports(theatre.stage, row, seeds=range(TELLINGS[database]))
    assert (row.wrong, row.runs, row.figures.doubled) == ([], TELLINGS[database], 0)


@pytest.mark.parametrize("sender", RECORDERS)
def test_a_bad_recorder_ends_otherwise(theatre: Theatre, sender: str) -> None:
    row = row_of("sqlite", "plain", sender)
    reports(theatre.stage, row, seeds=range(10))
    assert len(row.wrong) > 5


@pytest.mark.parametrize("database", TELLINGS)
def test_the_same_through_the_door_signed_with_forged_ones_between(
    theatre: Theatre, database: str
) -> None:
    row = row_of(database, "resend")
    through_the_door(theatre.stage, theatre.forks, row, seeds=range(2))
    assert (row.wrong, row.runs) == ([], 2)
