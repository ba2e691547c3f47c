"""
`newsletter segment`, and `--segment` of the commands that send.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli

RULE = 'email ends with "@example.org" or tag has press'


@pytest.fixture
def readers(cli: Cli, office: Path) -> Cli:
    """
    Two readers of `daily`, of whom one has a tag, and a segment.
    """
    for address in ("ada@example.org", "bert@example.net"):
        cli("subscriber", "add", address, "--list", "daily", "--consent", "at the fair")
    cli("subscriber", "tag", "bert@example.net", "--add", "press")
    added = cli("segment", "add", "press", "--rule", RULE, "--json").document
    assert added == {"count": 2, "rule": RULE}
    return cli


def test_a_segment_is_counted_listed_and_shown(readers: Cli) -> None:
    assert readers("segment", "count", "press", "--json").document == {"count": 2, "rule": RULE}
    own = {"name": "press", "rule": RULE, "list": None}
    assert readers("segment", "list", "--json").document == [own]
    used = {"count": 2, "issues": [], "schedules": []}
    assert readers("segment", "show", "press", "--json").document == {**own, **used}
    assert readers("segment", "sample", "press", "-n", "1", "--json").document == [
        {"address": "ada@example.org", "name": ""}
    ]


def test_a_rule_is_counted_without_being_stored(readers: Cli) -> None:
    counted = readers("segment", "count", "--rule", "not tag has press", "--json").document
    assert counted == {"count": 1, "rule": "not tag has press"}
    assert "did you mean tag?" in readers("segment", "count", "--rule", "tg has press").refusal
    assert readers("segment", "count").refusal == "give the name of a segment, or --rule RULE"


def test_a_segment_is_explained_part_by_part(readers: Cli) -> None:
    assert readers("segment", "explain", "press").out.splitlines() == [
        "Segment press selects 2 of 2 people:",
        "at least one of these: 2",
        "  the address ends with “@example.org”: 1",
        "  has the tag press: 1",
    ]
    document = readers("segment", "explain", "press", "--json").document
    assert {key: document[key] for key in ("name", "everybody", "count")} == {
        "name": "press", "everybody": 2, "count": 2,
    }  # fmt: skip
    assert document["parts"][2] == {"words": "has the tag press", "depth": 1, "count": 1}


def test_a_change_counts_again_and_a_list_narrows(readers: Cli) -> None:
    changed = readers("segment", "edit", "press", "--rule", "tag has press", "--json").document
    assert changed == {"count": 1, "rule": "tag has press"}
    readers("list", "add", "spare", "--name", "Spare")
    assert readers("segment", "edit", "press", "--list", "spare", "--json").document["count"] == 0
    assert readers("segment", "edit", "press", "--list", "", "--json").document["count"] == 1
    assert "nothing to change" in readers("segment", "edit", "press").refusal


def test_a_segment_in_use_says_so_and_stays(readers: Cli) -> None:
    new = ("issue", "new", "--list", "daily", "--subject", "For the press", "--intro", "Meet us.")
    number = readers(*new, "--segment", "press", "--json").document["id"]
    assert readers("issue", "show", str(number), "--json").document["segment"] == "press"
    assert readers("segment", "show", "press", "--json").document["issues"] == [number]
    assert (
        f"issue {number} uses segment press"
        in readers("segment", "remove", "press", "--yes").refusal
    )
    readers("issue", "edit", str(number), "--segment", "")
    assert readers("segment", "remove", "press", "--yes").status == 0
    assert "segment 'press' does not exist" in readers(*new, "--segment", "press").refusal


def test_a_schedule_sends_to_a_segment_until_it_is_taken_away(readers: Cli, office: Path) -> None:
    (office / "briefs").mkdir()
    readers("source", "add", "desk", "folder", "briefs")
    add = ("schedule", "add", "morning", "--list", "daily", "--source", "desk")
    when = ("--cron", "0 6 * * *", "--timezone", "UTC")
    assert "segment 'pres' does not exist" in readers(*add, *when, "--segment", "pres").refusal
    assert readers(*add, *when, "--segment", "press").status == 0
    assert "schedule morning uses" in readers("segment", "remove", "press", "--yes").refusal
    assert readers("schedule", "edit", "morning", "--segment", "").status == 0
    assert readers("segment", "remove", "press", "--yes").status == 0


def test_segments_go_to_a_file_and_come_back(readers: Cli, office: Path) -> None:
    setup = readers("apply", "--export").out
    assert "[segment.press]" in setup
    file = office / "setup.toml"
    file.write_text(setup.replace("tag has press", "tag has radio"), encoding="utf-8")
    changes = readers("apply", "setup.toml", "--json").document["done"]
    assert {"kind": "segment", "name": "press", "did": "changed", "keys": ["rule"]} in changes
    assert readers("segment", "count", "press", "--json").document["count"] == 1


def test_the_rules_follow_a_renamed_list_and_a_renamed_tag(readers: Cli) -> None:
    rule = "on list daily and tag in (press, radio) and not name = press"
    readers("segment", "edit", "press", "--rule", rule)
    readers("list", "edit", "daily", "--slug", "morning")
    readers("tag", "rename", "press", "media")
    assert readers("segment", "list", "--json").document[0]["rule"] == (
        'on list "morning" and tag in ("media", radio) and not name = press'
    )


def test_a_rule_that_its_list_makes_too_long_is_not_stored(readers: Cli, office: Path) -> None:
    longest = " or ".join(['tag has "press"'] * 100)
    refusal = "segment long with its list: the rule has more than 100 tests"
    add = readers("segment", "add", "long", "--rule", longest, "--list", "daily")
    assert add.refusal == refusal
    assert len(readers("segment", "list", "--json").document) == 1
    (office / "setup.toml").write_text(f"[segment.long]\nrule = '{longest}'\nlist = 'daily'\n")
    assert readers("apply", "setup.toml").refusal == f"[segment.long] {refusal}"
    assert readers("segment", "add", "long", "--rule", longest).status == 0
    assert readers("segment", "edit", "long", "--list", "daily").refusal == refusal
    assert readers("segment", "count", "long", "--json").document["count"] == 1


def test_a_new_name_that_makes_a_rule_too_long_is_refused(readers: Cli) -> None:
    longest = " or ".join(["tag has press"] * 100)
    readers("segment", "edit", "press", "--rule", longest)
    ran = readers("tag", "rename", "press", "the-press-of-the-country-and-the-town")
    assert ran.refusal == "segment press: the rule has 5096 characters: write at most 4000"
    assert readers("tag", "list", "--json").document == [{"tag": "press", "people": 1}]
    assert readers("segment", "count", "press", "--json").document["count"] == 1


@pytest.mark.parametrize(
    ("words", "whole"),
    [(("--list", "daily"), " with its list"), (("--rule", "on list daily and {}"), "")],
)
def test_a_new_slug_that_makes_a_rule_too_long_is_refused(
    readers: Cli, words: tuple[str, str], whole: str
) -> None:
    readers("segment", "edit", "press", "--rule", f"tag has{' ' * 3950}press")
    rule = readers("segment", "list", "--json").document[0]["rule"]
    readers("segment", "edit", "press", words[0], words[1].format(rule))
    ran = readers("list", "edit", "daily", "--slug", "the-morning-of-the-country-and-town")
    assert f"segment press{whole}: the rule has 40" in ran.refusal
    assert readers("list", "show", "daily").status == 0
    assert readers("segment", "count", "press", "--json").document["count"] == 1


def test_readers_are_the_same_number_of_people_everywhere(readers: Cli) -> None:
    for name in ("cleo", "dora", "emil", "fred"):
        consent = ("--list", "daily", "--consent", "at the fair")
        readers("subscriber", "add", f"{name}@example.org", *consent)
    readers("suppression", "add", "bert@example.net")
    readers("suppression", "add", "cleo@example.org", "--list", "daily")
    readers("subscriber", "unsubscribe", "dora@example.org", "--list", "daily", "--yes")
    readers("suppression", "add", "dora@example.org")

    def counted(rule: str) -> int:
        return int(readers("segment", "count", "--rule", rule, "--json").document["count"])

    def listed(*which: str) -> int:
        found = readers("subscriber", "list", *which, "--count", "--json").document
        return int(found["people"])

    (daily,) = readers("list", "list", "--json").document
    assert [daily[state] for state in ("active", "suppressed", "ended")] == [3, 2, 1]
    health = readers("list", "health", "daily", "--json").document
    assert health["readers"] == 3
    assert health["at_start"] + health["net"] == 3
    assert counted("on list daily") == listed("--list", "daily", "--state", "active") == 3
    assert counted("state = active") == listed("--state", "active") == 3
    assert counted("ended on list daily") == listed("--list", "daily", "--state", "ended") == 1
    assert listed("--list", "daily", "--state", "suppressed") == 2
    assert counted("state = suppressed") == listed("--state", "suppressed") == 2
    assert listed("--state", "suppressed", "--joined-after", "2000-01-01") == 2


def test_a_tag_that_nobody_has_is_noted(readers: Cli) -> None:
    ran = readers("segment", "count", "--rule", "tag has pres or tag has vip")
    assert ran.out == "0 people\n"
    assert ran.err.splitlines() == [
        "note: nobody has the tag pres: did you mean press?",
        "note: nobody has the tag vip",
    ]
    added = readers("segment", "add", "typed", "--rule", "not tag has pres")
    assert added.out == "added segment typed: 2 people\n"
    assert added.err == "note: nobody has the tag pres: did you mean press?\n"
    assert readers("segment", "edit", "typed", "--rule", "tag has press").err == ""


def test_people_who_left_are_told_apart_from_active_ones(readers: Cli) -> None:
    readers("subscriber", "unsubscribe", "bert@example.net", "--list", "daily", "--yes")
    ran = readers("segment", "count", "--rule", "email contains example")
    assert ran.out == "2 people, 1 of them active on a list\n"
    ran = readers("segment", "edit", "press", "--rule", "email contains example", "--json")
    assert ran.document["count"] == 2


def test_a_tag_that_nobody_has_any_more_is_not_listed(readers: Cli) -> None:
    readers("subscriber", "tag", "bert@example.net", "--add", "radio", "--remove", "press")
    assert readers("tag", "list", "--json").document == [{"tag": "radio", "people": 1}]
    assert readers("tag", "rename", "radio", "press", "--json").document == {
        "tag": "press", "people": 1,
    }  # fmt: skip
