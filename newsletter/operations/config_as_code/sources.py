"""
A source as a table of the file: the options of `source add` as keys.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from newsletter.app import App
from newsletter.errors import Refused
from newsletter.ingest.sources.registry import check_source
from newsletter.model.brief import FullText, ImageRule, ReadingRules
from newsletter.model.duration import format_duration, parse_duration
from newsletter.model.reserved_names import require_free_name
from newsletter.model.source import FirstPoll, SourceSettings
from newsletter.operations.config_as_code.tables import Table, one_of, require_kinds
from newsletter.store.content import sources

KEYS: dict[str, type] = {
    "kind": str, "location": str, "every": str, "first_poll": str, "category": list,
    "look_back": str, "settle": str, "timezone": str, "key": str, "prefix": list,
    "trailer": list, "day_first": bool, "image": str, "full_text": str,
}  # fmt: skip


def apply_source(app: App, connection: sa.Connection, name: str, table: Table) -> None:
    """
    Create or change the source as its table says.

    Raises:
        Refused: a key is unknown or missing, its value is not valid, or the source exists and is of
            another kind.
        InvalidValue: its name is reserved.
    """
    require_kinds(table, KEYS, needed=["kind", "location"])
    new = _source_from(name, table)
    check_source(new)
    found = next((s for s in sources.all_sources(connection) if s.name == name), None)
    if found is None:
        require_free_name(name)
        sources.add_source(connection, new, now=app.clock())
    elif found.kind != new.kind:
        raise Refused(
            f"it exists and is a {found.kind}: run `newsletter source remove {name}` first"
        )
    else:
        sources.change_source(connection, replace(new, id=found.id))


def _source_from(name: str, table: Table) -> SourceSettings:
    default = SourceSettings(id=0, name="", kind="feed", location="")
    reading = ReadingRules()
    return SourceSettings(
        id=0,
        name=name,
        kind=table["kind"],
        location=table["location"],
        every=parse_duration(table.get("every", format_duration(default.every))),
        first_poll=one_of(FirstPoll, table.get("first_poll", default.first_poll)),
        look_back=parse_duration(table.get("look_back", format_duration(default.look_back))),
        settle=parse_duration(table.get("settle", format_duration(default.settle))),
        timezone=table.get("timezone", default.timezone),
        categories=tuple(table.get("category", ())),
        key=table.get("key"),
        reading=ReadingRules(
            prefixes=tuple(table.get("prefix", reading.prefixes)),
            trailers=tuple(table.get("trailer", ())),
            day_first=table.get("day_first", False),
            image=one_of(ImageRule, table.get("image", reading.image)),
            full_text=one_of(FullText, table.get("full_text", reading.full_text)),
        ),
    )


def source_table(source: SourceSettings) -> Table:
    """
    Make the table of a source: each key whose value is not the default.
    """
    default = _source_from("", {"kind": source.kind, "location": source.location})
    values = {
        "every": (format_duration(source.every), format_duration(default.every)),
        "first_poll": (source.first_poll.value, default.first_poll.value),
        "category": (list(source.categories), []),
        "look_back": (format_duration(source.look_back), format_duration(default.look_back)),
        "settle": (format_duration(source.settle), format_duration(default.settle)),
        "timezone": (source.timezone, default.timezone),
        "key": (source.key, None),
        "prefix": (list(source.reading.prefixes), list(default.reading.prefixes)),
        "trailer": (list(source.reading.trailers), []),
        "day_first": (source.reading.day_first, False),
        "image": (source.reading.image.value, default.reading.image.value),
        "full_text": (source.reading.full_text.value, default.reading.full_text.value),
    }
    own = {key: value for key, (value, unset) in values.items() if value != unset}
    return {"kind": source.kind, "location": source.location, **own}
