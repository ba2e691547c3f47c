"""
Read what only our own exports have: the lists of a row, and the details in a line of JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from subscribers.import_export.cells import guard_formula, take_guard_off
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.detect_layout import detect_layout
from subscribers.import_export.export.canonical_csv import COLUMNS, THIS_LIST, join_words
from subscribers.import_export.products.attributes import read_json
from subscribers.import_export.reading.file_layout import Attributes, FileLayout
from subscribers.import_export.rows import Row
from subscribers.import_export.text_file import MAX_LINE
from subscribers.suppression.model import ALL_LISTS

MAX_JSON_LINE = 4_000_000
# The columns of JSON Lines: those of the CSV (`email` is `address` there), the values of fields,
# and all the rest.
_OF_PERSON = ("name", "language", "timezone")
_OF_LIST = ("status", "status_reason", "status_changed_at", "subscribed_at")
_FIELDS, _DETAILS = "fields", "details"
_HEADER = (*COLUMNS[1:-1], _FIELDS, _DETAILS)
_IN_DETAILS = ("created_at", "paused_until", "notes", "history")
NO_DETAILS: Mapping[str, Any] = {}


class OwnColumns:
    """
    Reads the columns of a layout that only our own exports have.
    """

    def __init__(self, layout: FileLayout) -> None:
        self._lists = _place(layout, "lists")
        self._suppressed_on = _place(layout, "suppressed_on")
        self._suppressions = _place(layout, "suppressions")
        self._details = _place(layout, _DETAILS) if layout.is_json_lines else None

    @property
    def has_lists(self) -> bool:
        return self._lists is not None

    def lists_of(self, record: CsvRecord) -> Sequence[str]:
        """
        Return the slugs of the lists that a record is about.
        """
        cell = _cell(record, self._lists)
        return [slug.strip() for slug in cell.split(";")] if cell else []

    def about(self, records: Iterable[CsvRecord], slug: str | None) -> Iterator[CsvRecord]:
        """
        Yield the records that are about the list, or all for None. One that cannot be read may be
        about any list.
        """
        for each in records:
            if slug is None or each.fault is not None or slug in self.lists_of(each):
                yield each

    def is_suppressed_here(self, row: Row) -> bool:
        """
        Return True if the row says that a suppression is about its list only.
        """
        return _cell(row.record, self._suppressed_on) == THIS_LIST

    def suppressions_of(self, row: Row) -> list[dict[str, Any]]:
        """
        Return the suppressions of the person of a row, on this list and others.
        """
        cell = _cell(row.record, self._suppressions)
        return _parse_objects(cell) if cell else []

    def details_of(self, row: Row) -> Mapping[str, Any]:
        """
        Return what a line of JSON says beside what a row has.
        """
        cell = _cell(row.record, self._details)
        return orjson.loads(cell) if cell else NO_DETAILS


def is_json_line(line: str) -> bool:
    """
    Return True if a file that begins with this line is one of JSON Lines.
    """
    return line.lstrip().startswith("{")


def json_lines_layout() -> FileLayout:
    """
    Return how the records of `read_json_lines` are read.
    """
    layout = detect_layout([",".join(_HEADER)])
    attributes = Attributes(place=_HEADER.index(_FIELDS), read=read_json)
    return replace(layout, is_json_lines=True, attributes=attributes)


def read_json_lines(lines: Iterable[str]) -> Iterator[CsvRecord]:
    """
    Read lines into records, one for each list of a person.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        person = _parse(line)
        subscriptions = objects(person.get("lists")) if person else []
        if person is None or not subscriptions:
            what = "about a list" if person else "a person as an export writes them"
            start = line.strip().replace("\0", "")[:MAX_LINE]
            yield CsvRecord(number, [start], f"this line is not {what}")
            continue
        for each in subscriptions:
            yield CsvRecord(number, _cells(person, each))


def objects(value: Any) -> list[dict[str, Any]]:
    """
    Return the objects in a JSON array; none if *value* is not one.
    """
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """
    Return a JSON text without NUL, which PostgreSQL cannot store; an empty one if *value* is none.
    """
    return value.replace("\0", "") if isinstance(value, str) else ""


def _parse(line: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("address"), str) else None


def _parse_objects(cell: str) -> list[dict[str, Any]]:
    try:
        return objects(orjson.loads(cell))
    except orjson.JSONDecodeError:
        return []


def _cells(person: Mapping[str, Any], each: Mapping[str, Any]) -> list[str]:
    consents = objects(each.get("consents"))
    last = consents[-1] if consents else {}
    tags = person.get("tags")
    suppressions = objects(person.get("suppressions"))
    scopes = [text_of(found.get("scope")) for found in suppressions]
    details = {name: person.get(name) for name in _IN_DETAILS}
    fields = {
        "email": text_of(person.get("address")),
        **{name: text_of(person.get(name)) for name in _OF_PERSON},
        **{name: text_of(each.get(name)) for name in _OF_LIST},
        "confirmed_at": text_of(last.get("given_at")),
        "consent": text_of(last.get("text")),
        "optin_source": text_of(last.get("source")),
        "suppressed_on": THIS_LIST if scopes and ALL_LISTS not in scopes else "",
        "suppressions": orjson.dumps(suppressions).decode() if suppressions else "",
        "lists": text_of(each.get("list")),
        "tags": join_words([*map(text_of, tags)]) if isinstance(tags, list) else "",
        _FIELDS: orjson.dumps(person.get("fields") or {}).decode(),
        _DETAILS: orjson.dumps({**details, **each}).decode(),
    }
    return [guard_formula(fields.get(column, "")) for column in _HEADER]


def _place(layout: FileLayout, column: str) -> int | None:
    return layout.header.index(column) if column in layout.header else None


def _cell(record: CsvRecord, place: int | None) -> str:
    if place is None or place >= len(record.cells):
        return ""
    return take_guard_off(record.cells[place])
