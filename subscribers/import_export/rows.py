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
    clean_note,
    split_email_cell,
    take_guard_off,
)
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.declared_fields.columns import NO_VALUES, read_more
from subscribers.import_export.products.consent_words import ConsentWords, consent_sentence
from subscribers.import_export.products.status_columns import SaidStatus, is_blank
from subscribers.import_export.reading.file_layout import FileLayout
from subscribers.import_export.status_words import SEVERITY, RowStatus
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address
from subscribers.validation.timezones import read_timezone

NO_FAULTS: Sequence[str] = ()
# The fields of `column_names`, in the order in which a row is made of them.
_FIELDS = (
    "email", "name", "first", "last", "language", "timezone", "note", "consent", "consent_source",
    "status_reason", "consent_at", "signed_up_at", "status_at",
)  # fmt: skip
# Times without an offset may be those of any time zone.
_A_DAY = dt.timedelta(days=1)


class BadRow(Exception):
    """
    Raised for a record that cannot be imported; the message says why.
    """


class Row(NamedTuple):
    """
    One row of a file. `word` is how the product says the status. A time or the time zone is None if
    the file has none that can be read; `unknown_timezone` is a time zone in the file that is not
    known, `unknown_consent_time` a time that cannot be right, `unreadable_name` a name that could
    not be decoded. `values` are those of declared fields by their names; `value_faults` say which
    cells are none. `tags` are in lower case. `keys_left_out` are those of attributes that no field
    has.
    """

    record: CsvRecord
    address: Address
    name: str = ""
    status: RowStatus = RowStatus.ACTIVE
    word: str = ""
    status_reason: str = ""
    status_at: dt.datetime | None = None
    signed_up_at: dt.datetime | None = None
    language: str | None = None
    timezone: str | None = None
    unknown_timezone: str = ""
    unreadable_name: str = ""
    consent: str = ""
    consent_at: dt.datetime | None = None
    unknown_consent_time: str = ""
    consent_source: str = ""
    values: Mapping[str, str] = NO_VALUES
    value_faults: Sequence[str] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    keys_left_out: tuple[str, ...] = ()

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
            word=more_serious.word,
            status_reason=more_serious.status_reason,
            status_at=more_serious.status_at,
        )


class RowReader:
    """
    Converts records to rows according to the layout of their file. Nobody agreed after the time
    *latest*.
    """

    def __init__(self, layout: FileLayout, *, latest: dt.datetime | None = None) -> None:
        self._layout = layout
        self._latest = latest and latest + _A_DAY
        self._width = len(layout.header)
        # A field without a column is read from a blank cell that follows those of a row.
        nowhere = (self._width,)
        self._places = [layout.fields.get(field, nowhere)[0] for field in _FIELDS]
        has_words = any(isinstance(each.meaning, ConsentWords) for each in layout.status_columns)
        # In our own exports a consent is what was recorded, whatever it is.
        self._read_consent = consent_sentence if has_words else str.strip
        self._next_places = [
            (_FIELDS.index(field), places[1:])
            for field, places in layout.fields.items()
            if len(places) > 1
        ]

    def read(self, record: CsvRecord) -> Row:
        """
        Convert *record* to a row. Cells missing at its end are treated as blank.

        Raises:
            BadRow: the record has a fault, too many cells, or no valid address.
        """
        cells = self._fit_to_width(record)
        given = self._given(cells)
        name, text = split_email_cell(given[0])
        if not text.strip():
            raise BadRow(phrase("this row has no address"))
        try:
            address = parse_address(text)
        except InvalidAddress as error:
            raise BadRow(str(error)) from error
        return self._make_row(record, cells, given, address, name)

    def evidence(self, row: Row) -> str:
        """
        Return the row as it was in the file, as JSON: the non-blank cells by column.
        """
        pairs = zip(self._layout.header, row.record.cells, strict=False)
        return orjson.dumps({column: cell for column, cell in pairs if cell}).decode()

    def _fit_to_width(self, record: CsvRecord) -> Sequence[str]:
        """
        Return a cell for each column, and a blank one.
        """
        cells, width = record.cells, self._width
        if record.fault:
            raise BadRow(record.fault)
        if len(cells) != width:
            if any(cells[width:]):
                raise BadRow(f"this row has {len(cells)} cells, but the file has {width} columns")
            cells = [*cells[:width], *[""] * (width - len(cells))]
        return [take_guard_off(cell) if "'" in cell else cell for cell in cells] + [""]

    def _given(self, cells: Sequence[str]) -> list[str]:
        """
        Return the first cell of each of `_FIELDS` that is not blank.
        """
        given = [cells[place] for place in self._places]
        for number, places in self._next_places:
            if not given[number]:
                given[number] = next((cells[place] for place in places if cells[place]), "")
        return given

    def _make_row(
        self,
        record: CsvRecord,
        cells: Sequence[str],
        given: Sequence[str],
        address: Address,
        name: str,
    ) -> Row:
        read_time = self._layout.read_time
        _, full, first, last, language, zone, note, consent, source, reason, *times = given
        timezone = read_timezone(zone.strip())
        language_tag = language.strip()[:35] or None
        more = read_more(self._layout, cells, language_tag)
        name = clean_name(full or f"{first} {last}") or clean_name(more.name) or name
        unreadable_name = name if "\ufffd" in name else ""
        status = self._status(cells)
        consent_at, signed_up_at, status_at = map(read_time, times)
        unknown_consent_time = ""
        if times[0] and not self._may_be_consent(times[0], consent_at):
            consent_at, unknown_consent_time = None, times[0].strip()
        return Row(
            record=record,
            address=address,
            name="" if unreadable_name else name,
            unreadable_name=unreadable_name,
            status=status.status,
            word=status.word,
            status_reason=reason,
            status_at=status_at,
            signed_up_at=signed_up_at,
            language=language_tag,
            timezone=timezone,
            unknown_timezone="" if timezone else zone.strip(),
            consent=self._read_consent(consent),
            consent_at=consent_at,
            unknown_consent_time=unknown_consent_time,
            consent_source=source,
            values=more.values,
            value_faults=more.faults,
            tags=more.tags,
            keys_left_out=more.keys_left_out,
            note=note and clean_note(note),
        )

    def _may_be_consent(self, cell: str, at: dt.datetime | None) -> bool:
        if at is None:
            return is_blank(cell)
        return self._latest is None or at <= self._latest

    def _status(self, cells: Sequence[str]) -> SaidStatus:
        found = self._layout.at_least
        for column in self._layout.status_columns:
            said = column.read(cells[column.place])
            if said is not None and (found is None or said.severity > found.severity):
                found = said
        return found or self._layout.otherwise
