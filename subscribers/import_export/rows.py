"""
Cells into a row: who it is about and what it says of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from subscribers.errors import InvalidAddress
from subscribers.import_export.cells import clean_name, read_time, split_email_cell
from subscribers.import_export.csv_records import Record
from subscribers.import_export.detect_layout import Layout
from subscribers.import_export.status_words import GRAVITY, RowStatus, read_signal
from subscribers.validation.address import Address, parse_address
from subscribers.validation.timezones import read_timezone


class BadRow(Exception):
    """
    A record that is no row; the text says why.
    """


class Row(NamedTuple):
    """
    One row, read. Times and the time zone are None where the file gives none that can be read;
    `odd_timezone` is a word for a zone that is none.
    """

    record: Record
    address: Address
    name: str = ""
    status: RowStatus = RowStatus.ACTIVE
    status_reason: str = ""
    status_at: dt.datetime | None = None
    signed_up_at: dt.datetime | None = None
    language: str | None = None
    timezone: str | None = None
    odd_timezone: str = ""
    consent: str = ""
    consent_at: dt.datetime | None = None
    consent_source: str = ""

    def merged_with(self, later: Row) -> Row:
        """
        One row of two about the same person: the graver status, and the first name and
        time zone there are.
        """
        graver = max(self, later, key=lambda row: GRAVITY[row.status])
        return self._replace(
            name=self.name or later.name,
            timezone=self.timezone or later.timezone,
            odd_timezone=self.odd_timezone or later.odd_timezone,
            status=graver.status,
            status_reason=graver.status_reason,
            status_at=graver.status_at,
        )


class RowReader:
    """
    Reads records into rows by one file's layout.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._fields = {name: place for name, place in layout.fields.items() if name != "email"}
        self._email = layout.fields["email"]
        self._width = len(layout.header)

    def read(self, record: Record) -> Row:
        """
        The row in *record*. Missing cells at its end are blank.

        Raises:
            BadRow: it is faulty, too wide, or has no address.
        """
        cells = self._whole(record)
        name, text = split_email_cell(cells[self._email])
        if not text.strip():
            raise BadRow("there is no address in this row")
        try:
            address = parse_address(text)
        except InvalidAddress as error:
            raise BadRow(str(error)) from error
        return self._fill(record, cells, address, name)

    def evidence(self, row: Row) -> str:
        """
        The row as it came, as JSON: the cells that are not blank, by their columns.
        """
        pairs = zip(self._layout.header, row.record.cells, strict=False)
        return orjson.dumps({column: cell for column, cell in pairs if cell}).decode()

    def _whole(self, record: Record) -> Sequence[str]:
        cells, width = record.cells, self._width
        if record.fault:
            raise BadRow(record.fault)
        if len(cells) == width:
            return cells
        if len(cells) < width:
            return [*cells, *[""] * (width - len(cells))]
        if any(cells[width:]):
            raise BadRow(f"there are {len(cells)} cells where the first line has {width}")
        return cells[:width]

    def _fill(self, record: Record, cells: Sequence[str], address: Address, name: str) -> Row:
        given = {field: cells[place] for field, place in self._fields.items() if cells[place]}
        get = given.get
        both = f"{get('first', '')} {get('last', '')}"
        zone = get("timezone", "").strip()
        timezone = read_timezone(zone)
        return Row(
            record=record,
            address=address,
            name=clean_name(get("name", "") or both) or name,
            status=self._status(cells),
            status_reason=get("status_reason", ""),
            status_at=read_time(get("status_at", "")),
            signed_up_at=read_time(get("signed_up_at", "")),
            language=get("language", "").strip()[:35] or None,
            timezone=timezone,
            odd_timezone="" if timezone else zone,
            consent=get("consent", "").strip(),
            consent_at=read_time(get("consent_at", "")),
            consent_source=get("consent_source", ""),
        )

    def _status(self, cells: Sequence[str]) -> RowStatus:
        found = RowStatus.ACTIVE
        for place, column in self._layout.signals:
            said = read_signal(column, cells[place])
            if GRAVITY[said] > GRAVITY[found]:
                found = said
        return found
