"""
How a source's items are read, as told to `source add`.
"""

from __future__ import annotations

from pathlib import Path

from running import Cli


def test_a_source_keeps_which_picture_leads_and_whether_pages_are_read(
    cli: Cli, office: Path
) -> None:
    arguments = ("--image", "page", "--full-text", "never")
    cli("source", "add", "site", "feed", "https://example.org/feed/", *arguments)
    cli("source", "add", "plain", "feed", "https://example.org/feed/")
    reading = {
        source["name"]: (source["reading"]["image"], source["reading"]["full_text"])
        for source in cli("source", "list", "--json").document
    }
    assert reading == {"plain": ("auto", "auto"), "site": ("page", "never")}


def test_an_unknown_picture_rule_is_wrong_usage(cli: Cli, office: Path) -> None:
    ran = cli("source", "add", "site", "feed", "https://example.org/feed/", "--image", "last")
    assert ran.status == 2
    assert "'last' is not one of" in " ".join(ran.err.split())


def test_a_file_name_neither_ends_a_line_of_output_nor_moves_the_cursor(
    cli: Cli, office: Path
) -> None:
    (office / "posts").mkdir()
    (office / "posts" / "one\nnewsletter: all is well\x1b[2J.txt").touch()
    (office / "posts" / "two\nTitle.txt").write_text("The ferries stay.\n\nNobody left the quay.")
    cli("source", "add", "desk", "folder", "posts")
    ran = cli("collect")
    (line,) = [line for line in ran.err.splitlines() if "all is well" in line]
    assert line.startswith(r"desk: one\nnewsletter: all is well\x1b[2J.txt: ")
    listed = cli("brief", "list").out.splitlines()
    assert not [line for line in listed if line.startswith("Title")]
