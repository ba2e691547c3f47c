"""
The `events` suite at the size that every change can afford: 250 orders of webhooks, a few of them
over HTTP, and recorders known to be wrong.
"""

from __future__ import annotations

import pytest

from reliability.event_history import webhook_process
from reliability.known_bad.event_recorders import RECORDERS
from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.suites import events

pytestmark = pytest.mark.ci

ORDERS = {"sqlite": 70, "postgresql": 14}


def row_of(database: str, kind: str, sender: str = PRODUCT) -> Row:
    return Row(suite="events", sender=sender, database=database, kind=kind)


@pytest.mark.parametrize("kind", ["plain", "resend", "postmark"])
@pytest.mark.parametrize("database", ORDERS)
def test_one_history_ends_in_one_state_in_whatever_order_it_is_reported(
    environment: SuiteEnvironment, database: str, kind: str
) -> None:
    row = row_of(database, kind)
    events.fill(environment, row, seeds=range(ORDERS[database]))
    assert (row.wrong, row.runs, row.figures.doubled) == ([], ORDERS[database], 0)


@pytest.mark.parametrize("sender", RECORDERS)
def test_a_bad_recorder_ends_otherwise(environment: SuiteEnvironment, sender: str) -> None:
    row = row_of("sqlite", "plain", sender)
    events.fill(environment, row, seeds=range(10))
    assert len(row.wrong) > 5


@pytest.mark.parametrize("database", ORDERS)
def test_the_same_over_http_signed_with_forged_ones_between(
    environment: SuiteEnvironment, database: str
) -> None:
    row = row_of(database, "resend")
    webhook_process.fill(environment, row, seeds=range(2))
    assert (row.wrong, row.runs) == ([], 2)
