"""
A page whose text may not be its article has a warning, which says what to do.
"""

from __future__ import annotations

import pytest
from reading_types import Read
from web_pages import ASIDE, FOOTER, MENU, PARAGRAPHS, TEXT, page

from newsletter.ingest.parsing.formats.page_check import LINKS, NOTICE, OTHER
from newsletter.model.brief import MediaType

HEADLINES = "".join(
    f"<li><a href=/{number}>{text[:70]}</a></li>" for number, text in enumerate(PARAGRAPHS * 4)
)
CONSENT = (
    "<h1>Before you continue</h1><p>We and our partners use cookies to measure visits. Cookies "
    "that are necessary are always set. Choose which cookies you accept, or read our policy.</p>"
)
FERRY = (
    "<p>From Monday a crossing costs two crowns less than it did in spring, the port says. The "
    "boats run every twenty minutes until ten in the evening.</p>"
)
DESCRIBED = (
    "<title>Orrin taxes lanterns after midnight | The Orrin Post</title><meta property='og:title' "
    "content='Orrin taxes lanterns after midnight'><meta name=description content='The council "
    "voted nine to two; merchants gathered along the quay.'>"
)
EXCERPT = "The council of Orrin taxed every lantern that burns past midnight […]"


@pytest.mark.parametrize(
    ("markup", "warning"),
    [
        (page(f"<div><ul>{HEADLINES}</ul></div>"), LINKS),
        (page(CONSENT), NOTICE),
        (page("<form><p>Please sign in.</p><input name=p type=password></form>"), NOTICE),
        (page("<p>One moment.</p>", "<title>Checking</title><meta http-equiv=Refresh>"), NOTICE),
        (page("<noscript>Turn on JavaScript.</noscript><p>Loading…</p>"), NOTICE),
        (f"<html><head>{DESCRIBED}</head><body>{MENU}{FERRY}{FOOTER}</body></html>", OTHER),
    ],
    ids=["headlines", "consent", "login", "challenge", "no script", "another article"],
)
def test_a_page_that_may_not_be_its_article_has_a_warning(
    brief_of: Read, markup: str, warning: str
) -> None:
    assert warning in brief_of(markup, MediaType.HTML_PAGE).warnings


@pytest.mark.parametrize(
    "markup",
    [
        page(f"{ASIDE}<div>{TEXT}</div>{FOOTER}"),
        page(f"<form><input type=password></form><div>{TEXT}</div>", DESCRIBED),
        page(f"<noscript>Turn on JavaScript.</noscript><div>{TEXT}</div>", DESCRIBED),
        page(f"<div>{CONSENT}{TEXT * 3}</div>", "<title>How sites ask for cookies</title>"),
        page(f"<div>{TEXT}<ul><li><a href=/m>The minutes of May</a></ul></div>", DESCRIBED),
        page("<p>Die Stadt besteuert jede Laterne.</p>", "<title>Stadt: Laternen</title>"),
        page(
            "<p>議会は真夜中を過ぎて燃えるすべての灯りに税を課した。</p>", "<title>灯りに税</title>"
        ),
    ],
    ids=["a text", "a login", "a script", "about cookies", "a list of links", "short", "ja"],
)
def test_an_article_has_no_warning(brief_of: Read, markup: str) -> None:
    assert not {LINKS, NOTICE, OTHER} & {*brief_of(markup, MediaType.HTML_PAGE).warnings}


@pytest.mark.parametrize("body", [f"<ul>{HEADLINES}</ul>", f"<p>{PARAGRAPHS[0]}</p>{CONSENT * 2}"])
def test_an_excerpt_stays_if_its_page_shows_no_article(brief_of: Read, body: str) -> None:
    brief = brief_of(EXCERPT, title="The Lantern Tax", is_excerpt=True, page=page(body))
    warning = "only an excerpt: the page at its address has different content"
    assert (brief.body_text, brief.warnings) == (EXCERPT, (warning,))
