"""
The types of presets: a person as it is written, the files of a product, and their cells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from subscribers.import_export.cells import join_notes
from subscribers.import_export.status_words import RowStatus


@dataclass(frozen=True, kw_only=True)
class PresetPerson:
    """
    A person on a list. The times are in ISO 8601 with Z, or empty; `values` are those of the
    declared fields.
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
        found: dict[str, Any] = {name: value for name, value in self.values.items() if value}
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
    """

    name: str
    files: Sequence[PresetFile]


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
