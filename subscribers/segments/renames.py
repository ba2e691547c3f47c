"""
Find lists and tags where the rules of segments name them, and rename them there.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Literal

import sqlalchemy as sa

from subscribers.errors import InvalidText
from subscribers.segments.model import Segment
from subscribers.segments.records import all_segments, edit_segment
from subscribers.segments.tokens import Token, TokenKind, split_rule
from subscribers.tags.names import parse_tag

_JOINING = ("and", "or")


def rename_list_in_rules(
    connection: sa.Connection, old: str, new: str, *, now: dt.datetime
) -> list[Segment]:
    """
    Let every rule that names the list *old* name it *new*, and return the segments whose rules
    changed.
    """
    changed = []
    for segment in all_segments(connection):
        tokens = split_rule(segment.rule)
        named = [
            token
            for before, token in itertools.pairwise(tokens)
            if before.keyword == "list" and token.text == old
        ]
        if named:
            changed.append(_replace(connection, segment, named, new, now=now))
    return changed


def rename_tag_in_rules(
    connection: sa.Connection, old: str, new: str, *, now: dt.datetime
) -> list[Segment]:
    """
    Let every rule that names the tag *old* name it *new*, and return the segments whose rules
    changed.
    """
    return [
        _replace(connection, segment, named, new, now=now)
        for segment in all_segments(connection)
        if (named := _tags_in(segment.rule, old))
    ]


def segments_naming_tag(connection: sa.Connection, tag: str) -> list[Segment]:
    """
    Return the segments whose rules name a tag, sorted by name.
    """
    return [each for each in all_segments(connection) if _tags_in(each.rule, tag)]


def _tags_in(rule: str, tag: str) -> list[Token]:
    named: list[Token] = []
    place: Literal["elsewhere", "operator", "values"] = "elsewhere"
    for token in split_rule(rule):
        if place == "operator" and token.keyword != "not":
            place = "elsewhere" if token.keyword == "is" else "values"
        elif token.keyword in _JOINING:
            place = "elsewhere"
        elif place == "values" and _names_tag(token, tag):
            named.append(token)
        elif place == "elsewhere" and token.keyword == "tag":
            place = "operator"
    return named


def _names_tag(token: Token, tag: str) -> bool:
    if token.kind not in (TokenKind.WORD, TokenKind.TEXT):
        return False
    try:
        return parse_tag(token.text) == tag
    except InvalidText:
        return False


def _replace(
    connection: sa.Connection,
    segment: Segment,
    named: Sequence[Token],
    new: str,
    *,
    now: dt.datetime,
) -> Segment:
    changed = segment.rule
    for token in reversed(named):
        begin = token.column - 1
        quoted = '"' + new.replace("\\", "\\\\").replace('"', '\\"') + '"'
        changed = changed[:begin] + quoted + changed[begin + token.length :]
    return edit_segment(connection, segment.name, rule=changed, now=now)
