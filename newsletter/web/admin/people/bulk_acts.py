"""
What can be done with many people at once, and how each is run.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping

from newsletter.actions.people import bulk, bulk_erase
from newsletter.actions.people.bulk import BulkRun
from newsletter.actions.people.newsroom import bulk_join
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from newsletter.web.typed_form import TypedForm
from subscribers.bulk.targets import Targets


class BulkActKind(enum.StrEnum):
    TAG = "tag"
    JOIN = "join"
    CONFIRM = "confirm"
    LEAVE = "leave"
    MOVE = "move"
    SUPPRESS = "suppress"
    ERASE = "erase"


Run = Callable[[App, Targets, BulkRun, TypedForm], Mapping[str, int]]
# So many people at most: the question counts them all, and the browser waits for that.
MOST: Mapping[BulkActKind, int] = {
    **dict.fromkeys(BulkActKind, 100_000),
    BulkActKind.ERASE: 10_000,
}
# So many people in one step; the page goes on by itself until all are done.
AT_ONCE: Mapping[BulkActKind, int] = {
    **dict.fromkeys(BulkActKind, 1_000),
    BulkActKind.ERASE: 200,
}
# The count of those whom an act changes.
CHANGED: Mapping[BulkActKind, str] = {
    BulkActKind.TAG: "changed",
    BulkActKind.JOIN: "joined",
    BulkActKind.CONFIRM: "confirmed",
    BulkActKind.LEAVE: "left",
    BulkActKind.MOVE: "moved",
    BulkActKind.SUPPRESS: "suppressed",
    BulkActKind.ERASE: "erased",
}
# What is typed for an act, by the names of the fields.
FIELDS: Mapping[BulkActKind, tuple[str, ...]] = {
    BulkActKind.TAG: ("add", "remove"),
    BulkActKind.JOIN: ("to", "consent"),
    BulkActKind.CONFIRM: ("evidence", "pending_on"),
    BulkActKind.LEAVE: ("from",),
    BulkActKind.MOVE: ("source", "target"),
    BulkActKind.SUPPRESS: ("why",),
    BulkActKind.ERASE: (),
}
_NEEDED: Mapping[BulkActKind, Permission] = {
    BulkActKind.TAG: Permission.PEOPLE_WRITE,
    BulkActKind.JOIN: Permission.PEOPLE_WRITE,
    BulkActKind.CONFIRM: Permission.PEOPLE_WRITE,
    BulkActKind.LEAVE: Permission.PEOPLE_WRITE,
    BulkActKind.MOVE: Permission.PEOPLE_WRITE,
    BulkActKind.SUPPRESS: Permission.SUPPRESSIONS_WRITE,
    BulkActKind.ERASE: Permission.PEOPLE_ERASE,
}
# Somebody who is limited to some lists does these within them.
_WITHIN_LISTS = frozenset(
    {BulkActKind.JOIN, BulkActKind.CONFIRM, BulkActKind.LEAVE, BulkActKind.MOVE}
)


def acts_of(by: Actor) -> list[BulkActKind]:
    """
    Return what somebody may do with many people.
    """
    return [
        kind
        for kind in BulkActKind
        if _NEEDED[kind] in by.permissions and (by.lists is None or kind in _WITHIN_LISTS)
    ]


def run(
    app: App, kind: BulkActKind, people: Targets, by_run: BulkRun, typed: TypedForm
) -> Mapping[str, int]:
    """
    Do, or only count, what was asked for.

    Raises:
        Refused, SubscribersError: something that was typed is not valid.
    """
    return _RUNS[kind](app, people, by_run, typed)


def _tag(app: App, people: Targets, by_run: BulkRun, typed: TypedForm) -> Mapping[str, int]:
    add, remove = (_words_in(typed.one(name)) for name in ("add", "remove"))
    return bulk.tag(app, people, by_run, add=add, remove=remove)


def _join(app: App, people: Targets, by_run: BulkRun, typed: TypedForm) -> Mapping[str, int]:
    target, consent = typed.one("to"), typed.one("consent")
    return bulk_join.join(app, people, by_run, list_slug=target, evidence=consent)


def _confirm(app: App, people: Targets, by_run: BulkRun, typed: TypedForm) -> Mapping[str, int]:
    evidence, slug = typed.one("evidence"), typed.one("pending_on")
    return bulk.confirm(app, people, by_run, evidence=evidence, list_slug=slug)


def _leave(app: App, people: Targets, by_run: BulkRun, typed: TypedForm) -> Mapping[str, int]:
    return bulk.unsubscribe(app, people, by_run, list_slug=typed.one("from"))


def _move(app: App, people: Targets, by_run: BulkRun, typed: TypedForm) -> Mapping[str, int]:
    source, target = typed.one("source"), typed.one("target")
    return bulk.move_to(app, people, by_run, source=source, target=target)


def _suppress(app: App, people: Targets, by_run: BulkRun, typed: TypedForm) -> Mapping[str, int]:
    values = SuppressionValues(note=typed.one("why").strip())
    return bulk.suppress(app, people, by_run, values=values)


def _erase(app: App, people: Targets, by_run: BulkRun, _: TypedForm) -> Mapping[str, int]:
    return bulk_erase.erase_people(app, people, by_run, file=None)


def _words_in(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


_RUNS: Mapping[BulkActKind, Run] = {
    BulkActKind.TAG: _tag,
    BulkActKind.JOIN: _join,
    BulkActKind.CONFIRM: _confirm,
    BulkActKind.LEAVE: _leave,
    BulkActKind.MOVE: _move,
    BulkActKind.SUPPRESS: _suppress,
    BulkActKind.ERASE: _erase,
}
