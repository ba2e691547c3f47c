"""
Actions on the people in a file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import IO, TextIO

import sqlalchemy as sa

from newsletter.actions.guard.objects import people_in, the_list
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.search import segment_of, within_reach
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from subscribers.bulk.confirm_file import ConfirmReport, confirm_file
from subscribers.filters.conditions import select_matching
from subscribers.filters.model import PeopleFilter
from subscribers.import_export.export.canonical_csv import export_csv
from subscribers.import_export.export.json_lines import export_json_lines
from subscribers.import_export.export.presets.model import PresetResult
from subscribers.import_export.export.presets.write_preset import PRESETS, export_preset
from subscribers.import_export.export.who import ExportedPeople
from subscribers.lists import find_list
from subscribers.segments.records import find_segment


@requires(
    Permission.PEOPLE_WRITE,
    "subscriber.confirm_file",
    about=the_list("list_slug"),
    in_steps=True,
)
def confirm_people(
    app: App,
    file: Path,
    list_slug: str | None,
    *,
    by: Actor,
    evidence: str,
    dry_run: bool,
    progress: Callable[[int, int], None],
) -> ConfirmReport:
    """
    Confirm the pending people of a file, on one list or on all; *progress* is called with the bytes
    read and all bytes.

    Raises:
        UnknownList: there is no such list.
        SubscribersError: the file cannot be read, or *evidence* is empty.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
    return confirm_file(
        app.database.engine,
        file,
        mailing_list=mailing_list,
        evidence=evidence,
        dry_run=dry_run,
        by=by.origin,
        now=app.clock(),
        keyring=app.links.keys,
        progress=progress,
    )


@requires(Permission.PEOPLE_EXPORT, "subscriber.export", about=people_in(), in_steps=True)
def export_people(
    app: App,
    which: PeopleFilter,
    out: TextIO,
    *,
    is_raw: bool = False,
    as_json_lines: bool = False,
    by: Actor,
) -> int:
    """
    Write the people whom a filter matches to a stream, as they are on its list or on all, and
    return their number. If *is_raw*, cells that a spreadsheet would take for formulas are not
    guarded.

    Raises:
        UnknownList, UnknownTag, UnknownSegment: there is no such list, tag or segment.
    """
    which = as_exported(app, which, by=by)
    return write_people(app, which, out, is_raw=is_raw, as_json_lines=as_json_lines)


def as_exported(app: App, which: PeopleFilter, *, by: Actor) -> PeopleFilter:
    """
    Return the filter of an export: who is limited to some lists exports people as they are on one,
    by default on that of the segment.
    """
    if by.lists is None:
        return which
    if which.segment and not which.list_slug:
        with app.database.read() as connection:
            slug = find_segment(connection, which.segment).list_slug
        which = dataclasses.replace(which, list_slug=slug or "")
    return within_reach(which, by)


def write_people(
    app: App, which: PeopleFilter, out: TextIO, *, is_raw: bool, as_json_lines: bool
) -> int:
    """
    Write the people whom a filter matches to a stream, and return their number. The caller has
    checked who asks.
    """
    with app.database.read() as connection:
        who = _exported(app, connection, which)
        if as_json_lines:
            return export_json_lines(connection, out, who=who)
        return export_csv(connection, out, who=who, is_raw=is_raw)


def _exported(app: App, connection: sa.Connection, which: PeopleFilter) -> ExportedPeople:
    mailing_list = find_list(connection, which.list_slug) if which.list_slug else None
    if dataclasses.replace(which, list_slug="").is_everybody:
        return ExportedPeople(mailing_list=mailing_list, reach=which.among)
    segment = segment_of(connection, which, now=app.clock())
    among = select_matching(connection, which, segment=segment)
    return ExportedPeople(mailing_list=mailing_list, among=among, reach=which.among)


@requires(Permission.PEOPLE_EXPORT, "subscriber.export_preset", about=people_in(), in_steps=True)
def export_for_product(
    app: App,
    which: PeopleFilter,
    out: IO[bytes],
    *,
    product: str,
    with_notes: bool = False,
    by: Actor,
) -> PresetResult:
    """
    Write the people of one list whom a filter matches for another product; the notes of staff only
    if *with_notes*. Return what was written and what left out.

    Raises:
        UnknownList, UnknownTag, UnknownSegment: there is no such list, tag or segment.
    """
    which = as_exported(app, which, by=by)
    return write_preset(app, which, out, product=product, with_notes=with_notes)


def write_preset(
    app: App, which: PeopleFilter, out: IO[bytes], *, product: str, with_notes: bool
) -> PresetResult:
    """
    Write the people of one list for another product, and return what was written and what left out.
    The caller has checked who asks.
    """
    with app.database.read() as connection:
        who = _exported(app, connection, which)
        preset = PRESETS[product]
        return export_preset(connection, out, who=who, preset=preset, with_notes=with_notes)
