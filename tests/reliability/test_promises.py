"""
The promise on every run of `make test`: small suites of kills, of readers who leave and of workers.
`test_suites` plays the same and all others at the size of CI.
"""

from __future__ import annotations

import pytest

from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import Theatre
from reliability.suites.kills import POINTS, crashes
from reliability.suites.storms import Size as StormSize
from reliability.suites.storms import random_kills
from reliability.suites.unsubscribes import Size as LeavingSize
from reliability.suites.unsubscribes import leaving
from reliability.suites.workers import Size as CrewSize
from reliability.suites.workers import many_workers

STORM = StormSize(readers=1_000, delay_s=(0.05, 0.2), gap_s=(0.2, 0.5), most_kills=5)
CREW = CrewSize(readers=2_000, delay_s=(0.3, 0.6), gap_s=(0.2, 0.5))


def row_of(suite: str, database: str, kind: str) -> Row:
    return Row(suite=suite, sender=PRODUCT, database=database, kind=kind)


@pytest.mark.parametrize(("database", "kind"), [("sqlite", "plain"), ("postgresql", "resend")])
def test_a_kill_at_any_step_loses_nobody_and_doubles_nobody(
    theatre: Theatre, database: str, kind: str
) -> None:
    row = row_of("R1", database, kind)
    crashes(theatre.stage, theatre.forks, row, seeds=[1])
    assert (row.wrong, row.runs) == ([], len(POINTS))


@pytest.mark.parametrize(("database", "kind"), [("sqlite", "postmark"), ("postgresql", "plain")])
def test_kills_at_random_lose_nobody_and_double_nobody(
    theatre: Theatre, database: str, kind: str
) -> None:
    row = row_of("R2", database, kind)
    random_kills(theatre.stage, theatre.forks, row, seeds=[1], size=STORM)
    assert (row.wrong, row.runs) == ([], 1)
    assert row.kills > 1


def test_whoever_unsubscribes_while_an_issue_is_sent_gets_no_mail_begun_later(
    theatre: Theatre,
) -> None:
    row = row_of("R8", "sqlite", "resend")
    size = LeavingSize(readers=2_000, leaving=200)
    leaving(theatre.stage, theatre.forks, row, seeds=[1], size=size)
    assert (row.wrong, row.runs) == ([], 1)


def test_workers_killed_and_restarted_bring_each_reader_one_mail(theatre: Theatre) -> None:
    row = row_of("R11", "postgresql", "resend")
    many_workers(theatre.stage, theatre.forks, row, seeds=[1], size=CREW)
    assert (row.wrong, row.runs) == ([], 1)
    assert row.kills > 0
