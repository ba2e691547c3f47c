"""
Actions on the audit trail: list it, check it, export it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

import orjson

from newsletter.actions.guard.audit import AUDIT_PURPOSE
from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.audit import AuditEntry, AuditHead, AuditProblem
from newsletter.store.access import audit

_PART = 1000


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """
    Which entries to show; each value that is given narrows the choice. `since` is included, `until`
    is not.
    """

    actor: str = ""
    staff_id: int | None = None
    token_id: int | None = None
    action: str | tuple[str, ...] = ""
    object_kind: str = ""
    object_id: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def wanted(self) -> Mapping[str, Any]:
        """
        Return the values that were given.
        """
        return {name: value for name, value in vars(self).items() if value}


EVERY_ENTRY = AuditFilter()


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """
    What a check of the trail found. `head` is where it begins and ends.
    """

    head: AuditHead
    problems: tuple[AuditProblem, ...]


@requires(Permission.AUDIT_READ, "audit.list", about=unlimited(ObjectKind.AUDIT))
def entries(
    app: App,
    which: AuditFilter = EVERY_ENTRY,
    *,
    before: int | None = None,
    limit: int,
    by: Actor,
) -> list[AuditEntry]:
    """
    Return the newest entries, the last one first; with *before*, those with smaller numbers.
    """
    with app.database.read() as connection:
        return audit.list_entries(connection, which.wanted(), before=before, limit=limit)


@requires(Permission.AUDIT_READ, "audit.check", about=unlimited(ObjectKind.AUDIT))
def check(app: App, *, by: Actor) -> AuditReport:
    """
    Check that no entry was changed, removed, added or swapped since it was written.
    """
    keys = app.links.keys.words(AUDIT_PURPOSE)
    with app.database.read() as connection:
        problems = audit.check_trail(connection, keys=keys)
        return AuditReport(head=audit.load_head(connection), problems=tuple(problems))


@requires(Permission.AUDIT_READ, "audit.export", about=unlimited(ObjectKind.AUDIT))
def export(app: App, out: TextIO, which: AuditFilter = EVERY_ENTRY, *, by: Actor) -> int:
    """
    Write the entries as JSON Lines, the newest first, and return their number.
    """
    count = 0
    for entry in _all_of(app, which):
        out.write(orjson.dumps(as_json(entry)).decode() + "\n")
        count += 1
    return count


def _all_of(app: App, which: AuditFilter) -> Iterator[AuditEntry]:
    with app.database.read() as connection:
        before = None
        while part := audit.list_entries(connection, which.wanted(), before=before, limit=_PART):
            yield from part
            before = part[-1].number


def as_json(entry: AuditEntry) -> dict[str, Any]:
    """
    Return an entry as JSON values. The salt of its personal part is left out.
    """
    values = {**vars(entry), "at": entry.at.isoformat()}
    if entry.personal is not None:
        values["personal"] = {k: v for k, v in entry.personal.items() if k != "salt"}
    return values


def purge(app: App, *, now: dt.datetime) -> int:
    """
    Remove the entries that are older than `[audit] keep_days`, and return their number.
    """
    days = app.settings.audit.keep_days
    if not days:
        return 0
    key = app.links.keys.words(AUDIT_PURPOSE)[0]
    with app.database.write() as connection:
        return audit.purge_entries(connection, older_than=now - dt.timedelta(days=days), key=key)
