"""
What the report of an import says: what is stored, the columns, and the rows with errors.
"""

from __future__ import annotations

import stat
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText, everything, states

from subscribers.import_export.importer import import_csv
from subscribers.model import MailingList
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

BAD = "email,name\nada@example.org,Ada\nnobody,B\n"


def test_the_report_counts_people_by_the_status_that_is_stored(
    engine: sa.Engine, import_text: ImportText
) -> None:
    report = import_text(
        "email,status\na@example.org,active\nb@example.org,active\nc@example.org,bounced\n"
        "d@example.org,contact\na@example.org,unsubscribed\n",
        consent=None,
    )
    assert report.by_status == {"bounced": 1, "pending": 1, "unsubscribed": 1}
    assert Counter(states(engine).values()) == {"pending": 1, "ended": 2}


def test_people_who_stay_as_they_are_are_counted_as_they_are(
    engine: sa.Engine, import_text: ImportText, now: object
) -> None:
    import_text("email,status\na@example.org,unsubscribed\nb@example.org,pending\n")
    with engine.begin() as connection:
        address = parse_address("c@example.org")
        suppress(connection, address, reason=SuppressionReason.BOUNCE, now=now, by=STAFF)  # type: ignore[arg-type]

    report = import_text(
        "email,status\na@example.org,active\nb@example.org,active\nc@example.org,complained\n"
    )
    assert report.by_status == {"complained": 1, "pending": 1, "unsubscribed": 1}


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_person_who_left_in_a_later_batch_is_counted_as_unsubscribed(
    import_text: ImportText, dry_run: bool
) -> None:
    between = "".join(f"p{number}@example.org,active\n" for number in range(1_500))
    text = f"email,status\nleft@example.org,active\n{between}left@example.org,unsubscribed\n"
    report = import_text(text, dry_run=dry_run)
    assert report.by_status == {"active": 1_500, "unsubscribed": 1}


def test_the_report_names_the_columns_that_were_read_and_those_that_were_not(
    import_text: ImportText,
) -> None:
    report = import_text(
        "Email Address,First Name,City,UNSUB_TIME,confirmed\nada@example.org,Ada,Ulm,,yes\n"
    )
    assert report.columns == {
        "Email Address": "email",
        "First Name": "first_name",
        "UNSUB_TIME": "status_at, status",
        "confirmed": "status",
    }
    assert report.ignored_columns == ("City",)


def test_a_dry_run_writes_no_file_and_names_the_first_errors(
    engine: sa.Engine, import_text: ImportText, tmp_path: Path
) -> None:
    report = import_text(BAD, dry_run=True)

    assert (report.invalid, report.errors_file) == (1, None)
    assert [each[:7] for each in report.first_errors] == ["line 3:"]
    assert [path.name for path in tmp_path.glob("*.csv*")] == ["people.csv"]
    assert everything(engine) == [[], [], [], []]


def test_an_errors_file_never_replaces_another(import_text: ImportText, tmp_path: Path) -> None:
    earlier = tmp_path / "people.errors.csv"
    earlier.write_text("half corrected", encoding="utf-8")

    names = [import_text(BAD).errors_file for _ in range(2)]

    assert names == [tmp_path / "people.errors-2.csv", tmp_path / "people.errors-3.csv"]
    assert earlier.read_text(encoding="utf-8") == "half corrected"


def test_an_import_without_errors_leaves_an_earlier_errors_file(
    import_text: ImportText, tmp_path: Path
) -> None:
    earlier = tmp_path / "people.errors.csv"
    earlier.write_text("half corrected", encoding="utf-8")

    assert import_text("email\nada@example.org\n").errors_file is None
    assert earlier.read_text(encoding="utf-8") == "half corrected"


def test_only_their_owner_can_read_the_rows_with_errors(import_text: ImportText) -> None:
    errors = import_text(BAD).errors_file
    assert errors is not None
    assert stat.S_IMODE(errors.stat().st_mode) == 0o600


def test_an_import_that_is_stopped_leaves_no_errors_file_until_it_is_continued(
    import_text: ImportText, tmp_path: Path
) -> None:
    def stop(_done: int, _size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_text(BAD, progress=stop)
    assert list(tmp_path.glob("people*errors*")) == []
    assert import_text(BAD).errors_file == tmp_path / "people.errors.csv"
    assert [path.name for path in tmp_path.iterdir() if "import-1" in path.name] == []


def test_a_name_and_a_zone_in_the_file_replace_those_of_active_people_alone(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text(
        "email,name,status\na@example.org,A,active\nb@example.org,B,pending\n"
        "c@example.org,C,unsubscribed\n"
    )
    new = "".join(f"{name}@example.org,New,Europe/Oslo\n" for name in "abc")

    report = import_text("email,name,timezone\n" + new)

    assert report.updated == 1
    with engine.connect() as connection:
        named = sa.text("SELECT name, timezone FROM subscriber ORDER BY email_key")
        assert connection.execute(named).all() == [("New", "Europe/Oslo"), ("B", None), ("C", None)]


@pytest.mark.parametrize(
    "text",
    [
        "email,name\na@example.org,A,x\nb@example.org,B,y\nc@example.org,C,z\n",
        "sep=,\nemail,name\na@example.org,A,x\n",
        "".join(f"p{number}@example.org,A\n" for number in range(100)) + "a@example.org,A,x\n",
    ],
)
def test_a_row_with_more_cells_than_columns_is_told_as_that(
    import_text: ImportText, text: str
) -> None:
    reasons = {each.partition(": ")[2] for each in import_text(text, dry_run=True).first_errors}
    assert reasons == {"this row has 3 cells, but the file has 2 columns"}


def test_a_pipe_is_refused_instead_of_waited_for(
    engine: sa.Engine, weekly: MailingList, tmp_path: Path, now: object
) -> None:
    import os

    from subscribers.errors import ImportRefused

    os.mkfifo(tmp_path / "people.csv")
    with pytest.raises(ImportRefused, match="not a regular file"):
        import_csv(
            engine,
            tmp_path / "people.csv",
            mailing_list=weekly,
            consent=None,
            dry_run=False,
            by=STAFF,
            now=now,  # type: ignore[arg-type]
        )
