"""
Find lists and tags where the rules of segments name them, and rename them there.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

import sqlalchemy as sa

from subscribers.segments.model import Segment
from subscribers.segments.records import all_segments, edit_segment
from subscribers.segments.tokens import Token, TokenKind, split_rule

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
    is_tag, named = False, []
    for token in split_rule(rule):
        if token.keyword in _JOINING:
            is_tag = False
        elif is_tag and token.text.lower() == tag and token.kind is not TokenKind.SIGN:
            named.append(token)
        is_tag = is_tag or token.keyword == "tag"
    return named


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
