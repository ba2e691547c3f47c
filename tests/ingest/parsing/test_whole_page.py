"""
Parsing an excerpt together with its page.
"""

from __future__ import annotations

import datetime as dt

import pytest
from reading_types import Read

from newsletter.model.brief import Brief

EXCERPT = "The council of Orrin taxed every lantern that burns […]"
TEXT = (
    "<p>The council of Orrin taxed every lantern that burns past midnight.</p><p>Nobody left.</p>"
)
NOT_THE_SAME = "only an excerpt: the page at its address has different content"
UNREADABLE = "only an excerpt: the page at its address cannot be read"


def page(text: str, head: str = "") -> str:
    return f"<html><head><title>Tax</title>{head}</head><body><article>{text}</article></body>"


@pytest.fixture
def excerpt_with(brief_of: Read) -> Read:
    def reading(markup: str, **fields: object) -> Brief:
        defaults = {"title": "The Lantern Tax", "is_excerpt": True, "page": markup} | fields
        return brief_of(**{"content": EXCERPT} | defaults)

    return reading


def test_the_page_gives_the_full_text(excerpt_with: Read) -> None:
    brief = excerpt_with(page(TEXT + "<p><a href=/more>More</a></p>"), base_url="https://h/tax/")
    assert brief.title == "The Lantern Tax"
    assert brief.body_text.startswith(
        "The council of Orrin taxed every lantern that burns past midnight.\n\nNobody left."
    )
    assert [link.url for link in brief.links] == ["https://h/more"]
    assert brief.warnings == ()


def test_the_feeds_date_takes_precedence_over_the_pages(excerpt_with: Read) -> None:
    head = "<meta property='article:published_time' content='2026-03-09T06:00:00Z'>"
    at = dt.datetime(2026, 3, 4, 6, tzinfo=dt.UTC)
    assert excerpt_with(page(TEXT, head), published_at=at).date == dt.date(2026, 3, 4)
    assert excerpt_with(page(TEXT, head)).date == dt.date(2026, 3, 9)


@pytest.mark.parametrize(
    ("markup", "warnings"),
    [
        (page("<p>We value your privacy. Accept all cookies to go on, please.</p>" * 9),
         (NOT_THE_SAME,)),
        (page("<p>The council of Orrin taxed lantern burns.</p>"), ()),
        (page("<div>" * 300 + "x"), (UNREADABLE,)),
        (page("x" * 600_000), (UNREADABLE,)),
    ],
)  # fmt: skip
def test_a_page_without_more_text_leaves_the_excerpt(
    excerpt_with: Read, markup: str, warnings: tuple[str, ...]
) -> None:
    brief = excerpt_with(markup)
    assert (brief.body_text, brief.warnings) == (EXCERPT, warnings)


def test_an_item_with_only_a_title_is_compared_by_it(excerpt_with: Read) -> None:
    brief = excerpt_with(page(TEXT), content="", title="Orrin taxes its lantern bearers")
    assert brief.body_text.startswith("The council of Orrin taxed")
    other = excerpt_with(page(TEXT), content="", title="Ferries remain until springtime")
    assert (other.body_text, other.warnings) == ("", (NOT_THE_SAME,))


def test_an_excerpt_without_a_longer_word_is_compared_by_its_title(excerpt_with: Read) -> None:
    for title, warnings in [("A tax", (NOT_THE_SAME,)), ("Orrin taxed", ())]:
        brief = excerpt_with(page(TEXT), content="Read […]", title=title)
        assert brief.warnings == warnings
        assert ("Nobody left." in brief.body_text) == (warnings == ())


def test_what_the_source_reports_about_an_item_is_a_warning(brief_of: Read) -> None:
    assert brief_of("<p>a</p>", title="T", warnings=("Only an excerpt.",)).warnings == (
        "Only an excerpt.",
    )
