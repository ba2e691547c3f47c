"""
The options of a schedule: the same for `add` and `edit`, and each can be taken off again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import Cli

from newsletter.cli.schedules.options import OPTIONS
from newsletter.scheduling.schedule_fields import FIELDS

RULE = ("--list", "daily", "--source", "desk", "--cron", "0 6 * * *", "--timezone", "UTC")
ALL_OPTIONS = (
    "--template", "digest", "--each", "--sender", "desk@example.org", "--min", 2, "--max", 9,
    "--category", "Water", "--category", "Law", "--not-category", "Sport", "--title", "^the",
    "--not-title", "letters", "--look-back", "14d", "--no-skip-singles", "--order", "oldest",
    "--lead", "Water", "--group", "category", "--show", "excerpt", "--show-lead", "line",
    "--not-list", "staff", "--approval", "draft", "--late", "ask", "--latest", "1h", "--repeat",
)  # fmt: skip
DOCUMENT = {
    "template": "digest", "each": True, "sender": "desk@example.org", "min": 2, "max": 9,
    "categories": ["Water", "Law"], "not_categories": ["Sport"], "title": "^the",
    "not_title": "letters", "look_back_s": 14 * 86400, "skip_singles": False, "order": "oldest",
    "lead": "Water", "group": "category", "show": "excerpt", "show_lead": "line",
    "not_lists": ["staff"], "approval": "draft", "late": "ask", "latest_s": 3600, "repeat": True,
}  # fmt: skip
CLEARED = (
    "--template", "", "--no-each", "--sender", "", "--min", 0, "--max", 0, "--category", "",
    "--not-category", "", "--title", "", "--not-title", "", "--look-back", "", "--skip-singles",
    "--order", "newest", "--lead", "", "--group", "", "--show", "", "--show-lead", "",
    "--not-list", "",
    "--approval", "auto", "--late", "send", "--latest", "", "--no-repeat",
)  # fmt: skip


@pytest.fixture
def desk(cli: Cli, office: Path) -> Cli:
    """
    The command line, with a source to make schedules of.
    """
    (office / "desk").mkdir()
    cli("source", "add", "desk", "folder", "desk")
    cli("list", "add", "staff", "--name", "Staff")
    return cli


def shown(cli: Cli, name: str = "morning") -> dict[str, Any]:
    document = cli("schedule", "show", name, "--json").document
    assert isinstance(document, dict)
    return document


def test_add_and_edit_take_the_same_options(desk: Cli) -> None:
    desk("schedule", "add", "morning", *RULE, *ALL_OPTIONS)
    desk("schedule", "add", "evening", *RULE)
    desk("schedule", "edit", "evening", *ALL_OPTIONS)
    added, edited = shown(desk), shown(desk, "evening")
    assert {name: added[name] for name in DOCUMENT} == DOCUMENT
    assert edited | {"name": "morning"} == added


def test_an_empty_text_or_0_takes_a_rule_off_again(desk: Cli) -> None:
    desk("schedule", "add", "evening", *RULE)
    desk("schedule", "add", "morning", *RULE, *ALL_OPTIONS)
    desk("schedule", "edit", "morning", *CLEARED)
    assert shown(desk) | {"name": "evening"} == shown(desk, "evening")


def test_what_is_not_named_stays(desk: Cli) -> None:
    desk("schedule", "add", "morning", *RULE, *ALL_OPTIONS)
    before = shown(desk)
    desk("schedule", "edit", "morning", "--max", 7)
    assert shown(desk) == before | {"max": 7}


def test_other_lists_and_sources_replace_those_it_had(desk: Cli, office: Path) -> None:
    (office / "press").mkdir()
    desk("source", "add", "press", "folder", "press")
    desk("schedule", "add", "morning", *RULE)
    desk("schedule", "edit", "morning", "--list", "staff", "--list", "daily", "--source", "press")
    changed = shown(desk)
    assert (changed["lists"], changed["sources"]) == (["staff", "daily"], ["press"])
    for words in (["--list", "none"], ["--source", "none"], ["--list", ""], ["--source", ""]):
        assert desk("schedule", "edit", "morning", *words).status in (1, 2)
    left_out = desk("schedule", "edit", "morning", "--list", "staff", "--not-list", "staff")
    assert "--not-list staff leaves out everyone" in left_out.err
    assert shown(desk) == changed


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--group", "colour"], "category, source, series"),
        (["--show", "all"], "full, takeaways, excerpt, line"),
        (["--title", "("], "'(' is not a valid regular expression"),
        (["--not-title", "["], "'[' is not a valid regular expression"),
        (["--title", "(?R)?a(?R)?"], "refers to itself"),
        (["--title", "(a)(?1)"], "refers to itself"),
        (["--not-title", "(?P<x>a)(?&x)"], "refers to itself"),
        (["--title", "(?:(?:a?){40}){1,40}"], "repeats its parts more than 1,000 times"),
        (["--title", "a" * 501], "longer than 500 characters"),
        (["--min", "3", "--max", "2"], "--max is less than --min"),
        (["--look-back", "soon"], "15m or 2h"),
        (["--max", "-1"], "--max: '-1' is not a whole number (0 or more)"),
    ],
)
def test_a_wrong_option_changes_nothing(desk: Cli, words: list[str], named: str) -> None:
    desk("schedule", "add", "morning", *RULE)
    before = shown(desk)
    ran = desk("schedule", "edit", "morning", *words)
    assert (ran.status, ran.out, shown(desk)) == (2, "", before)
    assert named in " ".join(ran.err.replace("│", " ").split())


def test_a_most_below_the_least_is_met_in_a_later_edit_too(desk: Cli) -> None:
    desk("schedule", "add", "morning", *RULE, "--min", 3)
    ran = desk("schedule", "edit", "morning", "--max", 2)
    assert ran.status == 2
    assert shown(desk)["max"] is None


def test_the_list_says_which_rules_are_not_the_usual_ones(desk: Cli) -> None:
    desk("schedule", "add", "morning", *RULE)
    desk("schedule", "add", "evening", *RULE, "--max", 5, "--not-category", "Sport")
    evening, morning = desk("schedule", "list").out.splitlines()[1:]
    assert evening.endswith("max 5; not categories Sport")
    assert morning.rstrip(")").endswith("UTC")


def test_show_says_every_rule_in_words(desk: Cli) -> None:
    desk("schedule", "add", "morning", *RULE, "--category", "Water", "--category", "Law")
    lines = desk("schedule", "show", "morning").out.splitlines()
    assert [line for line in lines if line.startswith(("categories", "skip", "each", "lead"))] == [
        "each: no",
        "categories: Water, Law",
        "skip singles: yes",
        "lead: none",
    ]


def test_each_option_sets_a_field_of_its_own() -> None:
    fields = [option.field for option in OPTIONS]
    assert sorted(set(fields)) == sorted(fields)


def test_every_field_of_a_schedule_has_an_option() -> None:
    assert sorted(option.field for option in OPTIONS) == sorted(field.name for field in FIELDS)


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("--template", "nothere"), "there is no template 'nothere'"),
        (("--sender", "desk"), "desk"),
        (("--day-off", "01-01..12-31"), "would never run: its days off leave no day"),
    ],
)
def test_what_would_fail_at_the_slot_is_refused_when_typed(
    desk: Cli, words: tuple[str, ...], refusal: str
) -> None:
    assert refusal in desk("schedule", "add", "morning", *RULE, *words).refusal
    desk("schedule", "add", "evening", *RULE)
    assert refusal in desk("schedule", "edit", "evening", *words).refusal
    assert [row["name"] for row in desk("schedule", "list", "--json").document] == ["evening"]


@pytest.mark.parametrize("words", [("--look-back", "99999999d"), ("--editor", "ed@example.org")])
def test_an_option_that_means_nothing_is_wrong_usage(desk: Cli, words: tuple[str, ...]) -> None:
    assert desk("schedule", "add", "morning", *RULE, *words).status == 2


def test_a_schedule_leaves_out_nobody_it_cannot_name(desk: Cli) -> None:
    unknown = desk("schedule", "add", "morning", *RULE, "--not-list", "stafff")
    assert (unknown.status, "there is no list 'stafff'" in unknown.err) == (1, True)
    desk("schedule", "add", "morning", *RULE)
    assert desk("schedule", "edit", "morning", "--not-list", "stafff").status == 1
    everybody = desk("schedule", "edit", "morning", "--not-list", "daily")
    assert "--not-list daily leaves out everyone on --list daily" in everybody.err
    assert shown(desk)["not_lists"] == []


def test_a_schedule_is_refused_if_all_its_runs_are_in_quiet_hours(desk: Cli) -> None:
    ran = desk("schedule", "add", "morning", *RULE, "--quiet", "05:00-07:00")
    reason = (
        "schedule morning runs at 06:00, in its quiet hours, which end at 07:00: "
        "choose another --cron, or other --quiet hours"
    )
    assert (ran.status, ran.err) == (1, f"newsletter: {reason}\n")
    desk("schedule", "add", "morning", *RULE)
    assert desk("schedule", "edit", "morning", "--quiet", "05:00-07:00").status == 1
    assert shown(desk)["quiet"] is None


def test_a_schedule_inherits_the_quiet_hours_of_its_list_and_is_refused_in_them(desk: Cli) -> None:
    desk("list", "edit", "daily", "--quiet", "05:00-07:00")
    ran = desk("schedule", "add", "morning", *RULE)
    assert (ran.status, "in its lists' quiet hours" in ran.err) == (1, True)
    assert desk("schedule", "add", "morning", *RULE, "--quiet", "22:00-05:00").status == 0


def test_runs_that_fall_in_quiet_hours_are_named(desk: Cli) -> None:
    hourly = [word if word != "0 6 * * *" else "0 * * * *" for word in RULE]
    ran = desk("schedule", "add", "hourly", *hourly, "--quiet", "22:00-07:00")
    assert ran.status == 0
    assert "falls in quiet hours, and so do " in ran.err
    assert "its issue is sent at 07:00" in ran.err


def test_a_list_has_quiet_hours_in_its_own_zone(desk: Cli) -> None:
    ran = desk("list", "edit", "daily", "--quiet", "22:00-07:00", "--timezone", "europe/oslo")
    assert ran.status == 0
    document = desk("list", "show", "daily", "--json").document
    assert (document["quiet"], document["timezone"]) == ("22:00-07:00", "Europe/Oslo")
    assert desk("list", "edit", "daily", "--quiet", "").status == 0
    assert desk("list", "show", "daily", "--json").document["quiet"] is None
    refused = desk("list", "edit", "daily", "--quiet", "tonight")
    assert "quiet hours 'tonight' are not valid" in refused.err
