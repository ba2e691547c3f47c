"""
Actions on sources: add, change, poll and remove one, and record an archive of its posts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from newsletter import pipeline
from newsletter.actions.guard.objects import shared, the_source
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import CommandRequired, InvalidValue
from newsletter.ingest.collect import record_archive
from newsletter.ingest.files import read_archive
from newsletter.ingest.source_trial import SourceTrial, try_source
from newsletter.ingest.sources.kinds import check_kind, source_kind
from newsletter.ingest.sources.registry import check_source
from newsletter.model.access import Actor, Channel, ObjectKind, Permission
from newsletter.model.reserved_names import require_free_name
from newsletter.model.source import CollectReport, SourceSettings, SourceStanding
from newsletter.store.content import source_holds, sources
from newsletter.store.scheduling.schedules import all_schedules
from subscribers.text.phrases import phrase


@requires(Permission.SOURCES_WRITE, "source.add", about=shared(ObjectKind.SOURCE, "source"))
def add(app: App, source: SourceSettings, *, by: Actor) -> str | None:
    """
    Store a new source. Return a warning if its folder is not there yet, or its key is missing.

    Raises:
        InvalidValue: its name, location, time zone or key is not valid, or only the command line
            may set it.
        Refused: a source with that name exists.
    """
    _require_reachable(source, None, by=by)
    if not re.fullmatch(r"[\w.-]+", source.name):
        raise InvalidValue(
            phrase(
                "{source!r} is not a valid name: use letters, digits, '-', '_' and '.'",
                source=source.name,
            )
        )
    require_free_name(source.name)
    check_source(source)
    with app.database.write() as connection:
        sources.add_source(connection, source, now=app.clock())
    return _warning(app, source)


def _require_reachable(source: SourceSettings, before: SourceSettings | None, *, by: Actor) -> None:
    """
    Check that only who may run commands here lets a source read files of this machine, or sends its
    key anywhere: others could read what they may not see.

    Raises:
        CommandRequired: somebody else asks.
    """
    if by.channel is Channel.COMMAND_LINE or source == before:
        return
    command = f"newsletter source {'add' if before is None else 'edit'} {source.name}"
    check_kind(source.kind)
    if source_kind(source.kind).reads_server(source.location):
        raise CommandRequired(
            phrase(
                "a {kind} reads files of the server: use `{command}` there",
                kind=source.kind,
                command=command,
            )
        )
    is_moved = before is None or before.location != source.location or before.key != source.key
    if source.key is not None and is_moved:
        raise CommandRequired(
            phrase(
                "source {source} has a key: use `{command}` on the server",
                source=source.name,
                command=command,
            )
        )


def _warning(app: App, source: SourceSettings) -> str | None:
    """
    Say why the polls of the source will fail; None if nothing is known.
    """
    kind = source_kind(source.kind)
    key = kind.needed_key(source.location)
    if key and not source.key:
        command = f"`newsletter source edit {source.name} --key env:NAME`"
        return phrase(
            "source {source} has no {key}, so its polls will fail: {command}",
            source=source.name,
            key=key,
            command=command,
        )
    folder = app.settings.path(Path(source.location))
    if kind.lists_all and not folder.is_dir():
        what = phrase("is not a folder") if folder.exists() else phrase("does not exist")
        return phrase(
            "{folder} {what}: create it, or polls of source {source} will fail",
            folder=folder,
            what=what,
            source=source.name,
        )
    return None


@requires(Permission.SOURCES_WRITE, "source.edit", about=the_source())
def edit(
    app: App, name: str, change: Callable[[SourceSettings], SourceSettings], *, by: Actor
) -> tuple[SourceSettings, str | None]:
    """
    Replace the settings of a source by what *change* makes of them, and return them with a warning
    as `add` does.

    Raises:
        NotFound: there is no such source.
        InvalidValue: a new value is not valid.
    """
    with app.database.read() as connection:
        before = sources.find_source(connection, name)
    changed = change(before)
    _require_reachable(changed, before, by=by)
    check_source(changed)
    with app.database.write() as connection:
        sources.change_source(connection, changed)
        stored = sources.find_source(connection, name)
    return stored, _warning(app, stored)


@requires(Permission.SOURCES_WRITE, "source.remove", about=the_source())
def remove(app: App, name: str, *, by: Actor) -> tuple[SourceSettings, list[str]]:
    """
    Remove a source, whose briefs stay, and return it with the names of the schedules that take
    briefs from it.

    Raises:
        NotFound: there is no such source.
    """
    with app.database.write() as connection:
        removed = sources.find_source(connection, name)
        sources.remove_source(connection, name)
        rules = all_schedules(connection)
    return removed, [rule.name for rule in rules if name in rule.sources]


@requires(Permission.SOURCES_WRITE, "source.poll_soon", about=the_source())
def poll_soon(app: App, name: str, *, by: Actor) -> None:
    """
    Let the running program poll a source at once.

    Raises:
        NotFound: there is no such source.
        Refused: it is held, paused or gone.
    """
    with app.database.write() as connection:
        source_holds.poll_soon(connection, name)


@requires(Permission.SOURCES_READ, "source.page", about=shared(ObjectKind.SOURCE))
def page(app: App, *, after: int, limit: int, by: Actor) -> list[SourceSettings]:
    """
    Return at most *limit* sources with a number above *after*, in the order of their numbers.
    """
    with app.database.read() as connection:
        found = sorted(sources.all_sources(connection), key=lambda source: source.id)
    return [source for source in found if source.id > after][:limit]


@requires(Permission.SOURCES_READ, "source.settings", about=shared(ObjectKind.SOURCE, "name"))
def settings_of(app: App, name: str, *, by: Actor) -> SourceSettings:
    """
    Return the settings of one source.

    Raises:
        NotFound: there is no such source.
    """
    with app.database.read() as connection:
        return sources.find_source(connection, name)


@requires(Permission.SOURCES_READ, "source.list", about=shared(ObjectKind.SOURCE))
def standings(app: App, *, by: Actor) -> list[SourceStanding]:
    """
    Return every source with its last poll and the number of its briefs.
    """
    with app.database.read() as connection:
        found = sources.standings(connection)
    # What the parser warns of in the texts of others cannot be fixed here.
    return [
        each
        if source_kind(each.source.kind).is_written_by_staff
        else replace(each, with_warnings=())
        for each in found
    ]


@requires(Permission.SOURCES_READ, "source.show", about=shared(ObjectKind.SOURCE, "name"))
def standing(app: App, name: str, *, by: Actor) -> SourceStanding:
    """
    Return one source with its last poll and the number of its briefs.

    Raises:
        NotFound: there is no such source.
    """
    with app.database.read() as connection:
        sources.find_source(connection, name)
    return next(found for found in standings(app, by=by) if found.source.name == name)


@requires(
    Permission.SOURCES_WRITE,
    "source.collect",
    about=shared(ObjectKind.SOURCE),
    in_steps=True,
)
def collect(
    app: App, names: Sequence[str], *, progress: Callable[[int, int], None], by: Actor
) -> list[CollectReport]:
    """
    Poll the named sources, or all that are not paused, and return a report on each. *progress* is
    called with how many are done and how many there are.

    Raises:
        NotFound: one of the names is not a source; those before it are polled.
    """
    with app.database.read() as connection:
        known = sources.all_sources(connection)
    wanted = names or [source.name for source in known if source.paused_at is None]
    if wanted:
        app.prepare_reading()
    reports: list[CollectReport] = []
    for done, name in enumerate(wanted, 1):
        reports += pipeline.collect_sources(app.publishing, [name])
        progress(done, len(wanted))
    return reports


@requires(Permission.SOURCES_WRITE, "source.record_export", about=the_source(), in_steps=True)
def record_export(app: App, name: str, file: Path, *, by: Actor) -> CollectReport:
    """
    Record the posts of a WordPress export *file* as seen in the source: none of them is ever sent.

    Raises:
        NotFound: there is no such source.
        ReadError: the file cannot be read.
    """
    with app.database.read() as connection:
        source = sources.find_source(connection, name)
    items, notes = read_archive(file)
    return record_archive(
        app.database, source, items, notes=notes, sandbox=app.reading_sandbox, now=app.clock()
    )


@requires(Permission.SOURCES_WRITE, "source.try", about=shared(ObjectKind.SOURCE), audited=False)
def try_out(app: App, source: SourceSettings, *, by: Actor) -> SourceTrial:
    """
    Poll a source that is not stored, and return what it would bring. It waits for other servers.

    Raises:
        InvalidValue: a value is not valid, or only the command line may set it.
        SourceError: it cannot be polled.
    """
    _require_reachable(source, None, by=by)
    check_source(source)
    opened = app.open_source(source)
    return try_source(source, opened, sandbox=app.reading_sandbox, now=app.clock())
