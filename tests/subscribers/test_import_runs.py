from __future__ import annotations

import csv
import dataclasses
import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText, everything, states

from subscribers.database import tables
from subscribers.erasure import erase
from subscribers.errors import ImportRefused
from subscribers.import_export.importer import import_csv
from subscribers.lists import all_slugs, rename_list
from subscribers.model import MailingList
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")


def test_the_same_file_again_changes_nothing(engine: sa.Engine, import_text: ImportText) -> None:
    text = (
        "email,name,status\na@example.org,A,active\nb@example.org,B,unsubscribed\n"
        "c@example.org,,bounced\nd@example.org,D,pending\na@example.org,Other,active\n"
    )
    first = import_text(text)
    before = everything(engine)

    again = import_text(text)

    assert everything(engine) == before
    assert (first.created, first.duplicate) == (4, 1)
    assert (again.unchanged, again.duplicate, again.rows) == (4, 1, 5)


def test_a_dry_run_counts_the_same_and_writes_nothing(
    engine: sa.Engine, import_text: ImportText
) -> None:
    text = "email,status\na@example.org,active\nb@example.org,bounced\nA@example.org,active\nx,\n"

    dry = import_text(text, dry_run=True)

    assert everything(engine) == [[], [], [], []]
    same = import_text(text)
    assert same.errors_file is not None
    assert dataclasses.replace(same, errors_file=None) == dry
    assert (dry.created, dry.duplicate, dry.invalid) == (2, 1, 1)


def test_an_erased_person_is_refused_and_named_nowhere(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text("email\nada@example.org\n")
    with engine.begin() as connection:
        erase(connection, parse_address("ada@example.org"), keyring=KEYS, now=now, by=STAFF)
    before = everything(engine)

    report = import_text("email\nAda@example.org\n", keyring=KEYS)

    assert (report.refused, report.rows, report.errors_file) == (1, 1, None)
    assert everything(engine) == before
    with pytest.raises(ImportRefused, match="secret"):
        import_text("email\nada@example.org\n")


def test_rows_with_errors_are_written_to_a_file_that_can_be_corrected_and_imported(
    engine: sa.Engine, import_text: ImportText, tmp_path: Path
) -> None:
    report = import_text(
        "name,email,status\nA,a@example.org,active\nB,b@b@b,active\n\n"
        "C,c@example.org,what\nD,d@example.org,active,surplus\n"
    )

    assert report.errors_file == tmp_path / "people.errors.csv"
    with report.errors_file.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["line"]) for row in rows] == [("B", "3"), ("C", "5"), ("D", "6")]
    assert rows[2]["reason"] == "this row has 4 cells, but the file has 3 columns"
    corrected = report.errors_file.read_text().replace("b@b@b", "b@example.org")
    again = import_text(corrected.replace("what", "active").replace(",surplus", ","))
    assert (again.created, again.errors_file) == (3, None)
    assert set(states(engine).values()) == {"active"}


def test_the_surplus_cells_of_a_row_stay_apart_in_the_file_of_errors(
    import_text: ImportText,
) -> None:
    report = import_text("email;name;city\na@example.org;Byron;Ada;;Ulm;;\nx;;;;\n")

    assert report.errors_file is not None
    assert report.errors_file.read_text().splitlines() == [
        "email,name,city,line,reason",
        'a@example.org,Byron,Ada,2,"this row has 7 cells, but the file has 3 columns",,Ulm',
        "x,,,3,'x' is not a valid address: it has no @",
    ]
    assert import_text(report.errors_file.read_text()).invalid == 2


def test_a_second_file_of_errors_has_its_own_lines_and_reasons_only(
    import_text: ImportText, tmp_path: Path
) -> None:
    first = import_text("email,name\nada@example.org,Ada\nx,X\n").errors_file
    assert first is not None

    second = import_text("\n" + first.read_text()).errors_file

    assert second is not None
    assert second.read_text().splitlines() == [
        "email,name,line,reason",
        "x,X,3,'x' is not a valid address: it has no @",
    ]


