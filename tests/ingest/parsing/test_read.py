"""
Which part of an item becomes which field of the brief, and which items contain no brief.
"""

from __future__ import annotations

import datetime as dt

import pytest
from reading_types import Read

from newsletter.errors import ReadError
from newsletter.model.brief import Link, MediaType, ReadingRules

URL = "https://brief.example.org/tolls/"


def test_the_items_title_takes_precedence_and_loses_its_prefix(brief_of: Read) -> None:
    brief = brief_of(
        "<h1>Other</h1><p>a</p>", title="TSG IntelBrief\u202f: <em>Tolls</em> &amp;#8217;n"
    )
    assert (brief.series, brief.title) == ("TSG IntelBrief", "Tolls ’n")


def test_a_character_that_could_not_be_decoded_is_left_out_with_a_warning(brief_of: Read) -> None:
    brief = brief_of("<p>The caf\ufffd opens\ufffd.</p>", title="Tolls\ufffd")
    assert (brief.title, brief.body_text) == ("Tolls", "The caf opens.")
    assert brief.warnings == ("3 unreadable characters were left out: check the text",)


def test_a_headline_keeps_its_second_colon(brief_of: Read) -> None:
    assert brief_of("<p>a</p>", title="IntelBrief: Tarn: A Port").title == "Tarn: A Port"


def test_a_title_that_only_starts_like_a_series_stays_whole(brief_of: Read) -> None:
    brief = brief_of("<p>a</p>", title="IntelBriefs of the year")
    assert (brief.series, brief.title) == (None, "IntelBriefs of the year")


def test_without_a_title_the_first_sentence_is_used(brief_of: Read) -> None:
    brief = brief_of("<p>The strait closed. Ferries wait.</p>")
    assert brief.title == "The strait closed."
    assert brief.warnings == ("no title found: the first sentence is used as the title",)


def test_the_first_list_gives_the_takeaways(brief_of: Read) -> None:
    brief = brief_of("<p>Intro.</p><ul><li>A&nbsp;</li><li><b>B</b> c</li></ul><p>d</p>", title="T")
    assert brief.takeaways == ("A", "B c")
    assert brief.body_html == "<p>Intro.</p>\n<p>d</p>"


def test_a_list_after_the_second_paragraph_stays(brief_of: Read) -> None:
    brief = brief_of("<p>a</p><p>b</p><ul><li>c</li></ul>", title="T")
    assert brief.takeaways == ()
    assert brief.body_html == "<p>a</p>\n<p>b</p>\n<ul><li>c</li></ul>"


def test_a_list_under_its_label_gives_the_takeaways_at_any_position(brief_of: Read) -> None:
    markup = "<p>a</p><p>b</p><p><strong>Key takeaways:</strong></p><ul><li>c</li></ul>"
    brief = brief_of(markup, title="T")
    assert (brief.takeaways, brief.removed) == (("c",), ("Key takeaways:",))
    assert brief.body_html == "<p>a</p>\n<p>b</p>"


def test_a_list_introduced_by_a_sentence_stays(brief_of: Read) -> None:
    brief = brief_of("<p>Three ports matter:</p><ul><li>a</li></ul><p>b</p>", title="T")
    assert brief.takeaways == ()


def test_typed_bullets_in_one_paragraph_become_a_list(brief_of: Read) -> None:
    brief = brief_of("<p>•&nbsp;<b>A</b> b<br>• C</p><p>d</p>", title="T")
    assert brief.takeaways == ("A b", "C")


def test_the_first_figure_is_the_lead_image(brief_of: Read) -> None:
    markup = (
        '<figure><img src="/q.jpg" alt="Quay" width="800" height="533">'
        "<figcaption>A quay. (AP Photo/ L. Moroz).</figcaption></figure><p>a</p>"
    )
    brief = brief_of(markup, title="T", url=URL)
    assert brief.image_url == "https://brief.example.org/q.jpg"
    assert (brief.image_alt, brief.image_width, brief.image_height) == ("Quay", 800, 533)
    assert (brief.caption, brief.credit) == ("A quay.", "AP Photo/L. Moroz")
    assert brief.body_html == "<p>a</p>"


