"""
The files for other products: their columns and nothing else, and the same people and states when
our own import reads them.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText

from subscribers.database import tables
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldOption, FieldType
from subscribers.fields.values import values_of_all
from subscribers.import_export.export.presets.model import PresetResult
from subscribers.import_export.export.presets.write_preset import PRESETS, export_preset
from subscribers.import_export.export.who import ExportedPeople
from subscribers.import_export.importer import import_csv
from subscribers.import_export.status_words import stored_status
from subscribers.model import MailingList
from subscribers.tags.records import tags_of

FILE = """email,name,status,status_reason,subscribed_at,confirmed_at,consent,tags,notes,company
ada@example.org,Ada King Lovelace,active,,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,form,\
press;vip,met her,Analytics
"+bea@example.org",=Bea,unsubscribed,,2024-01-01T00:00:00Z,,,,,
carl@example.org,,bounced,,2024-01-01T00:00:00Z,,,,,
dan@example.org,Dan,complained,,2024-01-01T00:00:00Z,,,,,
eve@example.org,,suppressed,manual,2024-01-01T00:00:00Z,,,,,
fay@example.org,Fay,pending,,2024-01-01T00:00:00Z,,,,,
"""
A, P, U, B, C, S = "active", "pending", "unsubscribed", "bounced", "complained", "suppressed"
PEOPLE = ("ada@example.org", "+bea@example.org", "carl@example.org", "dan@example.org",
          "eve@example.org", "fay@example.org")  # fmt: skip
# What each product keeps apart; None is left out.
STATES: dict[str, tuple[str | None, ...]] = {
    "mailchimp": (A, U, B, C, U, None),
    "listmonk": (A, S, S, S, S, None),
    "ghost": (A, U, U, U, U, None),
    "buttondown": (A, U, B, C, S, P),
    "keila": (A, U, B, U, U, None),
}


@pytest.fixture
def people(engine: sa.Engine, import_text: ImportText) -> None:
    with engine.begin() as connection:
        add_field(connection, "company", FieldType.TEXT, labels={})
    import_text(FILE, consent=None)


def export(
    engine: sa.Engine, mailing_list: MailingList, product: str, *, with_notes: bool = False
) -> tuple[bytes, PresetResult]:
    out = io.BytesIO()
    with engine.connect() as connection:
        who = ExportedPeople(mailing_list=mailing_list)
        preset = PRESETS[product]
        result = export_preset(connection, out, who=who, preset=preset, with_notes=with_notes)
    return out.getvalue(), result


def states(engine: sa.Engine, mailing_list: MailingList) -> dict[str, str]:
    p, s, x = tables.subscriber, tables.subscription, tables.suppression
    rows = (
        sa.select(p.c.email, s.c.state, x.c.reason)
        .join_from(s, p, p.c.id == s.c.subscriber_id)
        .outerjoin(x, x.c.email_key == p.c.email_key)
        .where(s.c.list_id == mailing_list.id)
    )
    with engine.connect() as connection:
        return {
            row.email: stored_status(row.state, row.reason).value
            for row in connection.execute(rows)
        }


def zip_text(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def files_in(content: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
        }


@pytest.mark.parametrize("product", STATES)
def test_our_own_import_reads_the_same_people_and_states(
    engine: sa.Engine,
    people: None,
    weekly: MailingList,
    tmp_path: Path,
    now: dt.datetime,
    product: str,
) -> None:
    content, result = export(engine, weekly, product)
    expected = {email: state for email, state in zip(PEOPLE, STATES[product], strict=True) if state}
    assert result[:2] == (len(expected), len(PEOPLE) - len(expected))
    with engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table.name != "mailing_list" and table.name != "field":
                connection.execute(table.delete())
    path = tmp_path / "export.bin"
    path.write_bytes(content)
    if product == "listmonk":
        paths = [tmp_path / "subscribe.csv", tmp_path / "blocklist.csv"]
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path)
    else:
        paths = [path]

    report = import_csv(
        engine, paths, mailing_list=weekly, consent="moved", dry_run=False, by=STAFF, now=now
    )

    assert report.product == product
    assert states(engine, weekly) == expected


@pytest.mark.parametrize("product", STATES)
def test_our_own_import_reads_the_same_names_tags_and_values(
    engine: sa.Engine,
    people: None,
    weekly: MailingList,
    tmp_path: Path,
    now: dt.datetime,
    product: str,
) -> None:
    before = known(engine)
    path = tmp_path / "export.bin"
    path.write_bytes(export(engine, weekly, product)[0])
    paths = [path]
    if product == "listmonk":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path)
        paths = [tmp_path / "subscribe.csv", tmp_path / "blocklist.csv"]
    with engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table.name != "mailing_list" and table.name != "field":
                connection.execute(table.delete())
    import_csv(engine, paths, mailing_list=weekly, consent="x", dry_run=False, by=STAFF, now=now)

    has_fields = product != "ghost"
    expected = {
        email: (name, tags, values if has_fields else {})
        for (email, (name, tags, values)), state in zip(
            before.items(), STATES[product], strict=True
        )
        if state
    }
    # Values and tags of people who are not mailed are not read.
    assert {email: each[0] for email, each in known(engine).items()} == {
        email: each[0] for email, each in expected.items()
    }
    assert known(engine)["ada@example.org"] == expected["ada@example.org"]


def known(engine: sa.Engine) -> dict[str, tuple[str, list[str], dict[str, str]]]:
    """
    Return the name, tags and values of each person by address, in the order of PEOPLE.
    """
    p = tables.subscriber.c
    with engine.connect() as connection:
        rows = {row.email: row for row in connection.execute(sa.select(p.id, p.email, p.name))}
        values = values_of_all(connection, [row.id for row in rows.values()])
        return {
            email: (
                rows[email].name,
                tags_of(connection, [rows[email].id]).get(rows[email].id, []),
                dict(values.get(rows[email].id, {})),
            )
            for email in PEOPLE
            if email in rows
        }


def test_mailchimp_gets_a_file_for_each_status(
    engine: sa.Engine, people: None, weekly: MailingList
) -> None:
    found = files_in(export(engine, weekly, "mailchimp")[0])
    assert {name.partition("_")[0]: len(rows) for name, rows in found.items()} == {
        "subscribed": 1,
        "unsubscribed": 3,
        "cleaned": 1,
    }
    assert found["subscribed_email_audience_export.csv"] == [
        {
            "Email Address": "ada@example.org",
            "First Name": "Ada King",
            "Last Name": "Lovelace",
            "TAGS": "press,vip",
            "OPTIN_TIME": "2024-01-01 00:00:00",
            "OPTIN_IP": "",
            "CONFIRM_TIME": "2024-01-02 00:00:00",
            "CONFIRM_IP": "",
            "company": "Analytics",
        }
    ]


def test_keila_gets_its_columns_and_no_other(
    engine: sa.Engine, people: None, weekly: MailingList
) -> None:
    lines = export(engine, weekly, "keila")[0].decode().splitlines()
    assert lines[0] == "Email,First name,Last name,Data,Status,External ID"
    ada = next(line for line in lines if line.startswith("ada@"))
    data = '"{""company"":""Analytics"",""tags"":[""press"",""vip""]}"'
    assert ada.startswith(f"ada@example.org,Ada King,Lovelace,{data},active,")


def test_names_are_no_formulas_and_addresses_are_as_they_are(
    engine: sa.Engine, people: None, weekly: MailingList
) -> None:
    lines = export(engine, weekly, "ghost")[0].decode().splitlines()
    assert lines[0] == "email,name,note,subscribed_to_emails,labels,created_at"
    assert "+bea@example.org,'=Bea,,false,,2024-01-01T00:00:00Z" in lines
    assert 'ada@example.org,Ada King Lovelace,,true,"press,vip",2024-01-01T00:00:00Z' in lines


@pytest.mark.parametrize("product", ["ghost", "buttondown"])
def test_notes_of_staff_are_handed_on_only_on_request(
    engine: sa.Engine, people: None, weekly: MailingList, product: str
) -> None:
    content, result = export(engine, weekly, product)
    assert (b"met her" in content, result.notes_left_out) == (False, True)
    content, result = export(engine, weekly, product, with_notes=True)
    assert (b"met her" in content, result.notes_left_out) == (True, False)


def test_the_fields_that_a_product_does_not_take_are_named(
    engine: sa.Engine, people: None, weekly: MailingList
) -> None:
    left_out = {product: export(engine, weekly, product)[1].fields_left_out for product in PRESETS}
    assert left_out == {**dict.fromkeys(PRESETS, ()), "ghost": ("company",)}


@pytest.mark.parametrize(
    ("product", "column"),
    [("keila", "Data"), ("listmonk", "attributes"), ("buttondown", "metadata")],
)
def test_values_are_as_the_types_of_json(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList, product: str, column: str
) -> None:
    with engine.begin() as connection:
        add_field(connection, "shares", FieldType.NUMBER, labels={})
        add_field(connection, "member", FieldType.BOOLEAN, labels={})
        options = [FieldOption(key=key) for key in ("sport", "arts")]
        add_field(connection, "interests", FieldType.CHOICES, labels={}, options=options)
    import_text(
        'email,shares,member,interests\nada@example.org,1.5,no,"arts, sport"\n', consent="form"
    )

    content = export(engine, weekly, product)[0]

    text = content.decode() if content[:2] != b"PK" else zip_text(content, "subscribe.csv")
    (row,) = csv.DictReader(io.StringIO(text))
    expected = {"shares": 1.5, "member": False, "interests": ["sport", "arts"]}
    assert json.loads(row[column]) == expected
