"""
Which of the free briefs an issue takes, in which order, and how it shows them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from newsletter.assemble import choose_briefs, shown, template_for
from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.issue import ShownAs
from newsletter.model.schedule import IssueRules, Order
from newsletter.store.briefs import StoredBrief

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


def stored(number: int, **fields: Any) -> StoredBrief:
    """
    A free brief, *number* days old.
    """
    when = NOW - dt.timedelta(days=number)
    return StoredBrief(
        id=number,
        source="site",
        key=str(number),
        status=BriefStatus.NEW,
        why="",
        content_hash="",
        first_seen_at=when,
        changed_at=when,
        dated_at=when,
        brief=Brief(**({"title": f"Brief {number}"} | fields)),
    )


NEWEST_FIRST = [stored(number) for number in range(1, 6)]


def chosen(rules: IssueRules, *candidates: StoredBrief) -> tuple[list[int], list[int]]:
    choice = choose_briefs(rules, candidates or NEWEST_FIRST, now=NOW)
    return [b.id for b in choice.briefs], [b.id for b in choice.left_over]


def test_without_rules_all_are_taken_newest_first() -> None:
    assert chosen(IssueRules()) == ([1, 2, 3, 4, 5], [])


def test_above_the_most_the_older_ones_wait() -> None:
    assert chosen(IssueRules(most=2)) == ([1, 2], [3, 4, 5])


def test_from_the_oldest_the_newer_ones_wait() -> None:
    assert chosen(IssueRules(most=2, order=Order.OLDEST)) == ([5, 4], [3, 2, 1])


def test_the_lead_of_a_category_stands_before_all() -> None:
    some = [stored(1), stored(2, categories=("Lead",)), stored(3)]
    assert chosen(IssueRules(lead="lead"), *some) == ([2, 1, 3], [])


def test_only_wanted_categories_and_titles_are_taken() -> None:
    some = [
        stored(1, categories=("Water",)),
        stored(2, categories=("water",), title="The Tide Table"),
        stored(3, title="The Tide Table"),
    ]
    assert chosen(IssueRules(categories=("WATER",)), *some)[0] == [1, 2]
    assert chosen(IssueRules(title="^the tide"), *some)[0] == [2, 3]
    assert chosen(IssueRules(categories=("water",), title="tide"), *some)[0] == [2]


def test_what_is_dated_before_the_look_back_is_left_out() -> None:
    assert chosen(IssueRules(look_back=dt.timedelta(days=3)))[0] == [1, 2, 3]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (IssueRules(title="harbor"), "none of 5 new briefs fits the schedule's rules"),
        (IssueRules(least=6), "5 new briefs, and the schedule wants at least 6"),
    ],
)
def test_a_skip_says_why(rules: IssueRules, reason: str) -> None:
    assert choose_briefs(rules, NEWEST_FIRST, now=NOW).skip == reason


def test_nothing_new_is_a_skip_of_its_own() -> None:
    assert choose_briefs(IssueRules(), [], now=NOW).skip == "no new briefs since the last issue"


def test_the_lead_is_shown_whole_and_the_others_as_told() -> None:
    assert shown([7, 8], ShownAs.LINE) == [(7, ShownAs.FULL), (8, ShownAs.LINE)]


def test_many_briefs_end_in_lines() -> None:
    ways = [way for _, way in shown(range(8))]
    assert ways == [ShownAs.FULL] + [ShownAs.TAKEAWAYS] * 5 + [ShownAs.LINE] * 2


def test_one_brief_and_several_have_templates_of_their_own() -> None:
    assert [template_for(None, 1), template_for(None, 2), template_for("own", 2)] == [
        "intelbrief", "digest", "own",
    ]  # fmt: skip


def test_the_rules_come_back_from_the_store_as_they_were() -> None:
    rules = IssueRules(
        least=2, most=9, categories=("a",), title="x", look_back=dt.timedelta(days=3),
        order=Order.OLDEST, lead="b", show=ShownAs.EXCERPT,
    )  # fmt: skip
    assert IssueRules.from_json(rules.as_json()) == rules
