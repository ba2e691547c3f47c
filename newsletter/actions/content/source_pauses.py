"""
Actions that pause a source and resume it.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import the_source
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from newsletter.model.source import SourceSettings
from newsletter.store.content import source_holds, sources
from subscribers.validation.text_fields import one_line


@requires(Permission.SOURCES_WRITE, "source.pause", about=the_source())
def pause(app: App, name: str, *, reason: str = "", by: Actor) -> SourceSettings:
    """
    Pause a source: it is not polled until somebody resumes it, and schedules do not wait for it.

    Raises:
        NotFound: there is no such source.
        Refused: it is paused already.
        InvalidText: the reason is longer than one line.
    """
    line = one_line(reason, "reason") or None
    with app.database.write() as connection:
        source_holds.pause_source(connection, name, reason=line, now=app.clock())
        return sources.find_source(connection, name)


@requires(Permission.SOURCES_WRITE, "source.resume", about=the_source())
def resume(app: App, name: str, *, by: Actor) -> SourceSettings:
    """
    End the pause or the hold of a source, so that it is polled again. After a hold, the next poll
    takes its items as known under their new ids.

    Raises:
        NotFound: there is no such source.
        Refused: it is neither paused nor held.
    """
    with app.database.write() as connection:
        source_holds.resume_source(connection, name)
        return sources.find_source(connection, name)
