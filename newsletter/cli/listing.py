"""
Print a long list part by part, so that a million rows take no more memory than a page of them.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from newsletter.cli.session import Session, one_line

# The JSON of a row, and its cells in the table for a person.
ListedRow = tuple[Any, Sequence[object]]


_WIDEST = 40
# The rows of a table that nobody asked to be longer.
ROWS = 50
DEFAULT_ROWS = f"{ROWS}; with --json all"


def shortened(cell: str) -> str:
    """
    Return a cell that people chose the length of so that the columns after it stay in view.
    """
    return cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…"


def most_rows(session: Session, asked: int | None) -> int | None:
    """
    Return how many rows to show: as many as were *asked* for, else a table's worth for a person,
    and all (None) for a program.
    """
    return asked if asked is not None or session.as_json else ROWS


class ListPrinter:
    """
    A table or one JSON array that is being printed. `is_empty` until a row was added.
    """

    def __init__(self, headings: Sequence[str], *, as_json: bool) -> None:
        self.is_empty = True
        self._headings = headings
        self._as_json = as_json
        self._widths = [len(heading) for heading in headings]

    def add(self, rows: Sequence[ListedRow]) -> None:
        """
        Print more rows. The columns of a table are as wide as the widest cell so far.
        """
        for value, _ in rows if self._as_json else ():
            text = json.dumps(value, ensure_ascii=False, indent=2)
            typer.echo("[\n" if self.is_empty else ",\n", nl=False)
            typer.echo(textwrap.indent(text, "  "), nl=False)
            self.is_empty = False
        if rows and not self._as_json:
            self._print_table([[one_line(str(cell)) for cell in cells] for _, cells in rows])
            self.is_empty = False

    def _print_table(self, cells: list[list[str]]) -> None:
        if self.is_empty:
            cells = [list(self._headings), *cells]
        for row in cells:
            self._widths = [max(w, len(c)) for w, c in zip(self._widths, row, strict=True)]
        for row in cells:
            line = "  ".join(c.ljust(w) for c, w in zip(row, self._widths, strict=True))
            typer.echo(line.rstrip())


@contextmanager
def listing(session: Session, headings: Sequence[str], *, empty: str) -> Iterator[ListPrinter]:
    """
    Yield what rows are printed with; without any row, print *empty* or an empty JSON array.
    """
    shown = ListPrinter(headings, as_json=session.as_json)
    yield shown
    if session.as_json:
        typer.echo("[]" if shown.is_empty else "\n]")
    elif shown.is_empty:
        typer.echo(empty)
