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
