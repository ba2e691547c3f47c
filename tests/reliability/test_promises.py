"""
The promise on every run of `make test`: small suites of kills, of readers who leave and of workers.
`test_suites` plays the same and all others at the size of CI.
"""

from __future__ import annotations

import pytest

from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.suites import kills, storms, unsubscribes, workers
from reliability.suites.kills import POINTS

STORM = storms.Size(readers=1_000, delay_s=(0.05, 0.2), gap_s=(0.2, 0.5), most_kills=5)
# Few join: with the thousands of a night this took two minutes.
GROUP = workers.Size(readers=2_000, joiners=20, delay_s=(0.3, 0.6), gap_s=(0.2, 0.5))


def row_of(suite: str, database: str, kind: str) -> Row:
    return Row(suite=suite, sender=PRODUCT, database=database, kind=kind)


@pytest.mark.parametrize(("database", "kind"), [("sqlite", "plain"), ("postgresql", "resend")])
def test_a_kill_at_any_step_loses_nobody_and_doubles_nobody(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("kills", database, kind)
    kills.fill(environment, row, seeds=[1])
    assert (row.wrong, row.runs) == ([], len(POINTS))


@pytest.mark.parametrize(("database", "kind"), [("sqlite", "postmark"), ("postgresql", "plain")])
def test_kills_at_random_lose_nobody_and_double_nobody(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("storms", database, kind)
    storms.fill(environment, row, seeds=[1], size=STORM)
    assert (row.wrong, row.runs) == ([], 1)
    assert row.kills > 1


def test_whoever_unsubscribes_while_an_issue_is_sent_gets_no_mail_begun_later(
    environment: SuiteEnvironment,
) -> None:
    row = row_of("unsubscribes", "sqlite", "resend")
    size = unsubscribes.Size(readers=2_000, leavers=200, joiners=40)
    unsubscribes.fill(environment, row, seeds=[1], size=size)
    assert (row.wrong, row.runs) == ([], 1)


def test_workers_killed_and_restarted_bring_each_reader_one_mail(
    environment: SuiteEnvironment,
) -> None:
    row = row_of("workers", "postgresql", "resend")
    workers.fill(environment, row, seeds=[1], size=GROUP)
    assert (row.wrong, row.runs) == ([], 1)
    assert row.kills > 0
