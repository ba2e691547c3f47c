"""
Tags in the rules of segments when a tag gets another name.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from subscribers.segments.records import add_segment
from subscribers.segments.renames import rename_tag_in_rules, segments_naming_tag


@pytest.mark.parametrize(
    ("rule", "tag", "renamed"),
    [
        ("tag has press", "press", 'tag has "new"'),
        ("tag has has", "has", 'tag has "new"'),
        ("tag in (in, not)", "in", 'tag in ("new", not)'),
        ("tag not in (in, not)", "not", 'tag not in (in, "new")'),
        ("tag has 'Press  Club'", "press club", 'tag has "new"'),
        ('tag has "Cafe\u0301"', "caf\u00e9", 'tag has "new"'),
        ("tag has press and name = press", "press", 'tag has "new" and name = press'),
    ],
)
def test_a_rule_names_a_tag_by_its_new_name(
    connection: sa.Connection, now: dt.datetime, rule: str, tag: str, renamed: str
) -> None:
    add_segment(connection, "named", rule, list_slug=None, now=now)
    assert [each.rule for each in rename_tag_in_rules(connection, tag, "new", now=now)] == [renamed]


@pytest.mark.parametrize(
    ("rule", "tag"),
    [
        ("tag is set", "set"),
        ("tag is not set", "is"),
        ("tag has press", "has"),
        ("tag not in (press)", "not"),
        ("name = press and tag has radio", "press"),
    ],
)
def test_the_words_of_a_rule_are_no_tags(
    connection: sa.Connection, now: dt.datetime, rule: str, tag: str
) -> None:
    add_segment(connection, "named", rule, list_slug=None, now=now)
    assert segments_naming_tag(connection, tag) == []
