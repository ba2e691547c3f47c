"""
The promise, at the size that CI can afford: nobody twice, nobody lost, whatever is killed and
however a call ends. `make reliability` plays the same suites at their nightly size.
"""

from __future__ import annotations

import os

import pytest
from published import specs_beside

from reliability.provider_endpoints.issue_run import KILLS
from reliability.provider_endpoints.issue_run import Size as IssueSize
from reliability.runs.row import DATABASES, KINDS, PRODUCT, Row
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.suites import (
    calls,
    clocks,
    failover,
    kills,
    providers,
    simulation,
    storage,
    storms,
    throttling,
    unsubscribes,
    workers,
)
from reliability.suites.kills import POINTS
from reliability.suites.providers import EVERY_KIND

pytestmark = pytest.mark.ci

# Three seeds, and so 216 kills; one while working on a suite.
SEEDS = range(int(os.environ.get("NEWSLETTER_SEEDS", "3")))
# Of the storage of each database by each kind: with three seeds 11, and so 44 cases.
STORAGE_CASES = max(2, 15 * len(SEEDS) // 4)
SMALL_GROUP = workers.Size(readers=4_000, joiners=40, delay_s=(0.3, 0.6), gap_s=(0.5, 1.5))
# Ten of each row, and so 40; one wrong clock, one stop and one change of clocks while working.
TIMES = range(10) if len(SEEDS) > 1 else (2, 5, 8)
# Of each row: with three seeds 120 worlds in all.
WORLDS = 10 * len(SEEDS)
SMALL_ISSUE = IssueSize(readers=300, deadline_s=1.5, every=100, most_times=1)
SMALL_STORM = storms.Size(readers=2_000, gap_s=(0.3, 1.0), most_kills=8)


def row_of(suite: str, database: str, kind: str) -> Row:
    return Row(suite=suite, sender=PRODUCT, database=database, kind=kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("database", DATABASES)
def test_a_kill_at_any_step_loses_nobody_and_doubles_nobody(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("kills", database, kind)
    kills.fill(environment, row, seeds=SEEDS)
    assert (row.wrong, row.runs) == ([], len(POINTS) * len(SEEDS))


@pytest.mark.parametrize(
    ("database", "kind"), [("sqlite", "postmark"), ("postgresql", "resend"), ("sqlite", "plain")]
)
def test_a_kill_while_an_issue_fails_over_sends_nothing_twice(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("failover", database, kind)
    failover.fill(environment, row, seeds=SEEDS)
    assert (row.wrong, row.runs) == ([], len(POINTS) * len(SEEDS))
    assert int(row.notes.split()[0]) > 100 * row.runs


@pytest.mark.parametrize(
    ("database", "kind"), [("sqlite", "resend"), ("postgresql", "postmark"), ("sqlite", "plain")]
)
def test_kills_at_random_lose_nobody_and_double_nobody(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("storms", database, kind)
    storms.fill(environment, row, seeds=[1], size=SMALL_STORM)
    assert (row.wrong, row.runs) == ([], 1)
    assert row.kills > 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("database", "places"), [("sqlite", (1, 4)), ("postgresql", (2,))])
def test_each_end_of_a_call_is_taken_for_what_it_is(
    environment: SuiteEnvironment, database: str, kind: str, places: tuple[int, ...]
) -> None:
    row = row_of("calls", database, kind)
    calls.fill(environment, row, places=places)
    assert (row.wrong, row.runs) == ([], len(places) * (16 if kind == "resend" else 17))


@pytest.mark.parametrize("database", DATABASES)
def test_whoever_unsubscribes_while_an_issue_is_sent_gets_no_mail_begun_later(
    environment: SuiteEnvironment, database: str
) -> None:
    row = row_of("unsubscribes", database, "resend")
    unsubscribes.fill(environment, row, seeds=[1], size=unsubscribes.Size(joiners=40))
    assert (row.wrong, row.runs) == ([], 1)


@pytest.mark.parametrize("kind", ["resend", "plain"])
@pytest.mark.parametrize("database", DATABASES)
def test_storage_that_fails_at_any_call_loses_nobody_and_doubles_nobody(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("storage", database, kind)
    storage.fill(environment, row, seeds=range(STORAGE_CASES))
    assert (row.wrong, row.runs) == ([], STORAGE_CASES)


def test_workers_killed_and_restarted_bring_each_reader_one_mail(
    environment: SuiteEnvironment,
) -> None:
    row = row_of("workers", "postgresql", "resend")
    workers.fill(environment, row, seeds=[1], size=SMALL_GROUP)
    assert (row.wrong, row.runs) == ([], 1)
    assert row.kills > 1


@pytest.mark.parametrize("kind", ["resend", "plain"])
@pytest.mark.parametrize("database", DATABASES)
def test_a_wrong_clock_loses_nobody_and_makes_no_date_twice(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("clocks", database, kind)
    clocks.fill(environment, row, seeds=TIMES)
    assert (row.wrong, row.runs) == ([], len(TIMES))


@pytest.mark.parametrize(
    ("database", "kind"),
    [("sqlite", "resend"), ("sqlite", "postmark"), ("sqlite", "plain"), ("postgresql", "resend")],
)
def test_no_order_of_what_can_happen_breaks_the_promise(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("simulation", database, kind)
    simulation.fill(environment, row, worlds=range(WORLDS))
    assert (row.wrong, row.runs) == ([], WORLDS)


@pytest.mark.parametrize(("database", "kind"), [("sqlite", "resend"), ("postgresql", "postmark")])
def test_a_provider_that_throttles_is_kept_to_and_costs_no_reader(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("throttling", database, kind)
    size = throttling.Size(narrow_s=6.0, clean_s=0.2, readers=600, others=9)
    throttling.fill(environment, row, seeds=[1], size=size)
    assert (row.wrong, row.runs) == ([], 1), row.notes


@pytest.mark.parametrize(
    ("database", "kind"), [*(("sqlite", kind) for kind in EVERY_KIND), ("postgresql", "brevo")]
)
def test_an_issue_ends_with_every_provider_whatever_its_calls_meet(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of("providers", database, kind)
    providers.fill(environment, row, seeds=[1], size=SMALL_ISSUE, specs=specs_beside())
    assert (row.wrong, row.runs, row.kills) == ([], 1, KILLS), row.notes
