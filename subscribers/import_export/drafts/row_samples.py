"""
Keep the first rows of each outcome of an import, to show them to a person before it begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.import_policy import RowDecision, RowOutcome
from subscribers.text.phrases import pack_text, unpack_text

MOST = 5
_MOST_CHARS = 120


@dataclass(frozen=True, kw_only=True)
class SampleRow:
    """
    A row by its line. `text` is the address, or what is in a row without one; `status` what the
    person is afterwards. `why` is why it was refused, or why the person is kept out.
    """

    line: int
    text: str
    name: str = ""
    status: str = ""
    why: str = ""


class RowSamples:
    """
    The first rows of each outcome, at most *most*. `known_elsewhere` counts those who are new to
    the list, and were known already.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.rows: dict[str, list[SampleRow]] = {}
        self.known_elsewhere = 0

    def add(self, decision: RowDecision) -> None:
        """
        Keep the row of a decision, if it is among the first.
        """
        is_new = decision.outcome is RowOutcome.CREATED
        self.known_elsewhere += is_new and decision.known.subscriber_id is not None
        is_erased = decision.outcome is RowOutcome.REFUSED and not decision.refusal
        if is_erased or not self._has_room(decision.outcome):
            return
        suppressed = decision.known.suppressed
        self._keep(
            decision.outcome,
            SampleRow(
                line=decision.row.record.line,
                text=_cut(decision.row.address.email),
                name=_cut(decision.row.name),
                status=decision.status.value if decision.status else "",
                why=decision.refusal or (suppressed.value if suppressed else ""),
            ),
        )

    def add_unread(self, record: CsvRecord, reason: str) -> None:
        """
        Keep a row that cannot be read, if it is among the first.
        """
        if self._has_room(RowOutcome.INVALID):
            text = ", ".join(cell for cell in record.cells if cell.strip())
            self._keep(RowOutcome.INVALID, SampleRow(line=record.line, text=_cut(text), why=reason))

    def as_json(self) -> dict[str, Any]:
        """
        Return the rows as `read_samples` takes them.
        """
        return {name: [_packed(row) for row in rows] for name, rows in self.rows.items()}

    def _has_room(self, outcome: RowOutcome) -> bool:
        return len(self.rows.get(outcome.value, ())) < self.most

    def _keep(self, outcome: RowOutcome, row: SampleRow) -> None:
        self.rows.setdefault(outcome.value, []).append(row)


def read_samples(found: Mapping[str, Any]) -> dict[str, Sequence[SampleRow]]:
    """
    Return the rows that `RowSamples.as_json` gave.
    """
    return {
        name: [SampleRow(**{**row, "why": unpack_text(row["why"])}) for row in rows]
        for name, rows in found.items()
    }


def _packed(row: SampleRow) -> dict[str, Any]:
    return {**vars(row), "why": pack_text(row.why)}


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"
