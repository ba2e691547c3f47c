"""
Sources: list, add, show, change, remove, pause, resume and poll them.
"""

from __future__ import annotations

from newsletter.actions.content import source_pauses, sources
from newsletter.model.access import Permission
from newsletter.web.api.bodies.content.sources import (
    SourceBody,
    SourceChanges,
    SourceName,
    SourcePause,
    SourceStatusBody,
    SourceToAdd,
    source_body,
    source_status,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit

noun = Noun("sources", "Sources, from which briefs are collected.")

_SOURCE = "/sources/{source}"
_READ, _WRITE = Permission.SOURCES_READ, Permission.SOURCES_WRITE


@noun.get("/sources", _READ)
def list_sources(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[SourceBody]:
    """
    List the sources, the oldest first.
    """
    after = call.after(cursor, int, 0)
    found = sources.page(call.app, after=after, limit=limit + 1, by=call.actor)
    return call.page(found, limit, key=lambda each: each.id, show=source_body)


@noun.post("/sources", _WRITE, status=201)
def add_source(call: Call, body: SourceToAdd) -> SourceBody:
    """
    Add a source, which the running program polls at once.

    A source that reads files of the server, or needs a key, is completed on the server.
    """
    sources.add(call.app, body.as_settings(), by=call.actor)
    call.made(f"{PREFIX}/sources/{body.name}")
    return source_body(sources.settings_of(call.app, body.name, by=call.with_permissions(_READ)))


@noun.get(_SOURCE, _READ)
def show_source(call: Call, source: SourceName) -> SourceBody:
    """
    Show the settings of a source.
    """
    return source_body(sources.settings_of(call.app, source, by=call.actor))


@noun.patch(_SOURCE, _READ, _WRITE)
def change_source(call: Call, source: SourceName, body: SourceChanges) -> SourceBody:
    """
    Change the given values of a source.
    """
    changed, _ = sources.edit(call.app, source, body.apply_to, by=call.actor)
    return source_body(changed)


@noun.delete(_SOURCE, _WRITE)
def remove_source(call: Call, source: SourceName) -> None:
    """
    Remove a source.

    Its briefs stay.
    """
    sources.remove(call.app, source, by=call.actor)


@noun.get(f"{_SOURCE}/status", _READ)
def show_source_status(call: Call, source: SourceName) -> SourceStatusBody:
    """
    Show how the last poll of a source went, and how many briefs it gave.
    """
    return source_status(sources.standing(call.app, source, by=call.actor))


@noun.post(f"{_SOURCE}/pause", _READ, _WRITE, version_of=_SOURCE)
def pause_source(call: Call, source: SourceName, body: SourcePause) -> SourceBody:
    """
    Pause a source, so that it is not polled.

    Its briefs stay, and schedules do not wait for it.
    """
    return source_body(source_pauses.pause(call.app, source, reason=body.reason, by=call.actor))


@noun.post(f"{_SOURCE}/resume", _READ, _WRITE, version_of=_SOURCE)
def resume_source(call: Call, source: SourceName) -> SourceBody:
    """
    Let a paused or held source be polled again.

    After a hold, its next poll takes what is there as known, under new ids.
    """
    return source_body(source_pauses.resume(call.app, source, by=call.actor))


@noun.post(f"{_SOURCE}/collect", _READ, _WRITE, status=202)
def collect_source(call: Call, source: SourceName) -> SourceStatusBody:
    """
    Poll a source now.

    The running program does it within seconds; the status of the source says how it went.
    """
    sources.poll_soon(call.app, source, by=call.actor)
    return source_status(sources.standing(call.app, source, by=call.actor))
