"""
A page whose text may not be its article has a warning, which says what to do.
"""

from __future__ import annotations

import pytest
from reading_types import Read
from web_pages import ASIDE, FOOTER, MENU, PARAGRAPHS, TEXT, page

from newsletter.ingest.parsing.page.check import LINKS, MISSING, NOTICE, OTHER, PART
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


GONE = "<h1>{0}</h1><p>It may have been moved, or its address may be mistyped.</p><p>Go home.</p>"
SPA = "<title>Orrin taxes lanterns after midnight</title>"
SHORT = "".join(
    f"<h2><a href=/{number}>Item {number}</a></h2><p>{text[:60]}</p><a href=/{number}>More</a>"
    for number, text in enumerate(PARAGRAPHS, 1)
)
PAID = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}'


@pytest.mark.parametrize(
    "title", ["Page not found", "Seite nicht gefunden", "404", "Página no encontrada"]
)
def test_a_page_that_says_that_it_is_gone_has_a_warning(brief_of: Read, title: str) -> None:
    markup = page(GONE.format(title), f"<title>{title} | Orrin</title>")
    assert MISSING in brief_of(markup, MediaType.HTML_PAGE).warnings


def test_a_page_of_teasers_has_a_warning(brief_of: Read) -> None:
    warnings = brief_of(page(SHORT), MediaType.HTML_PAGE, base_url="https://a.example/").warnings
    assert LINKS in warnings


def test_a_round_up_of_other_sites_has_no_warning(brief_of: Read) -> None:
    markup = page(SHORT.replace("href=/", "href=https://b.example/"))
    assert (
        LINKS not in brief_of(markup, MediaType.HTML_PAGE, base_url="https://a.example/").warnings
    )


def test_a_page_that_only_a_script_would_fill_has_a_warning(brief_of: Read) -> None:
    markup = f"<html><head>{SPA}</head><body><div id=app><p>Loading…</p></div></body></html>"
    assert NOTICE in brief_of(markup, MediaType.HTML_PAGE).warnings


def test_a_page_for_subscribers_has_a_warning(brief_of: Read) -> None:
    markup = page(f"<div>{TEXT}</div>", f"{DESCRIBED}{PAID}</script>")
    assert brief_of(markup, MediaType.HTML_PAGE).warnings == (PART,)


INDIC = {
    "hi": (
        "ग्यारह सप्ताह बंद रहेगा उत्तरी जलद्वार",
        "उत्तरी जलद्वार ग्यारह सप्ताह के लिए बंद रहेगा, ताकि फाटक बदले जा सकें।",
    ),
    "bn": ("উত্তর জলকপাট এগারো সপ্তাহ বন্ধ", "শীতের বন্যার আগে উত্তর জলকপাট এগারো সপ্তাহ বন্ধ থাকবে।"),
    "ta": ("வடக்கு மதகு பதினொரு வாரம் மூடல்", "வெள்ளத்திற்கு முன் வடக்கு மதகு பதினொரு வாரம் மூடப்படும்."),
    "th": ("ประตูน้ำเหนือปิดสิบเอ็ดสัปดาห์", "ท่าเรือจะปิดประตูน้ำเหนือเป็นเวลาสิบเอ็ดสัปดาห์ก่อนน้ำท่วม"),
    "ja": ("北水門を十一週間閉鎖", "千島市は北水門を来年一月から十一週間、閉鎖すると発表した。"),
}


@pytest.mark.parametrize("language", INDIC)
def test_words_of_any_script_are_compared(brief_of: Read, language: str) -> None:
    title, text = INDIC[language]
    markup = page(
        "".join(f"<p>{text} {number}</p>" for number in range(5)), f"<title>{title}</title>"
    )
    assert brief_of(markup, MediaType.HTML_PAGE).warnings == ()
    excerpt = text[: len(text) // 2] + "…"
    whole = brief_of(excerpt, title=title, is_excerpt=True, page=markup)
    assert (whole.warnings, whole.body_text.count(text)) == ((), 5)
