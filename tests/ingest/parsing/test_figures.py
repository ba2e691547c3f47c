"""
Captions and credits in figures: in the text, and above it on a web page.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.model.brief import ImageRule, MediaType, ReadingRules

TEXT = (
    "<p>The ferries stay in the harbour until the end of March, because the ice at the outer quay "
    "is a metre thick.</p><p>The pilots went home on Monday, and nobody knows when the next ship "
    "from the islands will arrive at the old pier.</p><p>The council meets again on Thursday to "
    "decide about the tolls, which were raised only a year ago.</p>"
)
# What an author says at length is no credit, whatever the class is called.
LONG = " ".join(["At the quay"] * 12)
IMG = '<img src="/u/quay.jpg" alt="Two ferries">'


@pytest.mark.parametrize(
    ("inside", "caption", "credit"),
    [
        ("<figcaption>At the quay <span class='photo-credit'>Ann Bee</span></figcaption>",
         "At the quay", "Ann Bee"),
        ("<figcaption><span class='Credit'>Ann Bee / Paper</span> At the quay</figcaption>",
         "At the quay", "Ann Bee/Paper"),
        ("<figcaption>At the quay</figcaption><div class='image-credit'>Photo: Ann Bee</div>",
         "At the quay", "Photo: Ann Bee"),
        ("<figcaption>At the quay <small itemprop='copyrightHolder'>© Ann Bee</small></figcaption>",
         "At the quay", "© Ann Bee"),
        ("<figcaption>At the quay (<span class='bildquelle'>Ann Bee</span>)</figcaption>",
         "At the quay", "Ann Bee"),
        ("<figcaption>At the quay | <i class='attribution'>Ann Bee</i></figcaption>",
         "At the quay", "Ann Bee"),
        ("<span class='credits'>Ann Bee</span>", None, "Ann Bee"),
        ("<figcaption>At the quay <i class='credit'>Credit Ann Bee</i></figcaption>",
         "At the quay", "Ann Bee"),
        ("<figcaption>At the quay <span class='credit'><i>Credit</i><i>Credit</i>Ann Bee</span>"
         "</figcaption>", "At the quay", "Ann Bee"),
        (f"<figcaption><span class='attribution'>{LONG}</span></figcaption>", LONG, None),
        ("<figcaption class='caption-credit'>At the quay. Photo: Ann Bee</figcaption>",
         "At the quay.", "Photo: Ann Bee"),
        ("<figcaption><div class='caption-and-credit'>At the quay (Photo: Ann Bee)</div>"
         "</figcaption>", "At the quay", "Photo: Ann Bee"),
        ("<figcaption>Get a credit card at the quay</figcaption>",
         "Get a credit card at the quay", None),
    ],
)  # fmt: skip
def test_a_credit_that_the_markup_names_is_told_from_the_caption(
    brief_of: Read, inside: str, caption: str | None, credit: str | None
) -> None:
    text = brief_of(f"<figure>{IMG}{inside}</figure>{TEXT}", title="T", base_url="https://h/a/")
    assert (text.image_url, text.caption, text.credit) == ("https://h/u/quay.jpg", caption, credit)
    head = f"<head><title>T</title></head><body><header><figure>{IMG}{inside}</figure></header>"
    page = brief_of(
        f"<html>{head}<article><div class=entry-content>{TEXT}</div></article></body></html>",
        MediaType.HTML_PAGE,
        base_url="https://h/a/",
    )
    assert (page.image_url, page.image_alt) == ("https://h/u/quay.jpg", "Two ferries")
    assert (page.caption, page.credit) == (caption, credit)


def test_a_credit_beside_the_caption_of_another_image_stays_with_it(brief_of: Read) -> None:
    figure = f"<figure>{IMG}<figcaption>Later</figcaption><b class='credit'>Ann Bee</b></figure>"
    body = brief_of(f"{TEXT}{figure}", title="T", base_url="https://h/a/").body_html
    assert "<figcaption>Later (Ann Bee)</figcaption>" in body


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("At <b>the</b> quay <i class=credit>Ann Bee</i>", "At <b>the</b> quay  (Ann Bee)"),
        ("At the quay (<i class=credit>Ann Bee</i>)", "At the quay (<i>Ann Bee</i>)"),
        ("At the quay. <i class=credit>Ann Bee</i>", "At the quay. <i>Ann Bee</i>"),
        ("<i class=credit>Ann Bee</i>", "<i>Ann Bee</i>"),
    ],
)
def test_a_credit_in_the_text_is_separated_from_the_caption(
    brief_of: Read, inside: str, shown: str
) -> None:
    figure = f"<figure>{IMG}<figcaption>{inside}</figcaption></figure>"
    body = brief_of(f"{TEXT}{figure}", title="T", base_url="https://h/a/").body_html
    assert f"<figcaption>{shown}</figcaption>" in body


HERO = f"<figure>{IMG}<figcaption>At the quay (Photo: Ann Bee)</figcaption></figure>"


def page(above: str, *, text: str = TEXT, head: str = "", below: str = "") -> str:
    return (
        f"<html><head><title>T</title>{head}</head><body><nav><figure><img src=/n.jpg><figcaption>"
        f"Menu</figcaption></figure></nav><main>{above}<div class=entry-content>{text}</div>{below}"
        "</main></body></html>"
    )


@pytest.mark.parametrize(
    ("markup", "image", "caption"),
    [
        (page(HERO), "/u/quay.jpg", "At the quay"),
        (page(HERO, head="<meta property=og:image content=/u/quay-1200x630.jpg>"),
         "/u/quay-1200x630.jpg", "At the quay"),
        (page(HERO, head="<meta property=og:image content=/card.png>"),
         "/u/quay.jpg", "At the quay"),
        (page("", below=HERO, head="<meta property=og:image content=/card.png>"),
         "/card.png", None),
        (page("", below=HERO), None, None),
        (page(f"<aside>{HERO}</aside>"), None, None),
        (page("<figure><img src=/p.gif width=1 height=1><figcaption>x</figcaption></figure>"),
         None, None),
        (page(HERO, text=f"<p><img src=/u/own.jpg alt=Own></p>{TEXT}"), "/u/own.jpg", None),
        (page("<div class=hero><img data-src=/u/lazy.jpg><p class=caption>Lazy</p></div>"),
         "/u/lazy.jpg", "Lazy"),
    ],
)  # fmt: skip
def test_the_figure_above_the_text_of_a_page_leads_with_its_caption(
    brief_of: Read, markup: str, image: str | None, caption: str | None
) -> None:
    brief = brief_of(markup, MediaType.HTML_PAGE, base_url="https://h/a/")
    assert (brief.image_url, brief.caption) == (image and f"https://h{image}", caption)


def test_the_image_of_a_feed_gets_its_caption_from_the_page(brief_of: Read) -> None:
    brief = brief_of(
        "<p>The ferries stay in the harbour until the end of March […]</p>",
        title="T",
        url="https://h/a/",
        image_url="https://h/u/quay-300x200.jpg",
        is_excerpt=True,
        page=page(HERO),
    )
    assert (brief.image_url, brief.caption, brief.credit) == (
        "https://h/u/quay-300x200.jpg",
        "At the quay",
        "Photo: Ann Bee",
    )


def test_the_shared_image_has_the_caption_of_the_figure_that_shows_it(brief_of: Read) -> None:
    markup = page(HERO, head="<meta property=og:image content=/u/quay.jpg>")
    rules = ReadingRules(image=ImageRule.PAGE)
    brief = brief_of(markup, MediaType.HTML_PAGE, rules, base_url="https://h/a/")
    assert (brief.image_alt, brief.caption) == ("Two ferries", "At the quay")
    none = brief_of(markup, MediaType.HTML_PAGE, ReadingRules(image=ImageRule.NONE))
    assert (none.image_url, none.caption) == (None, None)
