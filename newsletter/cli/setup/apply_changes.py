"""
Lists, sources and schedules brought to what a file says, and written as one. What a file does not
name stays as it is: nothing is ever removed by it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
import typer

from newsletter.cli.content.source import checked_location, known_zone, named_secret
from newsletter.cli.people.mailing_list import opt_in_from, publish
from newsletter.cli.session import duration
from newsletter.cli.setup.schedule_table import apply_schedule, schedule_table
from newsletter.cli.setup.setup_file import Setup, Table, require_kinds, span
from newsletter.errors import NewsletterError, Refused
from newsletter.model.brief import FullText, ImageRule, ReadingRules
from newsletter.model.source import FirstPoll, SourceKind, SourceSettings
from newsletter.store.content import sources
from newsletter.store.issues import list_settings as publishing
from newsletter.store.scheduling import schedules
from subscribers.errors import SubscribersError
from subscribers.lists import add_list, all_lists, edit_list
from subscribers.model import MailingList

if TYPE_CHECKING:
    from newsletter.app import App

E = TypeVar("E", bound=enum.StrEnum)
LIST_KEYS: dict[str, type] = {
    "name": str, "description": str, "opt_in": str, "language": str, "from": str,
    "reply_to": str, "approval": bool,
}  # fmt: skip
SOURCE_KEYS: dict[str, type] = {
    "kind": str, "location": str, "every": str, "first_poll": str, "category": list,
    "look_back": str, "settle": str, "timezone": str, "key": str, "prefix": list,
    "trailer": list, "day_first": bool, "image": str, "full_text": str,
}  # fmt: skip


def export(connection: sa.Connection) -> Setup:
    """
    Every list, source and schedule, each key that is not as it would be anyway.
    """
    lists = [counts.mailing_list for counts in all_lists(connection)]
    return {
        "list": {one.slug: _list_table(connection, one) for one in lists},
        "source": {one.name: _source_table(one) for one in sources.all_sources(connection)},
        "schedule": {one.name: schedule_table(one) for one in schedules.all_schedules(connection)},
    }


def apply(app: App, connection: sa.Connection, setup: Setup) -> list[dict[str, Any]]:
    """
    What was done to each table of *setup*, in order: `added`, `changed` (with the keys) or
    `unchanged`.

    Raises:
        Refused: a table cannot be applied; the line names it.
    """
    appliers = {"list": _apply_list, "source": _apply_source, "schedule": apply_schedule}
    done = []
    for section, apply_one in appliers.items():
        for name, table in setup[section].items():
            before = export(connection)[section].get(name)
            _guarded(apply_one, app, connection, section=section, name=name, table=table)
            after = export(connection)[section][name]
            keys = [k for k in {**(before or {}), **after} if (before or {}).get(k) != after.get(k)]
            word = "added" if before is None else "changed" if keys else "unchanged"
            done.append({"kind": section, "name": name, "did": word, "keys": keys})
    return done


def _guarded(
    apply_one: Callable[[App, sa.Connection, str, Table], None],
    app: App,
    connection: sa.Connection,
    *,
    section: str,
    name: str,
    table: Table,
) -> None:
    try:
        apply_one(app, connection, name, table)
    except typer.BadParameter as error:
        raise Refused(f"[{section}.{name}] {error.message}") from error
    except (NewsletterError, SubscribersError) as error:
        raise Refused(f"[{section}.{name}] {error}") from error


def _apply_list(app: App, connection: sa.Connection, slug: str, table: Table) -> None:
    require_kinds(table, LIST_KEYS, needed=["name"])
    values = {
        "name": table["name"],
        "description": table.get("description", ""),
        "opt_in": opt_in_from(table.get("opt_in", "double")),
        "language": table.get("language", app.settings.site.language),
    }
    is_there = any(counts.mailing_list.slug == slug for counts in all_lists(connection))
    if is_there:
        kept = edit_list(connection, slug, **values)
    else:
        kept = add_list(connection, slug, now=app.clock(), **values)
    publishing.set_list_settings(connection, kept.id, publishing.ListSettings())
    approval = table.get("approval", False)
    publish(connection, kept, table.get("from"), table.get("reply_to"), needs_approval=approval)


def _list_table(connection: sa.Connection, one: MailingList) -> Table:
    own = publishing.list_settings(connection, one.id)
    told = {
        "name": one.name,
        "description": one.description or None,
        "opt_in": one.opt_in.value,
        "language": one.language,
        "from": f"{own.sender.name} <{own.sender.address}>" if own.sender else None,
        "reply_to": own.reply_to,
        "approval": own.needs_approval or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def _apply_source(app: App, connection: sa.Connection, name: str, table: Table) -> None:
    require_kinds(table, SOURCE_KEYS, needed=["kind", "location"])
    new = _source_from(name, table)
    found = next((one for one in sources.all_sources(connection) if one.name == name), None)
    if found is None:
        sources.add_source(connection, new, now=app.clock())
    elif found.kind is not new.kind:
        raise Refused(f"it is a {found.kind} already: `newsletter source remove {name}` first")
    else:
        sources.change_source(connection, replace(new, id=found.id))


def _source_from(name: str, table: Table) -> SourceSettings:
    usual, reading = (
        SourceSettings(id=0, name="", kind=SourceKind.FEED, location=""),
        ReadingRules(),
    )
    kind = _one_of(SourceKind, table["kind"])
    return SourceSettings(
        id=0,
        name=name,
        kind=kind,
        location=checked_location(kind, table["location"]),
        every=duration(table.get("every", span(usual.every))),
        first_poll=_one_of(FirstPoll, table.get("first_poll", usual.first_poll)),
        look_back=duration(table.get("look_back", span(usual.look_back))),
        settle=duration(table.get("settle", span(usual.settle))),
        timezone=known_zone(table.get("timezone", usual.timezone)),
        categories=tuple(table.get("category", ())),
        key=named_secret(table.get("key")),
        reading=ReadingRules(
            prefixes=tuple(table.get("prefix", reading.prefixes)),
            trailers=tuple(table.get("trailer", ())),
            day_first=table.get("day_first", False),
            image=_one_of(ImageRule, table.get("image", reading.image)),
            full_text=_one_of(FullText, table.get("full_text", reading.full_text)),
        ),
    )


def _source_table(one: SourceSettings) -> Table:
    usual = _source_from("", {"kind": one.kind.value, "location": one.location})
    told = {
        "every": (span(one.every), span(usual.every)),
        "first_poll": (one.first_poll.value, usual.first_poll.value),
        "category": (list(one.categories), []),
        "look_back": (span(one.look_back), span(usual.look_back)),
        "settle": (span(one.settle), span(usual.settle)),
        "timezone": (one.timezone, usual.timezone),
        "key": (one.key, None),
        "prefix": (list(one.reading.prefixes), list(usual.reading.prefixes)),
        "trailer": (list(one.reading.trailers), []),
        "day_first": (one.reading.day_first, False),
        "image": (one.reading.image.value, usual.reading.image.value),
        "full_text": (one.reading.full_text.value, usual.reading.full_text.value),
    }
    own = {key: value for key, (value, default) in told.items() if value != default}
    return {"kind": one.kind.value, "location": one.location, **own}


def _one_of(words: type[E], word: str) -> E:
    if word not in list(words):
        raise Refused(f"{word}: write one of {', '.join(words)}")
    return words(word)
