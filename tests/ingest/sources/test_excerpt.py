"""
What counts as an excerpt.
"""

from __future__ import annotations

import time

import pytest

from newsletter.ingest.sources.feeds.excerpts import is_excerpt


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Register now. [&#8230;]</p>",
        "Short … ",
        "One. [...] <p>The post X appeared first on Y.</p>",
    ],
)
def test_a_short_text_with_an_ellipsis_is_an_excerpt(markup: str) -> None:
    assert is_excerpt(markup, is_summary=False)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("A few words.", True),
        ("", True),
        ("A <b>few</b> words.", True),
        ("<p>A paragraph.</p>", False),
        ("<ul><li>A list</li></ul>", False),
        ("<h2>a</h2>b…", False),
        ("long " * 150 + "[…]", False),
    ],
)
def test_a_summary_of_a_few_words_is_an_excerpt(markup: str, expected: bool) -> None:
    assert is_excerpt(markup, is_summary=True) is expected


def test_a_few_words_of_content_are_not_an_excerpt() -> None:
    assert not is_excerpt("A few words.", is_summary=False)


def test_a_megabyte_of_open_brackets_is_checked_fast() -> None:
    began = time.monotonic()
    assert not is_excerpt("<" * 1_000_000, is_summary=True)
    assert time.monotonic() - began < 1
