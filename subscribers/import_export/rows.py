"""
Convert the cells of a record to a row: who it is about and what it says about them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from subscribers.errors import InvalidAddress
from subscribers.import_export.cells import (
    clean_name,
    read_time,
    split_email_cell,
    take_guard_off,
)
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.declared_fields.columns import read_values
from subscribers.import_export.detect_layout import FileLayout
from subscribers.import_export.status_words import SEVERITY, RowStatus, read_status
from subscribers.validation.address import Address, parse_address
from subscribers.validation.timezones import read_timezone

NO_VALUES: Mapping[str, str] = {}


class BadRow(Exception):
    """
    Raised for a record that cannot be imported; the message says why.
    """


class Row(NamedTuple):
    """
    One row of a file. A time or the time zone is None if the file has none that can be read;
    `unknown_timezone` is a time zone in the file that is not known, `unreadable_name` a name with
    characters that could not be decoded. `values` are those of declared fields by their names;
    `value_faults` say which cells are none. `tags` are in lower case.
    """

    record: CsvRecord
    address: Address
    name: str = ""
    status: RowStatus = RowStatus.ACTIVE
    status_reason: str = ""
    status_at: dt.datetime | None = None
    signed_up_at: dt.datetime | None = None
    language: str | None = None
    timezone: str | None = None
    unknown_timezone: str = ""
    unreadable_name: str = ""
    consent: str = ""
    consent_at: dt.datetime | None = None
    consent_source: str = ""
    values: Mapping[str, str] = NO_VALUES
    value_faults: Sequence[str] = ()
    tags: tuple[str, ...] = ()
    note: str = ""

    def merged_with(self, later: Row) -> Row:
        """
        Merge this row with a *later* one about the same person: use the more serious status, the
        first name, time zone and note given, and the tags of both.
        """
        more_serious = max(self, later, key=lambda row: SEVERITY[row.status])
        return self._replace(
            name=self.name or later.name,
            timezone=self.timezone or later.timezone,
            values={**later.values, **self.values},
            tags=tuple(dict.fromkeys((*self.tags, *later.tags))),
            note=self.note or later.note,
            unknown_timezone=self.unknown_timezone or later.unknown_timezone,
            status=more_serious.status,
            status_reason=more_serious.status_reason,
            status_at=more_serious.status_at,
        )


class RowReader:
    """
    Converts records to rows according to the layout of their file.
    """

    def __init__(self, layout: FileLayout) -> None:
        self._layout = layout
        self._fields = {name: place for name, place in layout.fields.items() if name != "email"}
        self._email = layout.fields["email"]
        self._width = len(layout.header)

    def read(self, record: CsvRecord) -> Row:
        """
        Convert *record* to a row. Cells missing at its end are treated as blank.

        Raises:
            BadRow: the record has a fault, too many cells, or no valid address.
        """
        cells = self._fit_to_width(record)
        name, text = split_email_cell(cells[self._email])
        if not text.strip():
            raise BadRow("this row has no address")
        try:
            address = parse_address(text)
        except InvalidAddress as error:
            raise BadRow(str(error)) from error
        return self._make_row(record, cells, address, name)

    def evidence(self, row: Row) -> str:
        """
        Return the row as it was in the file, as JSON: the non-blank cells by column.
        """
        pairs = zip(self._layout.header, row.record.cells, strict=False)
        return orjson.dumps({column: cell for column, cell in pairs if cell}).decode()

    def _fit_to_width(self, record: CsvRecord) -> Sequence[str]:
        cells, width = record.cells, self._width
        if record.fault:
            raise BadRow(record.fault)
        cells = [take_guard_off(cell) for cell in cells]
        if len(cells) == width:
            return cells
        if len(cells) < width:
            return [*cells, *[""] * (width - len(cells))]
        if any(cells[width:]):
            raise BadRow(f"this row has {len(cells)} cells, but the file has {width} columns")
        return cells[:width]

    def _make_row(
        self, record: CsvRecord, cells: Sequence[str], address: Address, name: str
    ) -> Row:
        given = {field: cells[place] for field, place in self._fields.items() if cells[place]}
        get = given.get
        first_and_last = f"{get('first', '')} {get('last', '')}"
        timezone_cell = get("timezone", "").strip()
        timezone = read_timezone(timezone_cell)
        name = clean_name(get("name", "") or first_and_last) or name
        unreadable_name = name if "\ufffd" in name else ""
        language = get("language", "").strip()[:35] or None
        declared = self._layout.declared
        values, faults = read_values(declared, cells, language) if declared else (NO_VALUES, ())
        return Row(
            record=record,
            address=address,
            name="" if unreadable_name else name,
            unreadable_name=unreadable_name,
            status=self._status(cells),
            status_reason=get("status_reason", ""),
            status_at=read_time(get("status_at", "")),
            signed_up_at=read_time(get("signed_up_at", "")),
            language=language,
            timezone=timezone,
            unknown_timezone="" if timezone else timezone_cell,
            consent=get("consent", "").strip(),
            consent_at=read_time(get("consent_at", "")),
            consent_source=get("consent_source", ""),
            values=values,
            value_faults=faults,
        )

    def _status(self, cells: Sequence[str]) -> RowStatus:
        statuses = [
            read_status(column, cells[place]) for place, column in self._layout.status_columns
        ]
        return max([RowStatus.ACTIVE, *statuses], key=SEVERITY.__getitem__)
