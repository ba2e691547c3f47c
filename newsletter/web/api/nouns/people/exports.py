"""
Exports of people and suppressions: start, list, show and download them.
"""

from __future__ import annotations

from newsletter.actions.people.files import exports
from newsletter.model.access import Permission
from newsletter.web.api.bodies.people.exports import (
    ExportBody,
    ExportFormat,
    PeopleToExport,
    SuppressionsToExport,
)
from newsletter.web.api.bodies.people.imports import JobNumber
from newsletter.web.api.body import FileToSend, ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from newsletter.web.api.requests.request_limits import RateClass

noun = Noun("exports", "People and suppressions to files, worked by `newsletter serve`.")

_MEDIA_TYPES = {".csv": "text/csv", ".jsonl": "application/jsonl", ".zip": "application/zip"}


@noun.get("/exports", Permission.PEOPLE_EXPORT)
def list_exports(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[ExportBody]:
    """
    List the exports, the last one first.
    """
    before = call.after(cursor, int, 0) or None
    found = exports.list_exports(call.app, before=before, limit=limit + 1, by=call.actor)
    return call.page(found, limit, key=lambda each: each.id, show=ExportBody.of)


@noun.post("/exports", Permission.PEOPLE_EXPORT, rate=RateClass.BULK, status=201)
def start_export(call: Call, body: PeopleToExport) -> ExportBody:
    """
    Export people to a file, which is kept for seven days.
    """
    started = exports.start(
        call.app,
        body.which.as_filter(),
        is_raw=body.is_raw,
        as_json_lines=body.format is ExportFormat.JSON_LINES,
        by=call.actor,
    )
    call.made(f"{PREFIX}/exports/{started.id}")
    return ExportBody.of(started)


@noun.post("/suppressions/export", Permission.PEOPLE_EXPORT, rate=RateClass.BULK, status=201)
def export_suppressions(call: Call, body: SuppressionsToExport) -> ExportBody:
    """
    Export all suppressions to a file, which is kept for seven days.
    """
    started = exports.start_suppressions(call.app, is_hashed=body.is_hashed, by=call.actor)
    call.made(f"{PREFIX}/exports/{started.id}")
    return ExportBody.of(started)


@noun.get("/exports/{number}", Permission.PEOPLE_EXPORT)
def show_export(call: Call, number: JobNumber) -> ExportBody:
    """
    Show the progress of an export.
    """
    return ExportBody.of(exports.show(call.app, number, by=call.actor))


@noun.get(
    "/exports/{number}/file",
    Permission.PEOPLE_EXPORT,
    rate=RateClass.BULK,
    file_types=tuple(_MEDIA_TYPES.values()),
)
def download_export(call: Call, number: JobNumber) -> FileToSend:
    """
    Download the file of an export that is done.
    """
    path = exports.file_of(call.app, number, by=call.actor)
    return FileToSend(path=path, media_type=_MEDIA_TYPES[path.suffix])
