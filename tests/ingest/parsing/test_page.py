"""
Finding the brief in a web page.
"""

from __future__ import annotations

import datetime as dt

import pytest
from reading_types import Read

from newsletter.model.brief import MediaType

TEXT = "<p>The toll came back on Sunday evening.</p>"


def page(head: str = "", body: str = f"<article>{TEXT}</article>") -> str:
    return f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    "body",
    [
        f"<nav>Home</nav><article><i>By us</i><div class='entry-content'>{TEXT}</div></article>",
        f"<nav>Home</nav><article>{TEXT}</article><p>After.</p>",
        f"<nav>Home</nav><main>{TEXT}</main><p>After.</p>",
        f"<nav>Home</nav>{TEXT}",
    ],
)
def test_the_content_element_is_found(brief_of: Read, body: str) -> None:
    assert brief_of(page("<title>Tolls</title>", body), MediaType.HTML_PAGE).body_html == TEXT


@pytest.mark.parametrize(
    ("head", "heading"),
    [
        ("<title>No | Site</title>", "<h1>Tolls</h1>"),
        ('<meta property="og:title" content="Tolls"><title>No</title>', ""),
        ("<title>Tolls | The Example Center</title>", ""),
    ],
)
def test_the_title_is_the_heading_then_the_head(brief_of: Read, head: str, heading: str) -> None:
    brief = brief_of(page(head, f"<article>{heading}{TEXT}</article>"), MediaType.HTML_PAGE)
    assert (brief.title, brief.body_html) == ("Tolls", TEXT)


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2026-03-04T11:00:00+00:00">',
        '<script type="application/ld+json">{"@graph": [{"datePublished": "2026-03-04"}]}</script>',
        '<script type="application/ld+json">[1, {"datePublished": "2026-03-04T01:00Z"}]</script>',
    ],
)
def test_the_date_is_found_in_the_head(brief_of: Read, head: str) -> None:
    brief = brief_of(page(head + "<title>T</title>"), MediaType.HTML_PAGE)
    assert brief.date == dt.date(2026, 3, 4)


def test_a_time_element_wins(brief_of: Read) -> None:
    head = '<meta property="article:published_time" content="2025-01-01">'
    body = f'<article><h1>T</h1><time datetime="2026-03-04">4 March</time>{TEXT}</article>'
    assert brief_of(page(head, body), MediaType.HTML_PAGE).date == dt.date(2026, 3, 4)


def test_the_pages_own_image_is_the_last_resort(brief_of: Read) -> None:
    head = (
        '<title>T</title><base href="https://a.example/b/">'
        '<meta property="og:image" content="o.jpg">'
    )
    assert brief_of(page(head), MediaType.HTML_PAGE).image_url == "https://a.example/b/o.jpg"
    body = f'<article><img src="i.jpg" alt="I">{TEXT}</article>'
    assert brief_of(page(head, body), MediaType.HTML_PAGE).image_url == "https://a.example/b/i.jpg"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Tolls return - The Post</title>", "<h1>The Post</h1><div>{}</div>", None),
        (
            "<title>Tolls return - The Post</title><meta property=og:site_name content='The Post'>",
            "<h1>The Post</h1><div>{}</div>",
            "Tolls return",
        ),
        (
            "<title>Tolls return | The Post</title>",
            "<article><h1>Ferries stay</h1></article><h1>Tolls return</h1><div>{}</div>",
            "Tolls return",
        ),
        ("<title>The Post</title>", "<article><h1>Tolls return</h1>{}</article>", "Tolls return"),
        ("<title>Tolls return</title>", "<h1>Tolls return¶</h1><main>{}</main>", "Tolls return"),
        ("", "<h1>Tolls return</h1><div>{}</div>", "Tolls return"),
    ],
)
def test_a_heading_of_the_site_or_of_a_teaser_is_not_the_title(
    brief_of: Read, head: str, body: str, title: str | None
) -> None:
    brief = brief_of(page(head, body.format(TEXT)), MediaType.HTML_PAGE)
    assert brief.title == (title or "Tolls return - The Post")


def test_a_date_of_a_teaser_is_not_the_pages(brief_of: Read) -> None:
    teaser = "<article><time datetime=2024-01-01>old</time><p>Other</p></article>"
    head = '<meta property="article:published_time" content="2026-03-04T11:00:00+00:00">'
    brief = brief_of(page(head, f"{teaser}<article>{TEXT * 4}</article>"), MediaType.HTML_PAGE)
    assert brief.date == dt.date(2026, 3, 4)


def test_a_date_is_found_in_data_within_a_comment(brief_of: Read) -> None:
    for before, after in (("//<![CDATA[\n", "\n//]]>"), ("<!--", "-->")):
        data = f'{before}{{"datePublished": "2026-03-04"}}{after}'
        head = f'<script type="application/ld+json">{data}</script><title>T</title>'
        assert brief_of(page(head), MediaType.HTML_PAGE).date == dt.date(2026, 3, 4)


@pytest.mark.parametrize(
    "stated",
    [
        "<time itemprop=datePublished datetime=2026-03-09>9.3.</time>",
        "<meta itemprop=datePublished content=2026-03-09>",
        "<span itemprop='dateCreated datePublished'>March 9, 2026</span>",
    ],
)
def test_a_date_is_found_in_microdata(brief_of: Read, stated: str) -> None:
    markup = f"<html><body><div><h1>T</h1>{stated}<p>The ferries stay.</p></div></body></html>"
    assert brief_of(markup, MediaType.HTML_PAGE).date == dt.date(2026, 3, 9)
