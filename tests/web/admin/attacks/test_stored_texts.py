"""
Scripts in what people, readers, sources, providers and browsers wrote. That every page shows them
as text is tested in `tests/web/admin/test_every_page.py`.
"""

from __future__ import annotations

import sqlalchemy as sa
from hostile.fields import MADE, WRITTEN, WRITTEN_ELSEWHERE
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


def test_there_are_a_hundred_and_nine_different_vectors() -> None:
    assert len(set(VECTORS)) == 109
    assert set(FEW) < set(VECTORS)
