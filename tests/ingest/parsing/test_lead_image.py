"""
Which image is the lead image, by each rule.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.ingest.parsing.cleanup.images import is_same_image
from newsletter.model.brief import ImageRule, MediaType, ReadingRules

BODY = (
    "<figure><img src=https://h/top.jpg alt=Top><figcaption>The top</figcaption></figure>"
    "<p>First paragraph.</p><p>Second paragraph.</p><p><img src=https://h/deep.jpg alt=Deep></p>"
)
NAMED = {"image_url": "https://h/named.jpg", "image_alt": "Named"}
SHARED = {"page_image_url": "https://h/shared.jpg"}


@pytest.mark.parametrize(
    ("rule", "fields", "image"),
    [
        (ImageRule.AUTO, NAMED | SHARED, "https://h/named.jpg"),
        (ImageRule.AUTO, SHARED, "https://h/top.jpg"),
        (ImageRule.FEED, NAMED | SHARED, "https://h/named.jpg"),
        (ImageRule.FEED, SHARED, None),
        (ImageRule.FIRST, NAMED | SHARED, "https://h/top.jpg"),
        (ImageRule.PAGE, NAMED | SHARED, "https://h/shared.jpg"),
        (ImageRule.PAGE, NAMED, None),
        (ImageRule.NONE, NAMED | SHARED, None),
    ],
)
def test_the_rule_decides_which_image_leads(
    brief_of: Read, rule: ImageRule, fields: dict[str, str], image: str | None
) -> None:
    brief = brief_of(BODY, rules=ReadingRules(image=rule), title="T", **fields)
    assert brief.image_url == image


def test_the_first_image_is_removed_from_the_text_at_any_position(brief_of: Read) -> None:
    markup = "<p>a</p><p>b</p><p><img src=https://h/deep.jpg alt=Deep></p><p>c</p>"
    brief = brief_of(markup, rules=ReadingRules(image=ImageRule.FIRST), title="T")
    assert (brief.image_url, brief.image_alt) == ("https://h/deep.jpg", "Deep")
    assert brief.body_html == "<p>a</p>\n<p>b</p>\n<p>c</p>"


def test_an_image_that_does_not_lead_stays_in_the_text(brief_of: Read) -> None:
    brief = brief_of(BODY, rules=ReadingRules(image=ImageRule.FEED), title="T", **NAMED)
    assert (brief.image_alt, brief.caption) == ("Named", None)
    assert "https://h/top.jpg" in brief.body_html


def test_without_an_image_there_is_no_caption(brief_of: Read) -> None:
    brief = brief_of(BODY, rules=ReadingRules(image=ImageRule.NONE), title="T", **NAMED)
    assert (brief.image_url, brief.image_alt, brief.caption) == (None, "", None)
    assert brief.removed == ("the image https://h/top.jpg",)
    assert "top.jpg" not in brief.body_html
    assert "deep.jpg" in brief.body_html


def test_the_alternative_text_of_the_stated_image_is_not_used_for_the_pages(brief_of: Read) -> None:
    brief = brief_of(
        "<p>a</p>", rules=ReadingRules(image=ImageRule.PAGE), title="T", **NAMED, **SHARED
    )
    assert (brief.image_url, brief.image_alt) == ("https://h/shared.jpg", "")


def test_a_page_leads_with_the_image_it_declares_for_sharing(brief_of: Read) -> None:
    page = (
        "<html><head><meta property=og:image content=/og.jpg></head><body><article><p><img"
        " src=/a.jpg></p><p>The ferries stay until the end of March.</p></article></body></html>"
    )
    fields = {"media_type": MediaType.HTML_PAGE, "title": "T", "base_url": "https://h/x/"}
    by_rule = {
        rule: brief_of(page, rules=ReadingRules(image=rule), **fields).image_url
        for rule in (ImageRule.AUTO, ImageRule.PAGE)
    }
    assert by_rule == {ImageRule.AUTO: "https://h/a.jpg", ImageRule.PAGE: "https://h/og.jpg"}


@pytest.mark.parametrize(
    "image",
    [
        "<img src=/i/flag.png width=24 height=16 alt=Flag>",
        "<img src=/i/button.gif width=88 alt=Web>",
        "<img src=/i/corner.png width=150 height=120 alt='Orrin Post Logo'>",
        "<img src=/authors/ada.jpg alt='Ada Quill'>",
        "<img src=https://h/avatar/9.png alt='Ada Quill'>",
    ],
)
def test_a_flag_a_button_or_a_portrait_does_not_lead(brief_of: Read, image: str) -> None:
    brief = brief_of(f"{image}{BODY}", title="T", base_url="https://h/x/")
    assert brief.image_url == "https://h/top.jpg"


def test_the_image_that_leads_is_not_shown_in_the_text_of_its_page_again(brief_of: Read) -> None:
    page = (
        "<html><head><meta property=og:image content=/deep.jpg?s=1200></head><body><article><p>The "
        "council of Orrin voted.</p><p>The ferries stay until the end of March.</p><figure><img "
        "src=/deep.jpg alt=Ferry><figcaption>The ferry by night</figcaption></figure><p>The toll "
        "stays too.</p></article></body></html>"
    )
    brief = brief_of(page, MediaType.HTML_PAGE, title="T", base_url="https://h/x/")
    assert (brief.image_url, brief.image_alt) == ("https://h/deep.jpg", "Ferry")
    assert (brief.caption, brief.body_html.count("<img")) == ("The ferry by night", 0)


def test_images_that_differ_in_the_query_of_a_script_are_not_the_same() -> None:
    assert not is_same_image("https://h/dims?image=a.jpg", "https://h/dims?image=b.jpg")
    assert is_same_image("https://h/a.jpg?w=300", "https://h/a-1024x683.jpg?w=1200")


def test_the_declared_image_has_the_alternative_text_that_its_page_shows(brief_of: Read) -> None:
    text = "".join(
        f"<p>The council of Orrin voted on mill {number}, ten to one.</p>" for number in range(4)
    )
    figure = "<figure><img src=/b.jpg><figcaption>The bridge</figcaption></figure>"
    page = (
        "<html><head><meta property=og:image content=/mill.jpg></head><body><nav><img src=/l.png "
        "alt=Home></nav><div><h1>T</h1><div>By Ada</div><img src=/mill.jpg alt='The mill by night'>"
        f"<ul><li><a href=/s>Share</a></li></ul></div><div class=t>{text}{figure}{text}</div>"
    )
    brief = brief_of(page, MediaType.HTML_PAGE, title="T", base_url="https://h/x/")
    assert (brief.image_url, brief.image_alt) == ("https://h/mill.jpg", "The mill by night")
