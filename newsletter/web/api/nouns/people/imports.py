"""
Imports of people from files: try, start, list, show, resume and undo them.
"""

from __future__ import annotations

from newsletter.actions.people.files import import_requests, imports
from newsletter.model.access import Permission
from newsletter.web.api.bodies.people.imports import (
    FilesToImport,
    ImportBody,
    ImportReportBody,
    JobNumber,
    UndoCountsBody,
)
from newsletter.web.api.body import FileToSend, ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from newsletter.web.api.requests.request_limits import RateClass

noun = Noun("imports", "Imports of people from files, which `newsletter serve` runs.")

_IMPORT = "/imports/{number}"


@noun.get("/imports", Permission.PEOPLE_READ)
def list_imports(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[ImportBody]:
    """
    List the imports, the last one first.
    """
    before = call.after(cursor, int, 0) or None
    found = imports.list_imports(call.app, before=before, limit=limit + 1, by=call.actor)
    return call.page(found, limit, key=lambda each: each.job.id, show=ImportBody.of)


@noun.post("/imports", Permission.PEOPLE_WRITE, rate=RateClass.BULK, status=201)
def start_import(call: Call, body: FilesToImport) -> ImportBody:
    """
    Import people from files: CSV, TSV, text with addresses, or a ZIP of another product.

    Nobody who unsubscribed, bounced or complained becomes active again, and nobody gets an email.
    The same files again return the import of them that was interrupted.
    """
    files = [each.as_file() for each in body.files]
    started = imports.start(call.app, files, body.list, choices=body.as_choices(), by=call.actor)
    call.made(f"{PREFIX}/imports/{started.job.id}")
    return ImportBody.of(started)


@noun.post("/import-trials", Permission.PEOPLE_WRITE, rate=RateClass.BULK)
def try_import(call: Call, body: FilesToImport) -> ImportReportBody:
    """
    Show what an import of files would change, and import nothing.
    """
    files = [each.as_file() for each in body.files]
    report = imports.try_files(call.app, files, body.list, choices=body.as_choices(), by=call.actor)
    return ImportReportBody.of(report)


@noun.get(_IMPORT, Permission.PEOPLE_READ)
def show_import(call: Call, number: JobNumber) -> ImportBody:
    """
    Show the progress of an import, and its result.
    """
    return ImportBody.of(imports.show(call.app, number, by=call.actor))


@noun.get(
    f"{_IMPORT}/errors", Permission.PEOPLE_EXPORT, rate=RateClass.BULK, file_types=("text/csv",)
)
def show_import_errors(call: Call, number: JobNumber) -> FileToSend:
    """
    Download the rows that could not be imported, each with the reason.
    """
    path = imports.errors_file(call.app, number, by=call.actor)
    return FileToSend(path=path, media_type="text/csv")


@noun.post(f"{_IMPORT}/resume", Permission.PEOPLE_WRITE, version_of=_IMPORT)
def resume_import(call: Call, number: JobNumber) -> ImportBody:
    """
    Resume an import that was stopped.
    """
    return ImportBody.of(import_requests.ask_to_resume(call.app, number, by=call.actor))


@noun.get(f"{_IMPORT}/undo", Permission.PEOPLE_READ, rate=RateClass.BULK)
def count_import_undo(call: Call, number: JobNumber) -> UndoCountsBody:
    """
    Count what undoing an import would change.
    """
    return UndoCountsBody(counts=imports.count_undo(call.app, number, by=call.actor))


@noun.post(f"{_IMPORT}/undo", Permission.PEOPLE_WRITE, version_of=_IMPORT)
def undo_import(call: Call, number: JobNumber) -> ImportBody:
    """
    Undo an import: remove the people it added and set back the values it changed.

    Nobody to whom something happened since is removed, and whoever it unsubscribed or suppressed
    stays so.
    """
    return ImportBody.of(import_requests.ask_to_undo(call.app, number, by=call.actor))
