"""
Scripts in what people, readers, sources, providers and browsers wrote. That every page shows them
as text is tested in `tests/web/admin/test_every_page.py`.
"""

from __future__ import annotations

import sqlalchemy as sa
from filled_newsroom import Filled
from hostile.fields import MADE, NOT_IN_ANY_ROW, WRITTEN, WRITTEN_ELSEWHERE, Kind
from hostile.vectors import FEW, VECTORS

from newsletter.store import tables
from subscribers.database.tables import metadata

_TEXTS = (sa.String, sa.JSON, sa.LargeBinary)


def test_every_text_that_is_stored_is_known_to_be_written_or_made() -> None:
    assert tables.brief.metadata is metadata
    stored = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, _TEXTS)
    }
    known = [*WRITTEN, *WRITTEN_ELSEWHERE, *MADE]
    assert len(known) == len(set(known))
    assert stored == set(known), "add new texts to tests/support/hostile/fields.py"


def test_the_walk_meets_a_script_in_every_field_that_others_fill(filled: Filled) -> None:
    missing = set()
    with filled.installation.app.database.read() as connection:
        for place, kind in WRITTEN.items():
            table, _, name = place.partition(".")
            found = connection.scalars(sa.select(metadata.tables[table].c[name])).all()
            mark = "alert(129)" if kind is Kind.ADDRESS else FEW[1]
            if not any(mark in str(value) for value in found):
                missing.add(place)
    assert missing == NOT_IN_ANY_ROW


def test_there_are_a_hundred_and_nine_different_vectors() -> None:
    assert len(set(VECTORS)) == 109
    assert set(FEW) < set(VECTORS)
