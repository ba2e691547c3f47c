"""
Write people for another product: a CSV file, or a ZIP archive if the product takes several.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import IO, Any

import sqlalchemy as sa

from subscribers.import_export.export.more_values import MoreValues
from subscribers.import_export.export.presets.buttondown import BUTTONDOWN
from subscribers.import_export.export.presets.ghost import GHOST
from subscribers.import_export.export.presets.keila import KEILA
from subscribers.import_export.export.presets.listmonk import LISTMONK
from subscribers.import_export.export.presets.mailchimp import MAILCHIMP
from subscribers.import_export.export.presets.model import Preset, PresetPerson
from subscribers.import_export.export.select_rows import select_rows
from subscribers.import_export.export.times import shown_time
from subscribers.import_export.export.who import ExportedPeople
from subscribers.import_export.status_words import RowStatus, stored_status

PRESETS: Mapping[str, Preset] = {
    each.name: each for each in (MAILCHIMP, LISTMONK, GHOST, BUTTONDOWN, KEILA)
}
_ROWS_AT_ONCE = 2_000


def export_preset(
    connection: sa.Connection, out: IO[bytes], *, who: ExportedPeople, preset: Preset
) -> tuple[int, int]:
    """
    Write the people of one list. Return the number of those written and of those left out, because
    the product has no word for their status.
    """
    with ExitStack() as stack:
        parts = [stack.enter_context(tempfile.TemporaryFile()) for _ in preset.files]
        counts = _write(connection, parts, who, preset)
        for part in parts:
            part.seek(0)
        if len(parts) == 1:
            shutil.copyfileobj(parts[0], out)
            return counts
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, part in zip(preset.files, parts, strict=True):
                with archive.open(file.name, "w", force_zip64=True) as entry:
                    shutil.copyfileobj(part, entry)
    return counts


def _write(
    connection: sa.Connection, parts: Sequence[IO[bytes]], who: ExportedPeople, preset: Preset
) -> tuple[int, int]:
    texts = [io.TextIOWrapper(part, encoding="utf-8", newline="") for part in parts]
    writers = [csv.writer(text, lineterminator="\n") for text in texts]
    for file, writer in zip(preset.files, writers, strict=True):
        writer.writerow(file.columns)
    places = {status: n for n, file in enumerate(preset.files) for status in file.words}
    written = left_out = 0
    for person in _people(connection, who):
        place = places.get(person.status)
        if place is None:
            left_out += 1
            continue
        file = preset.files[place]
        writers[place].writerow(file.cells(person, file.words[person.status]))
        written += 1
    for text in texts:
        text.detach()
    return written, left_out


def _people(connection: sa.Connection, who: ExportedPeople) -> Iterator[PresetPerson]:
    more = MoreValues(connection)
    rows = connection.execute(select_rows(who).execution_options(yield_per=_ROWS_AT_ONCE))
    for part in rows.partitions():
        tags, notes, values = more.of([row.id for row in part])
        for row in part:
            given = dict(zip(more.fields, values.get(row.id, ()), strict=False))
            yield _person(row, tags.get(row.id, ()), notes.get(row.id, ()), given)


def _person(
    row: sa.Row[Any], tags: Sequence[str], notes: Sequence[str], values: Mapping[str, str]
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
    )
