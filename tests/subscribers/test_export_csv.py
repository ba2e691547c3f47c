from __future__ import annotations

import csv
import datetime as dt
import io

import sqlalchemy as sa
from origins import STAFF
from people_samples import NOW, ImportText, Join, MakeList

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.database.segment_tables import note
from subscribers.erasure import erase
from subscribers.fields.reserved import why_reserved
from subscribers.import_export.export.canonical_csv import COLUMNS, export_csv
from subscribers.import_export.export.who import ExportedPeople
from subscribers.model import MailingList
from subscribers.tags.notes import MAX_NOTE, add_note, notes_of
from subscribers.tags.records import change_tags
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")
FILE = (
    "email,name,status,status_reason,status_changed_at,subscribed_at,confirmed_at,consent,"
    "optin_source,language,timezone\n"
    'Ada@example.org,"Lovelace, Ada",active,,2024-02-02T00:00:00Z,2024-01-01T00:00:00Z,'
    '2024-02-02T00:00:00Z,"said ""yes""",form,fr,America/Argentina/Buenos_Aires\n'
    "bea@example.org,=Bea,unsubscribed,too much,2024-03-01T00:00:00Z,2024-01-01T00:00:00Z,,,,,\n"
    "carl@example.org,,bounced,bounce,2024-03-02T00:00:00Z,2024-01-01T00:00:00Z,,,,,UTC\n"
    "dan@example.org,,suppressed,manual,2024-03-03T00:00:00Z,2024-01-01T00:00:00Z,,,,,\n"
    "eve@example.org,,pending,,2024-03-04T00:00:00Z,2024-01-01T00:00:00Z,,,,,Asia/Tokyo\n"
)


def export(engine: sa.Engine, mailing_list: MailingList, *, is_raw: bool = False) -> str:
    out = io.StringIO(newline="")
    with engine.connect() as connection:
        export_csv(connection, out, who=ExportedPeople(mailing_list=mailing_list), is_raw=is_raw)
    return out.getvalue()


