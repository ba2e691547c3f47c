"""
A segment as a table of the file: the options of `segment add` as keys.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.app import App
from newsletter.operations.config_as_code.tables import Table, require_kinds
from newsletter.store.delivery.segments.rules import parse_segment_rule, require_whole_rule
from subscribers.segments.model import Segment
from subscribers.segments.records import add_segment, all_segments, edit_segment

KEYS: dict[str, type] = {"rule": str, "list": str}


def apply_segment(app: App, connection: sa.Connection, name: str, table: Table) -> None:
    """
    Add or change the segment as its table says.

    Raises:
        Refused: a key is unknown or missing, or the rule is too long with the list.
        RuleError, InvalidText, UnknownList: the rule, the name or the list is not valid.
    """
    require_kinds(table, KEYS, needed=["rule"])
    rule, slug = table["rule"], table.get("list")
    parse_segment_rule(connection, rule)
    found = next((each for each in all_segments(connection) if each.name == name), None)
    if found is None:
        stored = add_segment(connection, name, rule, list_slug=slug, now=app.clock())
    elif (found.rule, found.list_slug) != (rule, slug):
        now = app.clock()
        stored = edit_segment(connection, name, rule=rule, list_slug=slug or "", now=now)
    else:
        return
    require_whole_rule(connection, stored)


def segment_table(segment: Segment) -> Table:
    """
    Make the table of a segment: each key that has a value.
    """
    own = {} if segment.list_slug is None else {"list": segment.list_slug}
    return {"rule": segment.rule, **own}
