"""
Gather the verdicts of all tools by sample and column, and print them as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from proof.verdict import Cell, Tool, Verdict

Key = tuple[str, str]
_NOTES_SHOWN = 5


class Proofs:
    """
    Hold a row for each template and case, in order; columns appear as tools add cells.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self.rows: dict[Key, dict[str, Cell]] = {key: {} for key in keys}
        self.pictures: dict[Key, dict[str, Path]] = {key: {} for key in keys}
        self.left_out: dict[str, str] = {}
        self.failed: dict[str, str] = {}

    def add(self, verdict: Verdict) -> None:
        """
        Put *verdict* in its place.
        """
        key = (verdict.sample.template, verdict.sample.case)
        self.rows[key] |= verdict.cells
        self.pictures[key] |= verdict.pictures

    def leave_out(self, tool: Tool, why: str) -> None:
        """
        Leave the columns of *tool* empty, and note *why*.
        """
        self.left_out[tool.name] = why

    def fail(self, tool: Tool, why: str) -> None:
        """
        Note that *tool* broke down, which misses the goal.
        """
        self.failed[tool.name] = why

    @property
    def are_met(self) -> bool:
        """
        Return True if nothing that was examined misses its goal.
        """
        return not self.failed and not any(self.missed())

    @property
    def columns(self) -> list[str]:
        """
        Return every column that somebody filled, in order.
        """
        return [*dict.fromkeys(column for row in self.rows.values() for column in row)]

    def missed(self) -> Iterator[tuple[Key, str, Cell]]:
        """
        Return each cell that misses its goal.
        """
        for key, row in self.rows.items():
            yield from ((key, column, cell) for column, cell in row.items() if not cell.is_met)

    def as_text(self) -> str:
        """
        Return the table as text; a cell that misses its goal has a `!`, and the reason is below.
        """
        head = ["template", "case", *self.columns]
        lines = [[*key, *map(self._said(key), self.columns)] for key in self.rows]
        widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
        text = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in (head, *lines)]
        return "\n".join([*text, *self._notes()])

    def _said(self, key: Key) -> Callable[[str], str]:
        row = self.rows[key]
        return lambda column: _word(row.get(column))

    def _notes(self) -> Iterator[str]:
        for (template, case), column, cell in self.missed():
            yield f"! {template}, {case}, {column}: {cell.said}"
            yield from (f"    {note}" for note in cell.notes[:_NOTES_SHOWN])
        yield from (f"! {name} failed: {why}" for name, why in self.failed.items())
        yield from (f"{name}: {why}" for name, why in self.left_out.items())


def _word(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    return cell.said if cell.is_met else f"{cell.said} !"