def test_the_items_image_takes_precedence_and_appears_once(brief_of: Read) -> None:
    markup = '<p><img src="/q-300x200.jpg" alt="Q"></p><p>a</p>'
    brief = brief_of(markup, title="T", url=URL, image_url="https://brief.example.org/q.jpg")
    assert (brief.image_url, brief.image_alt) == ("https://brief.example.org/q.jpg", "Q")
    assert brief.body_html == "<p>a</p>"


def test_an_image_other_than_the_items_stays_in_the_body(brief_of: Read) -> None:
    markup = '<p><img src="/other.jpg" alt="O"></p><p>a</p>'
    brief = brief_of(markup, title="T", url=URL, image_url="https://brief.example.org/q.jpg")
    assert brief.image_url == "https://brief.example.org/q.jpg"
    assert "https://brief.example.org/other.jpg" in brief.body_html


def test_a_placeholder_is_never_the_lead_image(brief_of: Read) -> None:
    brief = brief_of('<p><img src="data:image/gif;base64,R0"></p><p>a</p>', title="T", url=URL)
    assert brief.image_url is None


def test_the_appeared_first_line_is_removed_in_any_language(brief_of: Read) -> None:
    line = f'Artykuł <a href="{URL}">Cła</a> pochodzi z <a href="https://brief.example.org">X</a>.'
    brief = brief_of(f"<p>a</p><p>{line}</p>", title="T", url=URL)
    assert (brief.body_html, brief.removed) == ("<p>a</p>", ("Artykuł Cła pochodzi z X.",))


def test_a_last_paragraph_with_other_links_stays(brief_of: Read) -> None:
    line = f'See <a href="{URL}">this</a> and <a href="https://else.example">that</a>.'
    assert brief_of(f"<p>{line}</p>", title="T", url=URL).removed == ()


def test_boilerplate_of_the_source_is_removed_only_at_the_end(brief_of: Read) -> None:
    rules = ReadingRules(trailers=("Write to us",))
    brief = brief_of("<p>Write to us a</p><p>b</p><p>Write to us: x</p>", rules=rules, title="T")
    assert brief.body_html == "<p>Write to us a</p>\n<p>b</p>"


def test_the_date_is_the_items_day_in_the_sources_zone(brief_of: Read) -> None:
    at = dt.datetime(2026, 3, 4, 2, 30, tzinfo=dt.UTC)
    rules = ReadingRules(timezone="America/New_York")
    brief = brief_of("<p>a</p>", rules=rules, title="T", published_at=at)
    assert (brief.date, brief.published_at) == (dt.date(2026, 3, 3), at)


def test_a_date_line_takes_precedence_over_the_items_time_and_captions_are_ignored(
    brief_of: Read,
) -> None:
    at = dt.datetime(2026, 3, 4, 2, 30, tzinfo=dt.UTC)
    content = "IntelBrief: T\n\n5 March 2019\n\nA quay, May 1, 2018. (AP Photo/X)\n\nBody text."
    brief = brief_of(content, MediaType.TEXT, published_at=at)
    assert (brief.date, brief.caption) == (dt.date(2019, 3, 5), "A quay, May 1, 2018.")


def test_the_call_to_action_is_the_briefs_own_address(brief_of: Read) -> None:
    assert brief_of("<p>a</p>", title="T", url=URL).cta == Link("Read more", URL)
    assert brief_of("<p>a</p>", title="T").cta is None


def test_the_links_of_the_body_are_in_order(brief_of: Read) -> None:
    markup = '<p><a href="/b">B</a> <a href="/a"><em>A</em></a> <a href="/b">B</a></p>'
    brief = brief_of(markup, title="T", url=URL)
    base = "https://brief.example.org"
    assert brief.links == (Link("B", f"{base}/b"), Link("A", f"{base}/a"))


def test_the_language_gives_the_direction(brief_of: Read) -> None:
    brief = brief_of("<p>أغلقت السلطات المضيق مساء الأحد</p>", title="المضيق")
    assert (brief.lang, brief.dir) == ("ar", "rtl")
    assert brief_of("<p>a</p>", title="T", lang="fa-IR").dir == "rtl"


@pytest.mark.parametrize("media_type", list(MediaType))
@pytest.mark.parametrize("content", ["", " \n\u00a0", "<p>&nbsp;</p>", "a\x00b", "x" * 524_289])
def test_content_without_a_brief_is_refused_in_one_line(
    brief_of: Read, content: str, media_type: MediaType
) -> None:
    with pytest.raises(ReadError, match=r"^k: [^\n]+$"):
        brief_of(content, media_type)