def empty(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for table in (
            history,
            tables.consent,
            tables.subscription,
            tables.subscriber,
            tables.suppression,
        ):
            connection.execute(table.delete())


def without_ids(text: str) -> list[dict[str, str]]:
    rows = [{**row, "id": ""} for row in csv.DictReader(io.StringIO(text))]
    return sorted(rows, key=lambda row: row["email"])


def test_an_export_is_imported_again_without_loss(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList
) -> None:
    import_text(FILE, consent=None)
    first = export(engine, weekly)
    empty(engine)

    import_text(first, consent=None)

    assert without_ids(export(engine, weekly)) == without_ids(first)


def test_an_export_imported_where_it_came_from_changes_nothing(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList
) -> None:
    import_text(FILE, consent=None)
    first = export(engine, weekly)

    report = import_text(first, consent=None)

    assert (report.unchanged, report.rows) == (5, 5)
    assert export(engine, weekly) == first


def test_an_export_has_everything_the_imported_file_had(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList
) -> None:
    import_text(FILE, consent=None)

    found = without_ids(export(engine, weekly, is_raw=True))

    for row, given in zip(found, csv.DictReader(io.StringIO(FILE)), strict=True):
        assert {column: row[column] for column in given} | fixed(given) == given | fixed(given)


def fixed(given: dict[str, str]) -> dict[str, str]:
    """
    Return the reason of an ended subscription if the file gave none.
    """
    return {"status_reason": given["status_reason"]}


def test_the_number_of_people_is_returned_and_erased_people_are_left_out(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList, now: dt.datetime
) -> None:
    import_text("email\n" + "".join(f"p{number}@example.org\n" for number in range(2_100)))
    with engine.begin() as connection:
        erase(connection, parse_address("p7@example.org"), keyring=KEYS, now=now, by=STAFF)
    out = io.StringIO()

    with engine.connect() as connection:
        number = export_csv(connection, out, who=ExportedPeople(mailing_list=weekly))

    assert number == 2_099
    assert out.getvalue().count("\n") == 2_100
    assert "p7@" not in out.getvalue()


def test_an_export_of_all_lists_has_a_row_for_all_lists_that_say_the_same(
    connection: sa.Connection, make_list: MakeList
) -> None:
    weekly, daily, monthly = map(make_list, ("weekly", "daily", "monthly"))
    for number, email in enumerate(("ada@example.org", "bea@example.org"), start=1):
        person = {"id": number, "email": email, "email_key": email, "created_at": NOW}
        connection.execute(tables.subscriber.insert().values(person))
    places = [
        (1, weekly, "active"),
        (1, daily, "active"),
        (1, monthly, "ended"),
        (2, daily, "active"),
    ]
    for number, on, state in places:
        subscription = {"subscriber_id": number, "list_id": on.id, "state": state}
        times = {"since": NOW, "created_at": NOW}
        connection.execute(tables.subscription.insert().values(**subscription, **times))
    out = io.StringIO()

    assert export_csv(connection, out, who=ExportedPeople()) == 2

    rows = csv.DictReader(io.StringIO(out.getvalue()))
    assert [(row["email"], row["status"], row["lists"]) for row in rows] == [
        ("ada@example.org", "active", "weekly;daily"),
        ("ada@example.org", "unsubscribed", "monthly"),
        ("bea@example.org", "active", "daily"),
    ]


def test_tags_and_notes_have_columns(
    connection: sa.Connection, join: Join, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    number = join("ada@example.org", weekly).subscriber_id
    change_tags(connection, [number], add=["press", 'the "board"'], by=STAFF, now=now)
    for text in ("met at the fair", "calls on Mondays"):
        add_note(connection, number, text, by_name="eve", now=now)
    out = io.StringIO()

    export_csv(connection, out, who=ExportedPeople(mailing_list=weekly))

    (row,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert row["tags"] == 'press;"the ""board"""'
    assert row["notes"] == "met at the fair\n\ncalls on Mondays"


def test_notes_that_are_known_one_by_one_are_not_added_joined(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList, now: dt.datetime
) -> None:
    import_text("email\nada@example.org\n")
    texts = ["met at the fair", "calls on \N{RIGHT-TO-LEFT OVERRIDE}Mondays", "x" * 10_000]
    exports = []
    for text in texts:
        with engine.begin() as connection:
            add_note(connection, 1, text, by_name="eve", now=now)
        exports.append(export(engine, weekly))

    again = [import_text(each) for each in exports]
    with engine.begin() as connection:
        change_tags(connection, [1], add=["press"], by=STAFF, now=now)
    tagged = import_text(export(engine, weekly).replace(",press,", ",radio,"))

    assert [report.unchanged for report in again] == [1, 1, 1]
    assert tagged.updated == 1
    with engine.connect() as connection:
        assert [each.text for each in notes_of(connection, [1])[1]] == texts


def test_a_note_as_long_as_staff_may_write_comes_back_whole(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList, now: dt.datetime
) -> None:
    long = "x" * MAX_NOTE
    import_text("email\nada@example.org\n")
    with engine.begin() as connection:
        add_note(connection, 1, long, by_name="eve", now=now)
    exported = export(engine, weekly)
    with engine.begin() as connection:
        connection.execute(note.delete())

    import_text(exported)

    with engine.connect() as connection:
        assert [each.text for each in notes_of(connection, [1])[1]] == [long]


def test_a_suppression_of_another_list_comes_back_with_its_end_and_note(
    engine: sa.Engine, import_text: ImportText
) -> None:
    """
    Otherwise the person could sign up there after a move, and a pause would last for ever.
    """
    import_text("email\nada@example.org\n")
    held = {"email_key": "ada@example.org", "scope": "monthly", "reason": "manual", "since": NOW}
    more = {"expires_at": NOW + dt.timedelta(days=9), "note": "on holiday"}
    with engine.begin() as writing:
        writing.execute(tables.suppression.insert().values(**held, **more))
        out = io.StringIO()
        export_csv(writing, out, who=ExportedPeople())
    empty(engine)

    report = import_text(out.getvalue(), consent="form")

    assert "suppressions" not in report.ignored_columns
    with engine.connect() as reading:
        (row,) = reading.execute(sa.select(tables.suppression)).mappings()
    assert {name: row[name] for name in {**held, **more}} == {**held, **more}


def test_nobody_whose_suppressions_cannot_be_read_gets_emails(
    engine: sa.Engine, import_text: ImportText
) -> None:
    cells = ("{", '"x"', '[1, {}, {"reason": "erased", "since": "2026-01-01", "scope": ""}]')
    out = io.StringIO()
    rows = [(f"p{number}@example.org", cell) for number, cell in enumerate(cells)]
    csv.writer(out).writerows([("email", "suppressions"), *rows])

    report = import_text(out.getvalue(), consent="form")

    assert (report.by_status, report.refused) == ({"suppressed": 2}, 1)
    with engine.connect() as reading:
        reasons = reading.execute(sa.select(tables.suppression.c.reason)).scalars()
        assert [*reasons] == ["unknown", "unknown"]


def test_no_field_is_called_like_a_column() -> None:
    assert [column for column in COLUMNS if why_reserved(column) is None] == []
