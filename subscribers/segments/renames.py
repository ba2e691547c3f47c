"""
Rename lists and tags where the rules of segments name them.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable

import sqlalchemy as sa

from subscribers.segments.records import all_segments, edit_segment
from subscribers.segments.tokens import Token, TokenKind, split_rule

_JOINING = ("and", "or")


def rename_list_in_rules(
    connection: sa.Connection, old: str, new: str, *, now: dt.datetime
) -> None:
    """
    Let every rule that names the list *old* name it *new*.
    """
    for segment in all_segments(connection):
        tokens = split_rule(segment.rule)
        named = [
            token
            for before, token in itertools.pairwise(tokens)
            if before.keyword == "list" and token.text == old
        ]
        _replace(connection, segment.name, segment.rule, named, new, now=now)


def rename_tag_in_rules(connection: sa.Connection, old: str, new: str, *, now: dt.datetime) -> None:
    """
    Let every rule that names the tag *old* name it *new*.
    """
    for segment in all_segments(connection):
        is_tag, named = False, []
        for token in split_rule(segment.rule):
            if token.keyword in _JOINING:
                is_tag = False
            elif is_tag and token.text.lower() == old and token.kind is not TokenKind.SIGN:
                named.append(token)
            is_tag = is_tag or token.keyword == "tag"
        _replace(connection, segment.name, segment.rule, named, new, now=now)


def _replace(
    connection: sa.Connection,
    name: str,
    rule: str,
    named: Iterable[Token],
    new: str,
    *,
    now: dt.datetime,
) -> None:
    changed = rule
    for token in reversed(list(named)):
        begin = token.column - 1
        quoted = '"' + new.replace("\\", "\\\\").replace('"', '\\"') + '"'
        changed = changed[:begin] + quoted + changed[begin + token.length :]
    if changed != rule:
        edit_segment(connection, name, rule=changed, now=now)
