"""
Write people for another product: a CSV file, or a ZIP archive if the product takes several.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import IO, Any

import sqlalchemy as sa

from subscribers.fields.json_values import from_stored
from subscribers.fields.words import value_in_words
from subscribers.import_export.cells import guard_formula
from subscribers.import_export.export.more_values import MoreValues
from subscribers.import_export.export.presets.buttondown import BUTTONDOWN
from subscribers.import_export.export.presets.ghost import GHOST
from subscribers.import_export.export.presets.keila import KEILA
from subscribers.import_export.export.presets.listmonk import LISTMONK
from subscribers.import_export.export.presets.mailchimp import MAILCHIMP
from subscribers.import_export.export.presets.model import Preset, PresetPerson, PresetResult
from subscribers.import_export.export.select_rows import select_rows
from subscribers.import_export.export.times import shown_time
from subscribers.import_export.export.who import ExportedPeople
from subscribers.import_export.status_words import RowStatus, stored_status

PRESETS: Mapping[str, Preset] = {
    each.name: each for each in (MAILCHIMP, LISTMONK, GHOST, BUTTONDOWN, KEILA)
}
_ROWS_AT_ONCE = 2_000
# No formula of these calls anything, and products know phones by the sign.
_NUMBER = re.compile(r"[+-]?[0-9][0-9 ().,/-]*")


def export_preset(
    connection: sa.Connection,
    out: IO[bytes],
    *,
    who: ExportedPeople,
    preset: Preset,
    with_notes: bool = False,
) -> PresetResult:
    """
    Write the people of one list; the notes of staff only if *with_notes*.
    """
    more = MoreValues(connection, who.reach)
    with ExitStack() as stack:
        parts = [stack.enter_context(tempfile.TemporaryFile()) for _ in preset.files]
        people = _people(connection, who, more, with_notes=with_notes)
        written, left_out = _write(parts, people, preset, more.fields)
        fields = tuple(more.fields) if preset.has_no_fields else ()
        is_without_notes = more.has_notes and not (preset.has_notes and with_notes)
        result = PresetResult(written, left_out, fields, is_without_notes)
        for part in parts:
            part.seek(0)
        if len(parts) == 1:
            shutil.copyfileobj(parts[0], out)
            return result
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, part in zip(preset.files, parts, strict=True):
                with archive.open(file.name, "w", force_zip64=True) as entry:
                    shutil.copyfileobj(part, entry)
    return result


def _write(
    parts: Sequence[IO[bytes]],
    people: Iterable[PresetPerson],
    preset: Preset,
    fields: Sequence[str],
) -> tuple[int, int]:
    texts = [io.TextIOWrapper(part, encoding="utf-8", newline="") for part in parts]
    writers = [csv.writer(text, lineterminator="\n") for text in texts]
    for file, writer in zip(preset.files, writers, strict=True):
        writer.writerow([*file.columns, *(fields if preset.has_field_columns else ())])
    places = {status: n for n, file in enumerate(preset.files) for status in file.words}
    written = left_out = 0
    for person in people:
        place = places.get(person.status)
        if place is None:
            left_out += 1
            continue
        file = preset.files[place]
        values = _field_cells(person, fields) if preset.has_field_columns else ()
        cells = [*file.cells(person, file.words[person.status]), *values]
        writers[place].writerow([_guarded(cell, person) for cell in cells])
        written += 1
    for text in texts:
        text.detach()
    return written, left_out


def _guarded(cell: object, person: PresetPerson) -> object:
    """
    Return a cell without formulas. Of an address or a number, such as that of a phone, nothing is
    changed, because the product would not know it again.
    """
    is_text = isinstance(cell, str) and cell != person.email and not _NUMBER.fullmatch(cell)
    return guard_formula(str(cell)) if is_text else cell


def _field_cells(person: PresetPerson, fields: Sequence[str]) -> list[str]:
    return [value_in_words(person.values.get(name, "")) for name in fields]


def _people(
    connection: sa.Connection, who: ExportedPeople, more: MoreValues, *, with_notes: bool
) -> Iterator[PresetPerson]:
    rows = connection.execute(select_rows(who).execution_options(yield_per=_ROWS_AT_ONCE))
    for part in rows.partitions():
        tags, notes, values = more.of([row.id for row in part])
        for row in part:
            given = dict(zip(more.fields, values.get(row.id, ()), strict=False))
            typed = {
                field.name: from_stored(field.type, given[field.name])
                for field in more.declared
                if given.get(field.name)
            }
            theirs = notes.get(row.id, ()) if with_notes else ()
            yield _person(row, tags.get(row.id, ()), theirs, given, typed)


def _person(
    row: sa.Row[Any],
    tags: Sequence[str],
    notes: Sequence[str],
    values: Mapping[str, str],
    typed_values: Mapping[str, object],
) -> PresetPerson:
    suppressed = row.everywhere_reason or row.here_reason
    since = row.everywhere_since or row.here_since or row.since
    status: RowStatus = stored_status(row.state, suppressed)
    return PresetPerson(
        id=row.id,
        email=row.email,
        name=row.name,
        status=status,
        status_changed_at=shown_time(since),
        subscribed_at=shown_time(row.created_at),
        confirmed_at=shown_time(row.given_at) if row.given_at else "",
        tags=tags,
        notes=notes,
        values=values,
        typed_values=typed_values,
    )
