"""
The benchmarks at small sizes: each asserts itself that its work was right.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import (
    api,
    export_people,
    feedback,
    freeze,
    freeze_segment,
    growth,
    import_people,
    inline,
    installation,
    merge,
    move,
    notices,
    pages,
    reader_pages,
    rooms,
    rooms_data,
    rooms_pages,
    sandbox,
    segment_plans,
    sizes,
    smtp,
    start,
    statements,
    submit,
    submit_pg,
    whole,
    world,
)
from benchmarks.__main__ import main
from benchmarks.measure import Row, interleave, percentile, table
from benchmarks.page_requests import KINDS
from benchmarks.rooms_tables import Size
from benchmarks.scale_costs import POSTGRESQL, SQLITE
from benchmarks.shared import SharedProvider
from benchmarks.wire import Wire, require_counted, running_sink
from newsletter.mail.merge.fields import compile_mail
from newsletter.store.database import Database

pytestmark = pytest.mark.ci


def test_a_merged_copy_is_the_one_the_floor_and_the_usual_way_make() -> None:
    row = merge.measure(readers=3, naive_readers=2, runs=1)
    assert row.work == "a 60 KB mail, 5 fields, 3 readers"
    assert {name: len(seconds) for name, seconds in row.seconds.items()} == {
        "ours": 1, "floor": 1, "naive": 1,
    }  # fmt: skip


def test_an_import_is_measured_beside_two_floors_and_with_its_memory() -> None:
    time, of_all, unsearched, memory = import_people.measure(people=300, runs=1)
    assert time.work == "300 rows, 1 in 100 suppressed, SQLite"
    assert of_all.work == "the same; floor: all the rows that it writes"
    assert unsearched.work == "the same; floor: without the search indexes"
    for row in (time, of_all, unsearched):
        assert {name: len(found) for name, found in row.seconds.items()} == {"ours": 1, "floor": 1}
    assert re.fullmatch(
        r"at most [\d,]+ MB, [\d.]+ s, [\d.]+ s of processor time: "
        r"[\d.]+ x, [\d.]+ x and [\d.]+ x that of the floors",
        memory.counted,
    )


def test_an_export_is_measured_beside_a_bare_select_of_the_same_people() -> None:
    row = export_people.measure(people=1_200, runs=2)
    assert row.work == "1,200 people, 1 in 100 suppressed, SQLite"
    assert [len(row.seconds[name]) for name in ("ours", "floor")] == [2, 2]


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


def test_freezing_for_a_segment_is_measured_beside_both_floors() -> None:
    rows = freeze_segment.measure(readers=1_200, runs=2)
    work = "1,200 readers, 9 in 10 in the segment, SQLite; floor: "
    assert [row.work for row in rows] == [f"{work}same rows", f"{work}everybody, no segment"]
    assert [len(row.seconds[name]) for row in rows for name in ("ours", "floor")] == [2] * 4


def test_no_shape_of_a_rule_reads_a_table_again_for_each_person() -> None:
    rows = segment_plans.measure(people=1_200)
    assert len(rows) == len(segment_plans.RULES)


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program to make a certificate with")
    with running_sink() as wire:
        yield wire


@pytest.mark.usefixtures("wire")
def test_every_reader_is_submitted_and_counted_by_the_sink() -> None:
    row = submit.measure(readers=1_500, runs=1)
    assert row.work == "1,500 readers, shared content, batches of 1,000, TLS, SQLite"
    assert [len(row.seconds[name]) for name in ("ours", "floor")] == [1, 1]


@pytest.mark.usefixtures("wire")
@pytest.mark.parametrize(("form", "size"), [("postmark", 500), ("resend", 100)])
def test_whole_copies_go_through_the_adapters_of_postmark_and_resend(form: str, size: int) -> None:
    row = whole.measure(form, readers=size, runs=1)
    assert row.work == f"{size} readers, 60 KB copies as {form}, {size} a call, TLS"
    assert [len(row.seconds[name]) for name in ("ours", "floor")] == [1, 1]


def test_mails_go_to_the_sink_of_postfix_with_the_ledger_and_without() -> None:
    if shutil.which("smtp-sink") is None:
        pytest.skip("no smtp-sink: install postfix")
    rows = smtp.measure(readers=200, runs=1)
    work = "200 mails of 54 KB to smtp-sink, 4 connections"
    assert [row.work for row in rows] == [work, f"{work}, SQLite"]
    assert [set(row.seconds) for row in rows] == [{"ours", "floor", "naive"}] * 2


@pytest.mark.usefixtures("wire")
def test_a_large_issue_is_sent_by_a_process_whose_memory_is_told() -> None:
    row = growth.measure(few=10, many=40, runs=1)
    match = re.fullmatch(r"40 readers; floor: 10; ([0-9]+) MB, [0-9,]+ bytes a reader", row.work)
    assert match is not None
    assert 20 < int(match[1]) < 200


def test_a_person_and_a_delivery_are_counted_in_bytes_on_each_database() -> None:
    found = dict(sizes.measure(people=3_000))
    for name, costs in (("SQLite", SQLITE), ("PostgreSQL", POSTGRESQL)):
        parts = found[name]
        assert {"subscriber", "consent", "history"} <= set(parts.person)
        assert "delivery" in parts.delivery
        # What the guide says: pages that are half full make a small database larger.
        assert sum(parts.person.values()) == pytest.approx(costs.bytes_a_person, rel=0.25)
        assert sum(parts.delivery.values()) == pytest.approx(costs.bytes_a_delivery, rel=0.25)


def test_a_move_there_and_back_is_measured_by_sqlite_and_by_postgresql() -> None:
    rows = move.measure(people=60)
    assert [re.sub(r"[\d,]+ rows", "rows", row.work) for row in rows] == [
        f"60 people, rows, from SQLite to {kind} and back" for kind in ("SQLite", "PostgreSQL")
    ]
    for row in rows:
        match = re.fullmatch(r"\d+ s \(\d+ \+ \d+ \+ \d+ \+ \d+\), at most (\d+) MB", row.counted)
        assert match is not None
        assert 20 < int(match[1]) < 300


def test_a_reader_the_sink_did_not_count_ends_the_benchmark(wire: Wire) -> None:
    mail = pages.mail_of(pages.page(2_000))
    with wire.http() as http, installation.opened(10) as app:
        provider = SharedProvider(wire.url, http)
        app.providers[provider.name] = provider
        with pytest.raises(AssertionError, match="ours: the sink counted 10, not 11"):
            submit.handed_over(app, wire, mail, 11, provider=provider)
    require_counted(wire, 0, "nobody")


def test_a_floor_that_builds_other_bodies_ends_the_benchmark(wire: Wire) -> None:
    mail, other = pages.mail_of(pages.page(2_000)), pages.mail_of(pages.page(3_000))
    with wire.http() as http, installation.opened(1) as app:
        provider, bare = SharedProvider(wire.url, http), submit.bare_calls(app, mail)
        submit.require_equal(app, mail, provider, bare)
        with pytest.raises(AssertionError, match="the floor builds other bodies"):
            submit.require_equal(app, other, provider, bare)


def test_the_child_reads_the_brief_that_this_process_reads() -> None:
    rows = sandbox.measure(paragraphs=20, runs=1)
    assert [set(row.seconds) for row in rows] == [{"ours", "floor"}] * 3
    assert rows[2].work == "a page of 1 KB, read in the child; floor: in this process"


def test_the_start_is_measured_of_the_shortest_command_and_of_serve() -> None:
    rows = start.measure(runs=1)
    assert [row.work.split(";")[0] for row in rows] == [
        "newsletter --help", "newsletter serve until /readyz says so",
    ]  # fmt: skip
    assert [set(row.seconds) for row in rows] == [{"ours", "floor"}] * 2


def test_two_workers_and_one_hand_every_reader_over_once_on_postgresql() -> None:
    row = submit_pg.measure(readers=2_500, runs=1)
    assert row.work.startswith("2,500 readers, shared content, batches of 1,000, TLS, PostgreSQL")
    assert {name: len(seconds) for name, seconds in row.seconds.items()} == {"ours": 1, "floor": 1}


@pytest.mark.usefixtures("wire")
@pytest.mark.parametrize("form", [world.sendgrid(), world.postmark()], ids=lambda form: form.kind)
def test_all_events_that_arrive_while_an_issue_is_sent_are_recorded(form: world.Form) -> None:
    row = feedback.measure(form, readers=3_000, runs=1)
    text = rf"3,000 readers, [0-9,]+ events/s as {form.kind}, none lost; p99 in ms: event [0-9]+"
    assert re.match(text, row.work)
    assert {name: len(seconds) for name, seconds in row.seconds.items()} == {"ours": 1, "floor": 1}


def test_a_batch_is_counted_at_six_statements_or_fewer() -> None:
    assert 3 <= int(statements.measure().counted) <= 6


def test_contenders_take_turns_and_every_other_run_goes_backwards() -> None:
    order: list[str] = []

    def contender(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = interleave(3, ours=lambda: contender("o"), floor=lambda: contender("f"))
    assert "".join(order) == "offoof"
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


def test_benchmarks_can_be_run_by_name() -> None:
    lines = main({"ONLY": "statements,statements"}).splitlines()
    assert [line.split()[0] for line in lines] == ["bench", "statements", "statements"]


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(
        SystemExit, match="choose of merge, inline, sandbox, freeze, freeze-segment"
    ):
        main({"ONLY": "merge,speed"})


def test_confirmations_are_sent_as_the_emails_of_an_issue_are() -> None:
    sent, taken = notices.measure(people=30, signups=5, runs=1)
    assert sent.work.startswith("30 confirmations")
    assert taken.work.startswith("5 sign-ups")
    for row in (sent, taken):
        assert {name: len(seconds) for name, seconds in row.seconds.items()} == {
            "ours": 1, "floor": 1,
        }  # fmt: skip


@pytest.mark.usefixtures("wire")
def test_pages_are_measured_during_a_send_and_without_on_both_databases(
    new_postgres: Callable[[], Database],
) -> None:
    url = new_postgres().engine.url.render_as_string(hide_password=False)
    for own in (None, url):
        rows = reader_pages.measure(people=10_000, each=5, runs=1, url=own)
        assert [row.work.split(":")[0] for row in rows] == list(KINDS)
        for row in rows:
            assert {name: len(seconds) for name, seconds in row.seconds.items()} == {
                "ours": 1, "floor": 1,
            }  # fmt: skip


def test_the_api_is_measured_beside_a_send_and_beside_the_bare_actions() -> None:
    rows = api.measure(people=20_000, each=2, upserts=4, bulks=1, runs=1)
    assert [row.work.split(" ")[0].rstrip(":") for row in rows] == [
        "show", "page", "counts", "counts", "upsert", "bulk",
        "show", "page", "counts", "status", "upsert", "each", "each", "an",
    ]  # fmt: skip
    for row in rows:
        assert {name: len(seconds) for name, seconds in row.seconds.items()} == {
            "ours": 1, "floor": 1,
        }  # fmt: skip


@pytest.mark.usefixtures("wire")
def test_each_page_of_the_newsroom_is_opened_beside_its_statements_and_beside_a_send(
    tmp_path: Path,
) -> None:
    size = Size(people=2_000, issues=20, events=20_000)
    rows = rooms.measure(size, tmp_path, each=1, send_s=0.5, runs=1)
    *pages_opened, slow, crowded, left_out, typed, sent = rows
    paths = [row.work.split(": ")[0] for row in pages_opened]
    assert {"/admin/", "/admin/people", "/admin/issues/20/readers?state=rejected"} <= set(paths)
    assert all(set(row.seconds) == {"ours", "floor"} for row in pages_opened)
    assert slow.counted
    assert crowded.counted == "none"
    assert "/admin/issues" not in left_out.counted
    assert typed.work.startswith("a letter of ")
    assert {name: len(seconds) for name, seconds in sent.seconds.items()} == {"ours": 1, "floor": 1}


def test_a_page_that_needs_too_many_statements_is_named(tmp_path: Path) -> None:
    size = Size(people=1_000, issues=8, events=8_000)
    with rooms_data.opened(tmp_path, size, url=None, send_s=0.01) as data:
        found = rooms_pages.find_pages(data, most_statements=3)
    assert "/admin/" in [page.path for page in found.crowded]


def test_the_99th_percentile_is_the_least_that_99_of_100_do_not_exceed() -> None:
    assert percentile(range(1, 201), 0.99) == 198
    assert percentile([3.0, 1.0], 0.5) == 1.0
