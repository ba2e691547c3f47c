"""
The benchmarks at small sizes: each asserts itself that its work was right.
"""

from __future__ import annotations

import pytest

from benchmarks import freeze, handover, inline, installation, merge, pages, statements
from benchmarks.__main__ import main
from benchmarks.measure import Row, interleave, table
from newsletter.mail.merge import compile_mail


def test_a_merged_copy_is_the_one_the_floor_and_the_usual_way_make() -> None:
    row = merge.measure(readers=3, naive_readers=2, runs=1)
    assert row.work == "a 60 KB mail, 5 fields, 3 readers"
    assert {name: len(seconds) for name, seconds in row.seconds.items()} == {
        "ours": 1, "floor": 1, "naive": 1,
    }  # fmt: skip


def test_a_floor_that_fills_another_mail_ends_the_benchmark() -> None:
    source = pages.page(2_000)
    mail, other = pages.mail_of(source), pages.mail_of(pages.page(3_000))
    compiled, bare = compile_mail(mail), merge._Bare(other)
    with pytest.raises(AssertionError, match="the floor fills another mail"):
        merge._require_equal(compiled, bare, merge._as_jinja(source), pages.readers(1))


def test_the_child_inlines_what_premailer_inlines() -> None:
    rows = inline.measure(sizes=(4_000,), calls=2, runs=1)
    assert [row.work for row in rows] == [
        "4 KB, child with checks; floor: premailer",
        "4 KB, child with checks; floor: with checks",
    ]
    assert [set(row.seconds) for row in rows] == [{"ours", "floor"}] * 2


def test_freezing_is_measured_on_an_audience_without_the_suppressed() -> None:
    row = freeze.measure(readers=1_200, runs=2)
    assert row.work == "1,200 readers, 1 in 100 suppressed, SQLite"
    assert [len(row.seconds[name]) for name in ("ours", "floor")] == [2, 2]


def test_every_reader_is_handed_over_and_counted() -> None:
    row = handover.measure(readers=1_500, runs=1)
    assert "1,500 readers" in row.work
    assert all(seconds > 0 for found in row.seconds.values() for seconds in found)


def test_a_reader_who_was_not_handed_over_ends_the_benchmark() -> None:
    with installation.opened(10) as app, pytest.raises(AssertionError, match="not all"):
        handover._handed_over(app, pages.mail_of(pages.page(2_000)), readers=11)


def test_a_batch_is_counted_at_six_statements_or_fewer() -> None:
    row = statements.measure(readers=2 * installation.BATCH)
    assert 3 <= int(row.counted) <= 6


def test_contenders_take_turns_and_every_other_run_goes_backwards() -> None:
    turns: list[str] = []

    def contender(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    found = interleave(3, ours=lambda: contender("o"), floor=lambda: contender("f"))
    assert "".join(turns) == "offoof"
    assert found == {"ours": [1.0, 4.0, 5.0], "floor": [2.0, 3.0, 6.0]}


def test_the_table_shows_medians_ratios_and_the_spread_of_the_ratio() -> None:
    seconds = {
        "ours": [4e-6, 6e-6, 5e-6], "floor": [2e-6, 2e-6, 2e-6], "naive": [8e-3, 9e-3, 1e-2],
    }  # fmt: skip
    rows = [
        Row(name="merge", work="a mail", seconds=seconds),
        Row(name="statements", work="a batch", counted="5"),
    ]
    assert table(rows).splitlines() == [
        "bench       work     ours    floor   ratio   naive   ratio    spread",
        "merge       a mail   5.0 µs  2.0 µs  2.50 x  9.0 ms  1/2,000  2.00-3.00",
        "statements  a batch  5",
    ]


def test_one_benchmark_can_be_run_by_name() -> None:
    lines = main({"ONLY": "statements"}).splitlines()
    assert [line.split()[0] for line in lines] == ["bench", "statements"]


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(SystemExit, match="choose one of merge, inline, freeze, handover"):
        main({"ONLY": "speed"})
