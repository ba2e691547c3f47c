"""
The entries of the audit trail as lines of a page: what was done to what, with a link, and what
changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from newsletter.model.access import ObjectKind
from newsletter.model.audit import AuditEntry
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.settings.access.action_words import action_words, kind_words

_MOST_CHARS = 120
_LINE = 64
_MOST_CHANGES = 12
# What every new object has, and says nothing to people.
_UNSAID = frozenset({"id", "created_at", "list_id"})


@dataclass(frozen=True, kw_only=True)
class AuditFact:
    """
    One value that an entry names: what it was before, if that is known, and what it is.
    """

    name: str
    before: str
    after: str

    @property
    def is_long(self) -> bool:
        """
        Return True if it takes more than a line.
        """
        return len(self.name) + len(self.before) + len(self.after) > _LINE


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """
    An entry with its action and object in words. `path` leads to the object, if it has a page;
    `hidden` is the number of facts that are not shown.
    """

    entry: AuditEntry
    action: str
    kind: str
    path: str
    facts: Sequence[AuditFact]
    hidden: int


_PAGES: Mapping[str, Callable[[str], str]] = {
    ObjectKind.ISSUE.value: lambda number: f"/admin/issues/{number}",
    ObjectKind.BRIEF.value: lambda number: f"/admin/briefs/{number}",
    ObjectKind.LIST.value: lambda slug: f"/admin/lists/{quote(slug, safe='')}",
    ObjectKind.PERSON.value: lambda number: f"/admin/people/{number}",
    ObjectKind.SOURCE.value: lambda name: f"/admin/sources/{quote(name, safe='')}",
    ObjectKind.SCHEDULE.value: lambda name: f"/admin/schedules/{quote(name, safe='')}",
    ObjectKind.SEGMENT.value: lambda name: f"/admin/segments/{quote(name, safe='')}",
    ObjectKind.TOKEN.value: lambda _: "/admin/tokens",
    ObjectKind.WEBHOOK.value: lambda _: "/admin/webhooks",
}
_NUMBERED = frozenset({ObjectKind.ISSUE.value, ObjectKind.BRIEF.value, ObjectKind.PERSON.value})


def audit_lines(entries: Sequence[AuditEntry], words: StaffWords) -> list[AuditLine]:
    """
    Return the entries as lines, in the language of *words*.
    """
    actions, kinds = action_words(words), kind_words(words)
    return [_line(entry, actions, kinds) for entry in entries]


def _line(entry: AuditEntry, actions: Mapping[str, str], kinds: Mapping[str, str]) -> AuditLine:
    facts = [
        _fact(name, value)
        for name, value in entry.changes.items()
        if name not in _UNSAID and _says_something(value)
    ]
    return AuditLine(
        entry=entry,
        action=actions.get(entry.action, entry.action),
        kind=kinds.get(entry.object_kind, entry.object_kind),
        path=_path(entry),
        facts=facts[:_MOST_CHANGES],
        hidden=max(len(facts) - _MOST_CHANGES, 0),
    )


def _path(entry: AuditEntry) -> str:
    if entry.object_kind == ObjectKind.FILE_JOB:
        return _path_of_job(entry)
    page, name = _PAGES.get(entry.object_kind), entry.object_id
    if page is None or not name:
        return ""
    if entry.object_kind in _NUMBERED and not (name.isascii() and name.isdecimal()):
        return ""
    return page(name)


def _path_of_job(entry: AuditEntry) -> str:
    if not entry.action.startswith("import."):
        return "/admin/exports"
    name = entry.object_id or ""
    return f"/admin/imports/{name}" if name.isascii() and name.isdecimal() else ""


def _is_change(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"before", "after"}


def _says_something(value: Any) -> bool:
    return not _is_change(value) or value["before"] is not None or bool(value["after"])


def _fact(name: str, value: Any) -> AuditFact:
    if not _is_change(value):
        return AuditFact(name=name, before="", after=_text(value))
    before = "" if value["before"] is None else _text(value["before"])
    return AuditFact(name=name, before=before, after=_text(value["after"]))


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"
