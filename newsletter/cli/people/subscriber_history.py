"""
`newsletter subscriber history`: what happened to a person, when, and by whom.
"""

from __future__ import annotations

from typing import Any

import typer

from newsletter.cli.people.subscriber import Address
from newsletter.cli.session import session_of
from subscribers.fields.words import value_in_words
from subscribers.history.details import flat_details, is_change
from subscribers.history.model import HistoryEntry, OriginKind

group = typer.Typer()


@group.command()
def history(context: typer.Context, address: Address) -> None:
    """
    Show what happened to a person, the oldest first: how they joined, confirmed, changed and left,
    by whom, and what was before and after. Erasing a person empties their history.

    Example:
        newsletter subscriber history ada@example.org
    """
    from newsletter.actions.people import person

    session = session_of(context)
    with session.app() as app:
        found = person.history(app, address, by=session.actor)
    lines = [_line(each) for each in found] or [f"nothing is recorded about {address}"]
    session.show([_as_json(each) for each in found], "\n".join(lines))


def _line(entry: HistoryEntry) -> str:
    where = f" {entry.list_slug}" if entry.list_slug else ""
    through = f", {entry.origin.through}" if entry.origin.through else ""
    details = flat_details(entry.detail)
    facts = ", ".join(f"{name} {_fact(value)}" for name, value in details.items())
    start = f"{entry.at:%Y-%m-%d %H:%M}  {entry.what}{where}  by {_who(entry)}{through}"
    return f"{start}: {facts}" if facts else start


def _who(entry: HistoryEntry) -> str:
    """
    Return who did it: "the reader", "import 3", "provider main".
    """
    kind, name = entry.origin.kind, entry.origin.name
    if kind is OriginKind.READER:
        return "the reader"
    return f"{kind} {name}".rstrip()


def _fact(value: Any) -> str:
    if is_change(value):
        return f"{_text(value['before'])} → {_text(value['after'])}"
    return _text(value)


def _text(value: Any) -> str:
    return "none" if value in (None, "") else f"“{value_in_words(str(value))}”"


def _as_json(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "what": entry.what,
        "list": entry.list_slug or None,
        "by": _who(entry).removeprefix("the "),
        "through": entry.origin.through,
        "detail": dict(entry.detail),
    }
