"""
Actions on briefs: add by hand, edit, hold, free and pin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_brief
from newsletter.actions.guard.requires import require, requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.ingest import brief_body, brief_edits
from newsletter.ingest.files import read_files
from newsletter.ingest.images.measure import with_measured
from newsletter.ingest.sources.kinds import source_kind
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.issue import IssueState
from newsletter.model.known_item import ItemKey
from newsletter.model.schedule import Order
from newsletter.store.content import briefs
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.content.joins import join_briefs
from newsletter.store.content.manual_briefs import store_by_hand
from newsletter.store.content.sources import all_sources
from newsletter.store.issues.corrections import issues_with
from newsletter.store.issues.issues import note_brief_change
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line

CLOSED = frozenset({IssueState.SUBMITTED, IssueState.CANCELLED})


@requires(Permission.BRIEFS_READ, "brief.list", about=shared(ObjectKind.BRIEF))
def latest(
    app: App, *, status: BriefStatus | None, limit: int | None, by: Actor
) -> list[StoredBrief]:
    """
    Return the stored briefs, newest first, at most *limit*.
    """
    with app.database.read() as connection:
        return briefs.latest_briefs(connection, status=status, most=limit)


@requires(Permission.BRIEFS_READ, "brief.page", about=shared(ObjectKind.BRIEF))
def page(
    app: App,
    *,
    after: int | None,
    order: Order,
    limit: int,
    status: BriefStatus | None = None,
    source: str | None = None,
    by: Actor,
) -> list[StoredBrief]:
    """
    Return at most *limit* briefs that come after the number *after* (None: all) in an order; with
    *status* or *source*, only those that have it.
    """
    with app.database.read() as connection:
        return briefs.briefs_after(
            connection, after, order=order, status=status, source=source, most=limit
        )


@requires(Permission.BRIEFS_READ, "brief.page_total", about=shared(ObjectKind.BRIEF))
def total(
    app: App, *, status: BriefStatus | None = None, source: str | None = None, by: Actor
) -> int:
    """
    Return the number of briefs on all pages.
    """
    with app.database.read() as connection:
        return briefs.count_briefs(connection, status=status, source=source)


@requires(Permission.BRIEFS_READ, "brief.show", about=shared(ObjectKind.BRIEF, "brief_id"))
def show(app: App, brief_id: int, *, by: Actor) -> tuple[StoredBrief, list[tuple[int, str]]]:
    """
    Return a brief with the number and state of each issue it is in.

    Raises:
        NotFound: there is no such brief.
    """
    with app.database.read() as connection:
        found = briefs.load_brief(connection, brief_id)
        return found, [(number, str(state)) for number, state in issues_with(connection, brief_id)]


@requires(Permission.BRIEFS_WRITE, "brief.add", about=shared(ObjectKind.BRIEF), in_steps=True)
def add(app: App, paths: Sequence[Path], *, by: Actor) -> list[StoredBrief]:
    """
    Store files as briefs that are free for issues. Adding the same file again edits its brief; so
    does adding one that a folder source collected.

    Raises:
        ReadError: a file does not contain a brief; none of the files is stored.
    """
    here = read_files(paths, illustrator=app.illustrator, sandbox=app.reading_sandbox)
    read = with_measured(app.illustrator, here, location="")
    with app.database.write() as connection:
        folders = _folders(app, connection)
        stored = [
            store_by_hand(
                connection,
                brief,
                key=_key(path),
                collected_as=[
                    ItemKey(source=name, key=path.resolve().relative_to(folder).as_posix())
                    for name, folder in folders.items()
                    if path.resolve().is_relative_to(folder)
                ],
                now=app.clock(),
            )
            for path, brief in zip(paths, read, strict=True)
        ]
        for each in stored:
            note_brief_change(connection, each.id, by=by.key)
        return stored


def _folders(app: App, connection: sa.Connection) -> dict[str, Path]:
    """
    Return the folder of each source that has one.
    """
    return {
        source.name: app.settings.path(Path(source.location)).resolve()
        for source in all_sources(connection)
        if source_kind(source.kind).lists_all
    }


def _key(path: Path) -> str:
    """
    Write the path as text, even if its name is not valid UTF-8.
    """
    return str(path.resolve()).encode("utf-8", "backslashreplace").decode()


@requires(Permission.BRIEFS_WRITE, "brief.edit", about=the_brief())
def edit(
    app: App,
    brief_id: int,
    *,
    values: Mapping[str, str | Sequence[str]],
    reset: Sequence[str] = (),
    by: Actor,
) -> StoredBrief:
    """
    Reset the fields *reset* to the source's values, then set the entered *values*. Both use the
    names in `brief_edits.FIELDS`; `body` is Markdown.

    Raises:
        NotFound: there is no such brief.
        Refused, InvalidText: a name is not known, or its value is not valid.
        ReadError: the body is too large or nested too deeply.
    """
    entered: dict[str, Any] = dict(values)
    if "body" in entered:
        entered["body"] = brief_body.read_body(app.sandbox, entered["body"])
    with app.database.write() as connection:
        changed = brief_edits.change_brief(
            connection, brief_id, values=entered, reset=reset, now=app.clock()
        )
        note_brief_change(connection, brief_id, by=by.key)
        return changed


@requires(Permission.BRIEFS_WRITE, "brief.hold", about=the_brief())
def hold(app: App, brief_id: int, *, reason: str, by: Actor) -> tuple[StoredBrief, list[int]]:
    """
    Keep a brief out of schedules, and return it with the numbers of the drafts it stays in.

    Raises:
        NotFound: there is no such brief.
        InvalidText: the reason is longer than one line.
    """
    line = one_line(reason, phrase("reason"))
    with app.database.write() as connection:
        return brief_edits.hold_brief(connection, brief_id, reason=line, by=_name_of(by))


def _name_of(actor: Actor) -> str | None:
    """
    Return the name by which a reason says who decided; only staff have one.
    """
    return None if actor.staff_id is None else actor.name


@requires(Permission.BRIEFS_WRITE, "brief.remove", about=the_brief())
def remove(app: App, brief_id: int, *, by: Actor) -> None:
    """
    Remove a brief that staff or a program wrote, and that is in no issue.

    Raises:
        NotFound: there is no such brief.
        Refused: it is in an issue, or a source would bring it again.
    """
    with app.database.write() as connection:
        found = briefs.load_brief(connection, brief_id)
        for number, _ in issues_with(connection, brief_id):
            raise Refused(
                phrase("brief {brief} is in issue {issue}: hold it", brief=brief_id, issue=number)
            )
        if found.source in (each.name for each in all_sources(connection)):
            raise Refused(
                phrase(
                    "brief {brief} comes from source {source}, which would bring it again: hold it",
                    brief=brief_id,
                    source=found.source,
                )
            )
        briefs.remove_brief(connection, brief_id)


@requires(Permission.BRIEFS_WRITE, "brief.free", about=the_brief())
def free(app: App, brief_id: int, *, by: Actor) -> StoredBrief:
    """
    Let a held or recorded brief into issues.

    Raises:
        NotFound: there is no such brief.
    """
    with app.database.write() as connection:
        return brief_edits.free_brief(connection, brief_id)


@requires(Permission.BRIEFS_WRITE, "brief.join", about=the_brief())
def join(app: App, brief_id: int, *, other: int, by: Actor) -> StoredBrief:
    """
    Join two briefs that are the same piece of news, and return the kept one, *brief_id*: later
    versions of either update it. The *other* is held.

    Raises:
        NotFound: one of them does not exist, or is out of reach.
        Refused: both are the same, the other one is in an open issue, or only that one was sent.
    """
    target = the_brief("other").target(app, by, {"other": other})
    require(by, Permission.BRIEFS_WRITE, target)
    with app.database.write() as connection:
        for number, state in issues_with(connection, other):
            if state not in CLOSED:
                raise Refused(
                    phrase(
                        "brief {other} is in issue {number}: take it out of that first",
                        other=other,
                        number=number,
                    )
                )
        return join_briefs(connection, brief_id, other)


@requires(Permission.BRIEFS_WRITE, "brief.pin", about=the_brief())
def set_pinned(app: App, brief_id: int, *, pinned: bool, by: Actor) -> StoredBrief:
    """
    Let a brief lead the next issue that takes it, or remove the pin.

    Raises:
        NotFound: there is no such brief.
    """
    with app.database.write() as connection:
        return brief_edits.pin_brief(connection, brief_id, pinned=pinned)


@requires(Permission.BRIEFS_READ, "brief.measure", about=shared(ObjectKind.BRIEF))
def measured(app: App, stored: StoredBrief, *, by: Actor) -> Brief:
    """
    Fetch and measure the images of a brief that are on the web, and return the brief with a warning
    for each that mail programs cannot show. It waits for other servers.
    """
    (brief,) = with_measured(app.illustrator, [stored.brief], location="")
    return brief
