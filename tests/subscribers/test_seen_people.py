"""
What an import remembers of the people in earlier rows, also of those it only reads again.
"""

from __future__ import annotations

import itertools

import pytest

from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.rows import Row
from subscribers.import_export.run.seen_people import SeenPeople
from subscribers.import_export.status_words import RowStatus
from subscribers.validation.address import parse_address

REFUSED = (RowStatus.ERASED, RowStatus.NO_CONSENT)


def row(status: RowStatus) -> Row:
    return Row(record=CsvRecord(1, []), address=parse_address("ada@example.org"), status=status)


@pytest.mark.parametrize("order", list(itertools.permutations(REFUSED)))
def test_the_most_serious_refusal_is_remembered(order: tuple[RowStatus, ...]) -> None:
    seen = SeenPeople()
    for status in order:
        seen.add(row(status))
    assert seen.with_strictest_status(row(RowStatus.UNSUBSCRIBED)).status is RowStatus.ERASED
