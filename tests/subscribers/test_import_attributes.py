"""
The values that products keep in one cell: fields, tags and the name; what is left out is named.
"""

from __future__ import annotations

import sqlalchemy as sa
from people_samples import ImportText

from subscribers.database import tables
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldType
from subscribers.fields.values import values_of_all
from subscribers.import_export.reading.tag_cells import read_tags
from subscribers.tags.records import tags_of

BUTTONDOWN = (
    "email,subscriber_type,tags,metadata\n"
    'a@example.org,regular,"vip,press","{""name"": ""Ada King"", ""Company"": ""Sund"", '
    '""n"": 3}"\n'
    'b@example.org,regular,"[""vip"",""press""]","{\'name\': \'Bo\', \'plan\': {\'a\': 1}}"\n'
    "c@example.org,regular,vip;press,{broken\n"
)


def people(engine: sa.Engine) -> list[tuple[str, str, list[str]]]:
    p = tables.subscriber.c
    with engine.connect() as connection:
        rows = connection.execute(sa.select(p.id, p.email, p.name).order_by(p.email)).all()
        return [
            (row.email, row.name, tags_of(connection, [row.id]).get(row.id, [])) for row in rows
        ]


def test_a_name_and_tags_of_buttondown_are_read_in_each_form(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text(BUTTONDOWN)
    both = ["press", "vip"]
    assert people(engine) == [
        ("a@example.org", "Ada King", both),
        ("b@example.org", "Bo", both),
        ("c@example.org", "", both),
    ]


def test_each_value_that_no_field_has_is_named_until_there_is_one(
    engine: sa.Engine, import_text: ImportText
) -> None:
    for dry_run in (True, False):
        report = import_text(BUTTONDOWN, dry_run=dry_run)
        assert report.keys_left_out == {"Company": 1, "n": 1, "plan": 1}
        assert report.hints == (
            "values that no field has are left out: Company (1), n (1), plan (1). To keep them, "
            "declare fields of these names and import the file again",
        )
    assert "line 4: imported without the values in 'metadata'" in report.first_errors[0]
    with engine.begin() as connection:
        add_field(connection, "company", FieldType.TEXT, labels={})
    report = import_text(BUTTONDOWN)
    assert report.keys_left_out == {"n": 1, "plan": 1}
    with engine.connect() as connection:
        assert [*values_of_all(connection, [1, 2, 3]).values()] == [{"company": "Sund"}]


def test_a_cell_of_tags_may_be_json() -> None:
    cells = {
        '["vip","press"]': ("vip", "press"),
        "[]": (),
        "[draft]": ("[draft]",),
        "vip,press": ("vip", "press"),
        'vip;"a;b"': ("vip", "a b"),
    }
    assert {cell: read_tags(cell, ";") for cell in cells} == cells
