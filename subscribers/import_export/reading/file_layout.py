"""
How to read a file: which column is what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from subscribers.fields.model import Field
from subscribers.import_export.cells import ReadTime, read_time
from subscribers.import_export.products.consent_words import ConsentWords
from subscribers.import_export.products.status_columns import (
    SaidStatus,
    StatusColumn,
    Undecided,
    said,
)
from subscribers.import_export.status_words import RowStatus

# As our own export calls them.
_SHOWN_AS = {"first": "first_name", "last": "last_name"}
_ACTIVE = said(RowStatus.ACTIVE, "")

# Columns of our own exports only.
_SUPPRESSED = ("suppressed_on", "suppressions")


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """
    The column at `place`, whose cells hold values by name, as `read` returns them. `declared` are
    the declared fields among them, by their normalised names.
    """

    place: int
    read: Callable[[str], Mapping[str, Any]]
    declared: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FileLayout:
    """
    How to read a file. `header` has the name of every column (generated if the file has no header);
    `fields` the positions of each known field, of which the first cell that is not blank counts;
    `tags` the positions of columns of tags, and what joins them. `otherwise` is the status of a row
    about which no column says anything, `at_least` that of every row. `other_lists` are columns
    about other lists. Without a `delimiter`, each line is an address, or several.
    """

    product: str = "generic"
    delimiter: str
    skipped_lines: int
    has_header: bool
    header: tuple[str, ...]
    fields: Mapping[str, tuple[int, ...]]
    status_columns: tuple[StatusColumn, ...] = ()
    other_lists: tuple[StatusColumn, ...] = ()
    otherwise: SaidStatus = _ACTIVE
    at_least: SaidStatus | None = None
    tags: tuple[tuple[int, str], ...] = ()
    attributes: Attributes | None = None
    read_time: ReadTime = read_time
    declared: tuple[tuple[int, Field], ...] = ()
    hint: str | None = None
    is_json_lines: bool = False

    @property
    def columns(self) -> dict[str, str]:
        """
        Return what each column that is read is read as: `{"Vorname": "first_name"}`.
        """
        places = [
            (place, _SHOWN_AS.get(name, name))
            for name, columns in self.fields.items()
            for place in columns
        ]
        others = (*self.fields["email"], *self.fields.get("consent", ()))
        places += [
            (each.place, "status")
            for each in self.status_columns
            if each.place not in others and not isinstance(each.meaning, Undecided)
        ]
        places += [(place, "tags") for place, _ in self.tags]
        places += [(place, field.name) for place, field in self.declared]
        places += [(n, "suppressions") for n, name in enumerate(self.header) if name in _SUPPRESSED]
        if self.attributes:
            places.append((self.attributes.place, "attributes"))
        read: dict[str, str] = {}
        for place, name in sorted(places, key=lambda each: each[0]):
            column = self.header[place]
            read[column] = f"{read[column]}, {name}" if column in read else name
        return read

    @property
    def undecided(self) -> tuple[str, ...]:
        """
        Return the columns of which a person has to say whether they are about who may be emailed.
        """
        return tuple(
            self.header[each.place]
            for each in self.status_columns
            if isinstance(each.meaning, Undecided)
        )

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """
        Return the columns that are not read.
        """
        return tuple(column for column in self.header if column not in self.columns)

    def says_status(self, place: int) -> bool:
        """
        Return True if the column at *place* says who may be emailed, whatever a person says it is.
        Words such as "no" in a column of consents count whatever else it is read as.
        """
        return any(
            each.place == place
            and not isinstance(each.meaning, Undecided)
            and (not isinstance(each.meaning, ConsentWords) or each.meaning.are_flags)
            for each in self.status_columns
        )

    def is_about_others(self, cells: Sequence[str]) -> bool:
        """
        Return True for a row of a file of departures that is about other lists only.
        """
        if self.at_least is None:
            return False
        said = [
            any(each.place < len(cells) and each.read(cells[each.place]) for each in columns)
            for columns in (self.status_columns, self.other_lists)
        ]
        return said == [False, True]

    @property
    def severity(self) -> int:
        """
        Return how serious the status of every row is at least.
        """
        return self.at_least.severity if self.at_least else 0

    @property
    def value_fields(self) -> tuple[Field, ...]:
        """
        Return the declared fields of which the file may have values.
        """
        among = self.attributes.declared.values() if self.attributes else ()
        return tuple(
            {field.id: field for field in (*among, *dict(self.declared).values())}.values()
        )

    @property
    def taken(self) -> frozenset[int]:
        """
        Return the positions of the columns that say something about everybody.
        """
        places = {place for columns in self.fields.values() for place in columns}
        places |= {
            column.place
            for column in self.status_columns
            if not isinstance(column.meaning, Undecided)
        }
        places |= {place for place, _ in self.tags}
        return frozenset(places)
