"""
What is known about the exports of a product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from subscribers.import_export.cells import ReadTime
from subscribers.import_export.products.status_columns import CellMeaning, SaidStatus, said
from subscribers.import_export.products.times import time_reader
from subscribers.import_export.status_words import RowStatus, plain


@dataclass(frozen=True)
class FileSigns:
    """
    What a product is recognised by: the name of a file, its columns (none if it has no header), and
    the first of its rows. `into` are the names of the list that it is imported into.
    """

    file_name: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    into: Sequence[str] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """
        Return the normalised names of the columns.
        """
        return tuple(map(plain, self.header))

    @cached_property
    def name(self) -> str:
        """
        Return the normalised name of the file.
        """
        return plain(self.file_name)

    @property
    def is_own_export(self) -> bool:
        """
        Return True if the columns are those of our own export.
        """
        return self.has("statuschangedat", "statusreason")

    def has(self, *columns: str) -> bool:
        """
        Return True if the file has all these columns, by their normalised names.
        """
        return set(columns) <= set(self.columns)

    def count(self, columns: str) -> int:
        """
        Return how many of the space-separated *columns* the file has.
        """
        return len(set(columns.split()) & set(self.columns))

    def cells(self, column: str) -> list[str]:
        """
        Return the cells of a column that are not blank.
        """
        if column not in self.columns:
            return []
        place = self.columns.index(column)
        return [row[place] for row in self.rows if len(row) > place and row[place].strip()]


_NO_STATUS = said(RowStatus.PENDING, "no status")


def _says_nothing(_: FileSigns) -> None:
    return None


def _no_columns(_: FileSigns) -> Mapping[str, CellMeaning | None]:
    return {}


def _as_generic(file: FileSigns) -> ReadTime:
    return time_reader(file.rows)


def _no_values(_: str) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Product:
    """
    A product. `fields` are the normalised names of the columns of each field, in the order in which
    the first that is not blank counts (`createdate*`: whose name starts so); "" if a field has
    none. `statuses` is what columns say about a person's status, in addition to those of
    `status_columns`; `more_statuses` those that depend on the file, with None for a column that
    says nothing. `other_lists` are columns that say something about other lists than the one that
    the file is imported into.

    `file_status` is what the file as a whole says about everybody in it. `without_status` is the
    status of a row about which neither the file nor a column says anything. `tags` are the columns
    of tags and what joins them, `attributes` the column whose values are read by
    `read_attributes`, `hint` what to tell a person about such a file. The one of files that no
    product is known of is not `is_known`.
    """

    name: str
    is_origin_of: Callable[[FileSigns], bool]
    fields: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, CellMeaning] = field(default_factory=dict)
    more_statuses: Callable[[FileSigns], Mapping[str, CellMeaning | None]] = _no_columns
    other_lists: Callable[[FileSigns], Mapping[str, CellMeaning | None]] = _no_columns
    file_status: Callable[[FileSigns], SaidStatus | None] = _says_nothing
    without_status: SaidStatus = _NO_STATUS
    tags: Mapping[str, str] = field(default_factory=dict)
    time_reader: Callable[[FileSigns], ReadTime] = _as_generic
    attributes: str = ""
    read_attributes: Callable[[str], Mapping[str, Any]] = _no_values
    hint: Callable[[FileSigns], str | None] = _says_nothing
    is_first_column_email: bool = False
    is_known: bool = True


def words(**of_status: str) -> dict[str, RowStatus]:
    """
    Return the status by each of the space-separated words: `words(active="regular premium")`.
    """
    return {word: RowStatus(status) for status, each in of_status.items() for word in each.split()}
