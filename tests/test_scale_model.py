"""
The model of large sends, and the page that shows its tables.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import scale_check, scale_measure
from benchmarks.scale_costs import POSTGRESQL, SQLITE, Costs
from benchmarks.scale_model import MOST_BATCHES, Sending, simulate
from benchmarks.scale_tables import tables
from newsletter.store.database import Database

PAGE = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "scaling.md"


@pytest.mark.parametrize("name", tables())
def test_the_page_shows_each_table_as_the_model_prints_it(name: str) -> None:
    assert tables()[name] in PAGE.read_text("utf-8")


def test_a_provider_that_lets_few_in_decides_how_long_it_takes() -> None:
    sent = simulate(Sending(readers=100_000, costs=SQLITE, batch=100, per_s=500))
    assert sent.limit == "the provider's rate"
    assert sent.seconds == pytest.approx(200, rel=0.01)


def test_connections_that_wait_for_answers_limit_a_send() -> None:
    one = Sending(readers=100_000, costs=SQLITE, batch=50, call_s=1.0, shares_content=True)
    few, many = simulate(one), simulate(dataclasses.replace(one, connections=8))
    assert few.limit == "connections"
    assert many.per_s == pytest.approx(2 * few.per_s, rel=0.05)


def test_whole_copies_fill_the_network_and_shared_content_does_not() -> None:
    one = Sending(readers=100_000, costs=POSTGRESQL, connections=16)
    whole, shared = simulate(one), simulate(dataclasses.replace(one, shares_content=True))
    assert whole.limit == "the network"
    assert whole.per_s == pytest.approx(125e6 / 60_000, rel=0.05)
    assert shared.per_s > 5 * whole.per_s


def test_one_core_of_the_database_server_carries_only_so_many_workers() -> None:
    slow = dataclasses.replace(POSTGRESQL, server_s_a_batch=0.1)
    one = Sending(
        readers=1_000_000,
        costs=slow,
        workers=16,
        connections=16,
        shares_content=True,
        server_cores=1,
    )
    sent = simulate(one)
    assert sent.limit == "the database server"
    assert sent.per_s == pytest.approx(1000 / (0.1 + 1000 * slow.server_s_a_reader), rel=0.05)


def test_no_part_is_busy_for_longer_than_the_send_took() -> None:
    for workers in (1, 3, 8):
        sent = simulate(Sending(readers=500_000, costs=POSTGRESQL, workers=workers, connections=16))
        assert all(share <= 1.001 for share in sent.busy.values())


def test_a_send_of_more_batches_than_are_simulated_goes_on_in_a_straight_line() -> None:
    one = Sending(readers=MOST_BATCHES * 1000, costs=POSTGRESQL, workers=2, connections=8)
    twice = dataclasses.replace(one, readers=2 * one.readers)
    assert simulate(twice).seconds == pytest.approx(2 * simulate(one).seconds, rel=0.01)


def test_every_cost_of_sqlite_can_be_measured_again() -> None:
    assert costs() <= set(scale_measure.measure(2_000))


def test_every_cost_of_postgresql_can_be_measured_again(
    new_postgres: Callable[[], Database],
) -> None:
    url = new_postgres().engine.url.render_as_string(hide_password=False)
    found = scale_measure.measure(2_000, url)
    assert costs() <= set(found)


def costs() -> set[str]:
    """
    Return the names of the costs but for those that the benchmark `sizes` measures.
    """
    sizes = {"bytes_a_person", "bytes_a_delivery"}
    return {one.name for one in dataclasses.fields(Costs)} - {"name", *sizes}


def test_the_model_stands_beside_a_real_send() -> None:
    found = scale_check.check(3_000, call_s=0.05)
    assert found.real_s >= 0.05
    assert found.model_s >= 0.05
