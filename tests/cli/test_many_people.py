"""
Commands on many people: find them, tag them, note, move, suppress, confirm and erase them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import Cli

ADA, BEA, CARL = "ada@example.org", "bea@example.org", "carl@example.org"


@pytest.fixture
def desk(cli: Cli, office: Path) -> Cli:
    """
    Return the command line of an office with two lists; Ada is on both, Bea is pending on `daily`,
    and Carl is on `weekly`.
    """
    cli("list", "add", "weekly", "--name", "Weekly")
    for address, slug in ((ADA, "daily"), (ADA, "weekly"), (CARL, "weekly")):
        cli("subscriber", "add", address, "--list", slug, "--consent", "asked")
    cli("subscriber", "add", BEA, "--list", "daily", "--name", "Bea Holm")
    return cli


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """
    Return a function that has a person type a text at the terminal.
    """

    def type_text(text: str) -> None:
        monkeypatch.setattr("sys.stdin", Terminal(text))

    return type_text


def addresses(cli: Cli, *words: str) -> list[str]:
    return [each["address"] for each in cli("subscriber", "list", *words, "--json").document]


def states(cli: Cli, address: str) -> dict[str, str]:
    lists = cli("subscriber", "show", address, "--json").document["lists"]
    return {each["slug"]: each["state"] for each in lists}


def history(cli: Cli, address: str) -> list[tuple[str, Any]]:
    entries = cli("subscriber", "history", address, "--json").document
    return [(each["what"], each["detail"]) for each in entries]


def test_a_person_is_tagged_and_found_by_the_tag(desk: Cli) -> None:
    tagged = desk("subscriber", "tag", ADA, "--add", "Press", "--add", "local", "--json")
    assert tagged.document == {"address": ADA, "tags": ["local", "press"]}
    assert desk("subscriber", "tag", ADA, "--remove", "local").out == "press\n"
    assert desk("subscriber", "tag", ADA).out == "press\n"
    assert desk("subscriber", "tag", BEA).out == "no tags\n"
    assert addresses(desk, "--tag", "PRESS") == [ADA]
    assert "  tags: press" in desk("subscriber", "show", ADA).out.splitlines()


def test_many_people_are_tagged_by_a_filter(desk: Cli) -> None:
    words = ("subscriber", "tag", "--list", "weekly", "--add", "reader", "--json")
    counts = {"people": 2, "changed": 2, "unchanged": 0, "invalid": 0, "unknown": 0}
    assert desk(*words, "--dry-run").document == counts
    assert addresses(desk, "--text", "example") == [ADA, BEA, CARL]
    ran = desk(*words, "--yes")
    assert (ran.document, ran.err) == (counts, "tagging, people: 2 of 2\n")
    assert desk(*words, "--yes").document == {**counts, "changed": 0, "unchanged": 2}
    assert addresses(desk, "--tag", "reader") == [ADA, CARL]
    assert history(desk, CARL)[-1] == ("changed", {"tags": {"before": [], "after": ["reader"]}})


def test_many_people_are_changed_only_when_somebody_said_yes(desk: Cli) -> None:
    words = ("subscriber", "tag", "--list", "weekly", "--add", "reader")
    assert desk(*words).refusal == (
        "nothing was changed: Change the tags of 2 people? Answer with --yes, or --dry-run"
    )
    assert desk("tag", "list", "--json").document == []


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_terminal_is_asked(
    desk: Cli, terminal: Callable[[str], None], answer: str, status: int
) -> None:
    terminal(answer)
    ran = desk("subscriber", "unsubscribe", "--list", "weekly")
    assert ran.status == status
    assert "Unsubscribe 2 people from list weekly? [y/N]" in ran.err
    assert states(desk, CARL) == {"weekly": "ended" if status == 0 else "active"}


@pytest.mark.parametrize(
    "words",
    [
        ("tag", "--add", "x"),
        ("tag", ADA, "--list", "daily", "--add", "x"),
        ("tag", ADA, "--file", "some.csv", "--add", "x"),
        ("tag", ADA, "--dry-run", "--add", "x"),
        ("unsubscribe", "--file", "some.csv", "--tag", "x"),
        ("suppress",),
        ("erase",),
        ("confirm", "--evidence", "x"),
        ("list", "--state", "gone"),
        ("list", "--joined-after", "yesterday"),
        ("list", "--pending", "--tag", "x"),
        ("list", "--pending", "--count"),
    ],
)
def test_whom_a_command_is_about_is_said_once(desk: Cli, words: tuple[str, ...]) -> None:
    assert desk("subscriber", *words).status == 2


def test_a_tag_is_not_both_added_and_removed(desk: Cli) -> None:
    both = desk("subscriber", "tag", ADA, "--add", "x", "--remove", "X")
    assert both.refusal == "tag 'x' is both added and removed: choose one"
    assert "nothing to change" in desk("subscriber", "tag", "--list", "daily").refusal


def test_people_are_listed_as_far_as_asked_for(desk: Cli) -> None:
    assert addresses(desk, "--state", "pending") == [BEA]
    assert addresses(desk, "--text", "HOLM") == [BEA]
    assert addresses(desk, "--source", "command", "--list", "daily") == [ADA]
    assert addresses(desk, "--joined-before", "2001-01-01") == []
    assert desk("subscriber", "list", "--count", "--json").document == {"people": 3}
    assert desk("subscriber", "list", "--list", "weekly", "--count").out == "2\n"
    page = desk("subscriber", "list", "--most", "2")
    assert [line.split()[0] for line in page.out.splitlines()] == ["address", ADA, BEA]
    assert page.err == f"there are more: see them with --after {BEA} or --most N\n"
    last = desk("subscriber", "list", "--after", BEA, "--most", "2", "--json")
    assert ([each["address"] for each in last.document], last.err) == ([CARL], "")
    assert desk("subscriber", "list", "--text", "zzz").out == "No subscribers match.\n"
    assert addresses(desk, "--text", "zzz") == []


def test_a_segment_says_who_is_meant(desk: Cli) -> None:
    desk("segment", "add", "holms", "--rule", 'name contains "holm"')
    assert addresses(desk, "--segment", "holms") == [BEA]
    words = ("subscriber", "tag", "--segment", "holms", "--list", "daily", "--add", "x")
    assert desk(*words, "--yes", "--json").document["changed"] == 1
    assert addresses(desk, "--tag", "x") == [BEA]
    assert "nobody" in desk("subscriber", "list", "--segment", "nobody").refusal


def test_the_tags_are_listed_renamed_and_removed(desk: Cli) -> None:
    desk("subscriber", "tag", "--text", "example", "--add", "press", "--yes")
    desk("subscriber", "tag", ADA, "--add", "local")
    desk("segment", "add", "writers", "--rule", "tag has press")
    assert desk("tag", "list", "--json").document == [
        {"tag": "local", "people": 1},
        {"tag": "press", "people": 3},
    ]
    renamed = desk("tag", "rename", "press", "Media", "--json").document
    assert renamed == {"tag": "media", "people": 3}
    assert addresses(desk, "--segment", "writers") == [ADA, BEA, CARL]
    assert "already exists" in desk("tag", "rename", "media", "local").refusal
    assert "Take the tag from 3 people and remove media?" in desk("tag", "remove", "media").refusal
    expected_line = (
        "segment writers uses tag media: first change it with `newsletter segment edit writers`"
    )
    assert desk("tag", "remove", "media", "--yes").refusal == expected_line
    assert addresses(desk, "--tag", "media") == [ADA, BEA, CARL]
    desk("segment", "edit", "writers", "--rule", "tag has local")
    removed = desk("tag", "remove", "media", "--yes", "--json").document
    assert removed == {"tag": "media", "people": 3}
    assert desk("subscriber", "tag", ADA).out == "local\n"
    expected = {"tags": {"before": ["local", "media"], "after": ["local"]}}
    assert history(desk, ADA)[-1] == ("changed", expected)


def test_notes_are_shown_with_the_person_and_are_theirs_to_see(desk: Cli) -> None:
    noted = desk("subscriber", "note", ADA, "met at the fair", "--json").document
    (note,) = noted["notes"]
    assert (note["text"], note["by"]) == ("met at the fair", "a person")
    assert "met at the fair" in desk("subscriber", "show", ADA).out
    desk("subscriber", "tag", ADA, "--add", "press")
    stored = desk("privacy", "export", ADA, "--json").document
    assert [each["text"] for each in stored["notes"]] == ["met at the fair"]
    assert stored["tags"] == ["press"]


def test_many_people_are_moved_to_another_list(desk: Cli) -> None:
    words = ("subscriber", "move", "--list", "daily", "--to", "weekly", "--json")
    counts = {
        "people": 2,
        "moved": 2,
        "kept_unsubscribed": 0,
        "kept_suppressed": 0,
        "unknown": 0,
        "invalid": 0,
    }
    assert desk(*words, "--dry-run").document == counts
    assert desk(*words, "--yes").document == counts
    assert states(desk, ADA) == {"daily": "ended", "weekly": "active"}
    assert states(desk, BEA) == {"daily": "ended", "weekly": "pending"}
    one = desk("subscriber", "move", CARL, "--list", "weekly", "--to", "daily", "--json").document
    assert (one["moved"], states(desk, CARL)) == (1, {"daily": "active", "weekly": "ended"})
    again = desk("subscriber", "move", CARL, "--list", "weekly", "--to", "daily", "--yes")
    assert "not on the list: 1" in again.out.splitlines()
    same = desk("subscriber", "move", CARL, "--list", "weekly", "--to", "weekly", "--yes")
    assert same.refusal == "--list and --to are both weekly: give the other list with --to SLUG"


def test_many_people_are_suppressed(desk: Cli) -> None:
    words = ("subscriber", "suppress", "--list", "weekly", "--json")
    counts = {"people": 2, "suppressed": 2, "already": 0, "unknown": 0, "invalid": 0}
    assert desk(*words, "--dry-run").document == counts
    assert desk(*words, "--yes", "--note", "asked by legal").document == counts
    assert desk(*words, "--yes").document == {**counts, "suppressed": 0, "already": 2}
    suppressed = desk("suppression", "list", "--json").document
    assert [(each["address"], each["note"]) for each in suppressed] == [
        (ADA, "asked by legal"),
        (CARL, "asked by legal"),
    ]
    assert addresses(desk, "--state", "suppressed") == [ADA, CARL]


def test_a_filter_of_spaces_alone_is_not_everybody_suppressed(desk: Cli) -> None:
    ran = desk("subscriber", "suppress", "--text", " ", "--yes")
    assert "say whom" in ran.refusal
    assert desk("suppression", "list", "--json").document == []


def test_pending_people_are_confirmed_by_a_filter(desk: Cli) -> None:
    words = ("subscriber", "confirm", "--list", "daily", "--evidence", "signed", "--json")
    done = desk(*words, "--yes").document
    assert (done["people"], done["confirmed"], done["already_active"]) == (2, 1, 1)
    assert states(desk, BEA) == {"daily": "active"}
    assert history(desk, BEA)[-1] == ("confirmed", {"state": "active", "consent": "signed"})
    empty = desk("subscriber", "confirm", "--list", "daily", "--evidence", " ", "--yes")
    assert "the evidence is empty" in empty.refusal


def test_many_people_are_erased_only_by_their_number(desk: Cli) -> None:
    words = ("subscriber", "erase", "--list", "weekly")
    expected = "nothing was erased: Erase 2 people for good? Answer with --count 2"
    assert desk(*words, "--yes").refusal == expected
    assert "it would be 2" in desk(*words, "--count", "3").refusal
    counted = {"people": 2, "erased": 2, "unknown": 0, "invalid": 0}
    assert desk(*words, "--dry-run", "--json").document == counted
    assert desk(*words, "--count", "2", "--json").document["erased"] == 2
    assert addresses(desk) == [BEA]


def test_addresses_of_a_file_that_are_nobody_s_are_erased_where_they_are_stored(
    desk: Cli, office: Path
) -> None:
    desk("suppression", "add", "carl@example.com")
    rows = f"email\n{ADA}\nCarl@example.com\ncarl@example.com\nnobody@example.org\nx\n"
    (office / "erase.csv").write_text(rows)
    words = ("subscriber", "erase", "--file", "erase.csv", "--json")
    counted = {"people": 1, "erased": 1, "other_addresses": 1, "unknown": 2, "invalid": 1}

    assert desk(*words, "--dry-run").document == counted
    assert "it would be 2" in desk(*words, "--count", "1").refusal
    assert desk(*words, "--count", "2").document == {**counted, "deliveries": 0}
    assert "carl" not in str(desk("suppression", "list", "--json").document)
    assert desk(*words, "--count", "0").document["other_addresses"] == 0


@pytest.mark.parametrize(("answer", "left"), [("2\n", 1), ("yes\n", 3)])
def test_a_terminal_asks_for_the_number_of_those_erased(
    desk: Cli, terminal: Callable[[str], None], answer: str, left: int
) -> None:
    terminal(answer)
    ran = desk("subscriber", "erase", "--list", "weekly")
    assert "Type their number" in ran.err
    assert len(addresses(desk)) == left


def test_the_people_of_a_file_are_changed(desk: Cli, office: Path) -> None:
    (office / "some.csv").write_text(f"email\n{ADA}\nnobody@example.org\nx\n")
    tagged = desk("subscriber", "tag", "--file", "some.csv", "--add", "x", "--yes", "--json")
    assert tagged.document == {
        "people": 1,
        "changed": 1,
        "unchanged": 0,
        "unknown": 1,
        "invalid": 1,
    }
    assert addresses(desk, "--tag", "x") == [ADA]


def test_whoever_was_erased_is_not_counted_among_those_who_left(desk: Cli) -> None:
    def ended() -> list[int]:
        return [each["ended"] for each in desk("list", "list", "--json").document]

    before = ended()
    assert desk("subscriber", "unsubscribe", ADA, "--list", "daily", "--yes").err == ""
    assert sum(ended()) > sum(before)
    desk("subscriber", "erase", ADA, "--yes")
    assert ended() == before
