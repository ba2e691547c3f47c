"""
The types of presets: a person as it is written, the files of a product, and their cells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from subscribers.import_export.cells import join_notes
from subscribers.import_export.status_words import RowStatus


@dataclass(frozen=True, kw_only=True)
class PresetPerson:
    """
    A person on a list. The times are in ISO 8601 with Z, or empty; `values` are those of the
    declared fields, as they are stored, and `typed_values` those that there are, as JSON has them.
    """

    id: int
    email: str
    name: str
    status: RowStatus
    status_changed_at: str
    subscribed_at: str
    confirmed_at: str
    tags: Sequence[str]
    notes: Sequence[str]
    values: Mapping[str, str]
    typed_values: Mapping[str, Any]

    @property
    def first_and_last(self) -> tuple[str, str]:
        """
        Return the name in two parts; the last word is the last name, if there are several.
        """
        first, _, last = self.name.rpartition(" ")
        return (first, last) if first else (last, "")

    @property
    def note(self) -> str:
        return join_notes(self.notes)

    def as_json(self, **more: str) -> str:
        """
        Return the values of fields, the tags and *more* values, if there are any, as JSON.
        """
        found: dict[str, Any] = {**self.typed_values}
        found |= {name: value for name, value in more.items() if value}
        if self.tags:
            found["tags"] = list(self.tags)
        return orjson.dumps(found).decode()


@dataclass(frozen=True, kw_only=True)
class PresetFile:
    """
    A file of a product: its name if there are several, its columns, and who is in it, with the
    words that the product has for them.
    """

    name: str
    columns: Sequence[str]
    words: Mapping[RowStatus, str]
    cells: Callable[[PresetPerson, str], Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """
    The files that a product takes. Whoever has a status that none has is left out.

    `has_field_columns` says that each field has a column after those of the files, `has_no_fields`
    that the product takes none, and `has_notes` that it takes the notes of staff.
    """

    name: str
    files: Sequence[PresetFile]
    has_field_columns: bool = False
    has_no_fields: bool = False
    has_notes: bool = False


class PresetResult(NamedTuple):
    """
    How many people were written, and how many left out because the product has no word for their
    status; the names of the fields that it does not take, and whether there are notes that it does
    not get.
    """

    written: int
    left_out: int
    fields_left_out: tuple[str, ...]
    notes_left_out: bool


def local_time(time: str) -> str:
    """
    Return a time as products write it that know no zone: `2026-01-31 09:00:00`, in UTC.
    """
    return time[:19].replace("T", " ")


def joined(words: Sequence[str], separator: str) -> str:
    """
    Join words as in CSV: those with a separator or quote are quoted.
    """
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="").writerow(words)
    return out.getvalue() if words else ""