def test_the_errors_of_several_files_name_the_file(
    engine: sa.Engine, weekly: MailingList, tmp_path: Path, now: dt.datetime
) -> None:
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("email\nx\n")
    options = {"mailing_list": weekly, "consent": "a form", "by": STAFF, "now": now}
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]

    report = import_csv(engine, paths, dry_run=False, **options)  # type: ignore[arg-type]

    reason = "'x' is not a valid address: it has no @"
    assert report.errors_file is not None
    assert report.errors_file.read_text().splitlines() == [
        "email,file,line,reason",
        f"x,one.csv,2,{reason}",
        f"x,two.csv,2,{reason}",
    ]
    assert report.first_errors == (f"one.csv line 2: {reason}", f"two.csv line 2: {reason}")
    again = import_csv(engine, report.errors_file, dry_run=False, **options)  # type: ignore[arg-type]
    assert again.errors_file is not None
    assert again.errors_file.read_text().splitlines()[0] == "email,line,reason"


def test_an_unclosed_quote_does_not_swallow_the_next_rows(
    engine: sa.Engine, import_text: ImportText
) -> None:
    report = import_text('email,name\na@example.org,"A\nb@example.org,B\nc@example.org,C\n')

    assert sorted(states(engine)) == ["b@example.org", "c@example.org"]
    assert (report.created, report.invalid) == (2, 1)


def test_a_refused_file_leaves_no_trace(
    engine: sa.Engine, import_text: ImportText, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused, match=r"people\.csv: no column contains addresses"):
        import_text("name,city\nAda,Ulm\n")

    assert everything(engine) == [[], [], [], []]
    assert [path.name for path in tmp_path.glob("people*")] == ["people.csv"]


def test_after_a_crash_importing_the_same_file_completes_it(
    engine: sa.Engine, import_text: ImportText
) -> None:
    text = "email\n" + "".join(f"p{number}@example.org\n" for number in range(2_500))

    def stop(_done: int, _size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_text(text, progress=stop)
    assert len(states(engine)) == 1_000

    report = import_text(text)

    assert (report.created, report.unchanged, report.by_status) == (2_500, 0, {"active": 2_500})
    assert len(states(engine)) == 2_500


def test_progress_ends_at_the_size_of_the_file(import_text: ImportText) -> None:
    seen: list[tuple[int, int]] = []
    text = "email\n" + "".join(f"p{number}@example.org\n" for number in range(1_001))

    import_text(text, progress=lambda done, size: seen.append((done, size)))

    assert len(seen) == 2
    assert seen[-1] == (len(text), len(text))


def test_a_batch_of_new_people_needs_few_statements(
    engine: sa.Engine, import_text: ImportText
) -> None:
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *event: statements.append(event[2]))

    def count_for(people: int) -> int:
        statements.clear()
        import_text("email\n" + "".join(f"{people}p{n}@example.org\n" for n in range(people)))
        return len([text for text in statements if not text.startswith(("PRAGMA", "BEGIN"))])

    # One reads the slug of the list. On PostgreSQL one more locks those who are known.
    at_most = 11 if engine.dialect.name == "sqlite" else 12
    assert count_for(2_000) - count_for(1_000) <= at_most


def test_a_list_that_is_renamed_during_an_import_keeps_its_suppressions(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList, now: dt.datetime
) -> None:
    held = parse_address("held@example.org")
    with engine.begin() as connection:
        reason = SuppressionReason.UNSUBSCRIBED
        suppress(connection, held, reason=reason, scope="weekly", by=STAFF, now=now)

    def rename(_done: int, _size: int) -> None:
        with engine.begin() as connection:
            if "weekly" in all_slugs(connection):
                rename_list(connection, weekly, "monthly")

    between = "".join(f"p{number}@example.org,active,\n" for number in range(2_500))
    import_text(
        f"email,status,suppressed_on\n{between}held@example.org,active,\n"
        "new@example.org,suppressed,this list\n",
        progress=rename,
    )

    assert "held@example.org" not in states(engine)
    with engine.connect() as connection:
        scopes = set(connection.scalars(sa.select(tables.suppression.c.scope)))
    assert scopes == {"monthly"}
