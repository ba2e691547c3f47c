"""
The links of the Markdown files outside `docs/` lead to files and headings that are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "templates/README.md")
MARKDOWN = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=6)


def every_token(page: Path) -> Iterator[Token]:
    for token in MARKDOWN.parse(page.read_text("utf-8")):
        yield token
        yield from token.children or ()


def links(page: Path) -> list[str]:
    """
    Return what the page links to and shows, but for other sites.
    """
    found = [token.attrs.get("href") or token.attrs.get("src") for token in every_token(page)]
    return [str(link) for link in found if link and "://" not in str(link)]


def headings(page: Path) -> set[str]:
    return {str(t.attrs["id"]) for t in every_token(page) if t.type == "heading_open"}


def is_dead(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return True
    return bool(heading) and heading not in headings(target)


@pytest.mark.parametrize("name", PAGES)
def test_no_link_is_dead(name: str) -> None:
    page = ROOT / name
    assert [link for link in links(page) if is_dead(page, link)] == []


def test_a_dead_link_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Two words\n\n[a](#two-words) [b](#nonesuch) [c](page.md#nonesuch) ![d](d.png)\n"
    )
    assert [link for link in links(page) if is_dead(page, link)] == [
        "#nonesuch",
        "page.md#nonesuch",
        "d.png",
    ]
