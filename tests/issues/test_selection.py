"""
Which of the free briefs an issue takes, in which order, and how it shows them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from newsletter.errors import Refused
from newsletter.issues.selection import LeftOut, Past, choose_briefs, shown, template_for
from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.issue import ShownAs
from newsletter.model.schedule import Group, IssueRules, Order
from newsletter.store.content.briefs import StoredBrief

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


def stored(number: int, **fields: Any) -> StoredBrief:
    """
    A free brief, *number* days old.
    """
    when = NOW - dt.timedelta(days=number)
    return StoredBrief(
        id=number,
        source=fields.pop("source", "site"),
        key=str(number),
        status=BriefStatus.NEW,
        status_reason="",
        content_hash="",
        first_seen_at=when,
        changed_at=when,
        dated_at=when,
        is_pinned=fields.pop("is_pinned", False),
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


def test_unwanted_categories_and_titles_are_left_out() -> None:
    some = [
        stored(1, categories=("Water", "Sport")),
        stored(2, categories=("Water",), title="The Tide Table"),
        stored(3, title="Letters"),
    ]
    assert chosen(IssueRules(not_categories=("sport",)), *some)[0] == [2, 3]
    assert chosen(IssueRules(not_title="^the|letters"), *some)[0] == [1]
    assert chosen(IssueRules(categories=("water",), not_categories=("SPORT",)), *some)[0] == [2]


def test_a_pinned_brief_leads_also_before_the_leads_category() -> None:
    some = [stored(1), stored(2, categories=("Lead",)), stored(3, is_pinned=True)]
    assert chosen(IssueRules(lead="lead"), *some) == ([3, 1, 2], [])


@pytest.mark.parametrize(("order", "taken"), [(Order.NEWEST, [5, 1]), (Order.OLDEST, [5, 4])])
def test_a_pinned_brief_is_never_carried_over(order: Order, taken: list[int]) -> None:
    some = [*NEWEST_FIRST[:4], stored(5, is_pinned=True)]
    assert chosen(IssueRules(most=2, order=order), *some)[0] == taken
    pinned = [stored(number, is_pinned=True) for number in (1, 2)]
    assert chosen(IssueRules(most=1), *pinned) == ([1, 2], [])


def under(rules: IssueRules, *some: StoredBrief) -> list[tuple[int, str | None]]:
    choice = choose_briefs(rules, some, now=NOW)
    return [(found.id, choice.headings.get(found.id)) for found in choice.briefs]


def test_groups_follow_their_first_brief_and_those_without_one_end_the_issue() -> None:
    water = {"categories": ("Water",)}
    some = [
        stored(1, **water),
        stored(2),
        stored(3, categories=("Law",)),
        stored(4, categories=("water",)),
        stored(5, categories=("LAW",)),
        stored(6, **water),
    ]
    assert under(IssueRules(group=Group.CATEGORY), *some) == [
        (1, None), (3, "Law"), (5, "Law"), (4, "water"), (6, "water"), (2, None),
    ]  # fmt: skip


def test_of_several_categories_the_one_the_schedule_names_first_is_the_heading() -> None:
    some = [stored(1), stored(2, categories=("Law", "Sea", "Water")), stored(3)]
    by_category = IssueRules(group=Group.CATEGORY)
    assert under(by_category, *some)[1] == (2, "Law")
    named = IssueRules(group=Group.CATEGORY, categories=("water", "sea"))
    assert under(named, stored(9, categories=("Sea",)), some[1])[1] == (2, "Water")


def test_sources_and_series_make_headings_too() -> None:
    some = [stored(1), stored(2, source="desk", series="Coast Watch"), stored(3, source="site")]
    assert under(IssueRules(group=Group.SOURCE), *some)[1:] == [(2, "desk"), (3, "site")]
    assert under(IssueRules(group=Group.SERIES), *some)[1:] == [(2, "Coast Watch"), (3, None)]
    assert under(IssueRules(), *some)[1:] == [(2, None), (3, None)]


def test_what_went_singly_is_left_out_unless_the_schedule_says_otherwise() -> None:
    past = Past(singles={2: NOW})
    skipping = choose_briefs(IssueRules(), NEWEST_FIRST, past=past, now=NOW)
    assert [found.id for found in skipping.briefs] == [1, 3, 4, 5]
    assert skipping.left_out == {LeftOut.SINGLE: 1}
    repeating = choose_briefs(IssueRules(skip_singles=False), NEWEST_FIRST, past=past, now=NOW)
    assert ([found.id for found in repeating.briefs], repeating.left_out) == ([1, 2, 3, 4, 5], {})


def test_the_reason_of_an_issue_counts_what_waits_and_what_is_left_out() -> None:
    some = [*NEWEST_FIRST, stored(6, categories=("Sport",)), stored(7, title="Letters")]
    rules = IssueRules(most=2, not_categories=("sport",), not_title="letters")
    choice = choose_briefs(rules, some, past=Past(singles={3: NOW}), now=NOW)
    assert choice.reason == (
        "2 briefs; 2 carried over; 1 already sent on their own; 1 in an excluded category; "
        "1 with an excluded title"
    )


def test_only_what_came_since_the_last_issue_counts_as_left_out() -> None:
    past = Past(last_issue_at=NOW - dt.timedelta(days=2, hours=12))
    of_sport = choose_briefs(IssueRules(categories=("sport",)), NEWEST_FIRST, past=past, now=NOW)
    assert of_sport.reason == (
        "none of 2 new briefs matches the rules of the schedule; 2 not in the schedule's categories"
    )
    none_since = Past(last_issue_at=NOW)
    again = choose_briefs(IssueRules(categories=("sport",)), NEWEST_FIRST, past=none_since, now=NOW)
    assert (again.skip, again.reason) == ("no new briefs since the last issue",) * 2


def test_a_single_since_the_last_issue_counts_however_old_its_brief() -> None:
    past = Past(
        last_issue_at=NOW - dt.timedelta(hours=2), singles={5: NOW, 4: NEWEST_FIRST[0].dated_at}
    )
    choice = choose_briefs(IssueRules(), NEWEST_FIRST, past=past, now=NOW)
    assert choice.reason == "3 briefs; 1 already sent on their own"


def test_what_is_dated_before_the_look_back_is_left_out() -> None:
    assert chosen(IssueRules(look_back=dt.timedelta(days=3)))[0] == [1, 2, 3]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (IssueRules(title="harbor"), "none of 5 new briefs matches the rules of the schedule"),
        (IssueRules(least=6), "5 new briefs, and the schedule needs at least 6"),
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


def test_no_brief_one_and_several_have_templates_of_their_own() -> None:
    assert [template_for(None, count) for count in range(4)] == [
        "letter", "intelbrief", "digest", "digest",
    ]  # fmt: skip
    assert template_for("own", 2) == "own"


def test_the_lead_is_shown_in_full_unless_told() -> None:
    full, line, bullets = ShownAs.FULL, ShownAs.LINE, ShownAs.TAKEAWAYS
    assert shown([1, 2, 3], line) == [(1, full), (2, line), (3, line)]
    assert shown([1, 2], bullets, lead=bullets) == [(1, bullets), (2, bullets)]
    assert shown([], line, lead=bullets) == []


def test_the_rules_come_back_from_the_store_as_they_were() -> None:
    rules = IssueRules(
        least=2, most=9, categories=("a",), not_categories=("c",), title="x", not_title="y",
        look_back=dt.timedelta(days=3), skip_singles=False, order=Order.OLDEST, lead="b",
        group=Group.SERIES, show=ShownAs.EXCERPT, show_lead=ShownAs.LINE,
    )  # fmt: skip
    assert IssueRules.from_json(rules.as_json()) == rules


def test_a_title_that_a_pattern_takes_too_long_for_is_left_out() -> None:
    endless, other = stored(1, title="a" * 60 + "!"), stored(2, title="aaa")
    choice = choose_briefs(IssueRules(title="(a|aa)+$"), [endless, other], now=NOW)
    assert choice.briefs == (other,)
    assert choice.reason == "1 brief; 1 with a title that a pattern takes too long for"


def test_a_title_pattern_without_end_is_refused_and_stops_nothing() -> None:
    endless = [stored(number, title="a" * 60 + "!") for number in range(9)]
    with pytest.raises(Refused, match="take too long, at brief 3 and 3 others: write them"):
        choose_briefs(IssueRules(title="(a|aa)+$"), endless, now=NOW)
