"""
What can be done with many people at once, and how each is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from newsletter.actions.people import bulk, bulk_erase
from newsletter.actions.people.bulk import BulkRun
from newsletter.actions.people.newsroom import bulk_join
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.app import App
from newsletter.errors import Forbidden
from newsletter.model.access import Actor, Permission
from newsletter.model.bulk_job import BulkActKind
from subscribers.bulk.targets import Targets
from subscribers.text.phrases import phrase

Given = Mapping[str, str]
Run = Callable[[App, Targets, BulkRun, Given], Mapping[str, int]]
# So many people at most: the question counts them all, and the browser waits for that.
MOST: Mapping[BulkActKind, int] = {
    **dict.fromkeys(BulkActKind, 100_000),
    BulkActKind.ERASE: 10_000,
}
# So many people in one step; what is more than one is done by `newsletter serve`.
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


def require_act(kind: BulkActKind, by: Actor) -> None:
    """
    Refuse what somebody may not do with many people.

    Raises:
        Forbidden: they may not.
    """
    if kind not in acts_of(by):
        raise Forbidden(phrase("{actor} may not do this with many people", actor=by.name))


def run(
    app: App, kind: BulkActKind, people: Targets, by_run: BulkRun, given: Given
) -> Mapping[str, int]:
    """
    Do, or only count, what was asked for. *given* is what was typed for it.

    Raises:
        Refused, SubscribersError: something that was given is not valid.
    """
    return _RUNS[kind](app, people, by_run, given)


def _tag(app: App, people: Targets, by_run: BulkRun, given: Given) -> Mapping[str, int]:
    add, remove = (_words_in(given.get(name, "")) for name in ("add", "remove"))
    return bulk.tag(app, people, by_run, add=add, remove=remove)


def _join(app: App, people: Targets, by_run: BulkRun, given: Given) -> Mapping[str, int]:
    target, consent = given.get("to", ""), given.get("consent", "")
    return bulk_join.join(app, people, by_run, list_slug=target, evidence=consent)


def _confirm(app: App, people: Targets, by_run: BulkRun, given: Given) -> Mapping[str, int]:
    evidence, slug = given.get("evidence", ""), given.get("pending_on", "")
    return bulk.confirm(app, people, by_run, evidence=evidence, list_slug=slug)


def _leave(app: App, people: Targets, by_run: BulkRun, given: Given) -> Mapping[str, int]:
    return bulk.unsubscribe(app, people, by_run, list_slug=given.get("from", ""))


def _move(app: App, people: Targets, by_run: BulkRun, given: Given) -> Mapping[str, int]:
    source, target = given.get("source", ""), given.get("target", "")
    return bulk.move_to(app, people, by_run, source=source, target=target)


def _suppress(app: App, people: Targets, by_run: BulkRun, given: Given) -> Mapping[str, int]:
    values = SuppressionValues(note=given.get("why", "").strip())
    return bulk.suppress(app, people, by_run, values=values)


def _erase(app: App, people: Targets, by_run: BulkRun, _: Given) -> Mapping[str, int]:
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
