"""
Writing and parsing the text of an exclusion in the ledger.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from subscribers.audience.exclusion_reason import (
    ExclusionKind,
    ExclusionReason,
    parse_reason,
    reason_text,
)

WITH_DETAIL = (
    ExclusionKind.SUPPRESSED,
    ExclusionKind.MINUS_LIST,
    ExclusionKind.SEGMENT,
    ExclusionKind.CADENCE,
    ExclusionKind.ENDED,
)


@pytest.mark.parametrize("kind", ExclusionKind)
def test_a_reason_is_read_back_as_it_was_written(
    connection: sa.Connection, kind: ExclusionKind
) -> None:
    detail = "by hand: see minus list" if kind in WITH_DETAIL else ""
    text = reason_text(kind, sa.literal(detail) if detail else None)

    written = connection.scalar(sa.select(text))

    assert written is not None
    assert parse_reason(written) == ExclusionReason(kind, detail)


@pytest.mark.parametrize("text", ["", "on none of its lists", "suppressed", "pending: x"])
def test_another_text_is_not_a_reason(text: str) -> None:
    assert parse_reason(text) is None
