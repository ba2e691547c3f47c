"""
The fallbacks for content without its own title or date.
"""

from __future__ import annotations

import datetime as dt

import pytest
from reading_types import Read

from newsletter.model.brief import MediaType

AT = dt.datetime(2024, 3, 15, 22, 45, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("content", "title", "body"),
    [
        ("IntelBrief: Own\n\nThe body.", "Own", "The body."),
        ("Own\n\nThe body.", "Own", "The body."),
        ("• One\n• Two\n\nThe body.", "Subject", "The body."),
        ("The lamps went out.\n\nThe body.", "Subject", "The lamps went out.\n\nThe body."),
    ],
)
def test_a_text_without_a_title_gets_the_fallback(
    brief_of: Read, content: str, title: str, body: str
) -> None:
    brief = brief_of(content, MediaType.TEXT, fallback_title="IntelBrief: Subject")
    assert (brief.title, brief.body_text) == (title, body)
    assert brief.warnings == ()


def test_the_fallback_title_is_not_repeated_in_the_body(brief_of: Read) -> None:
    brief = brief_of("<p><b>Subject</b></p><p>The body.</p>", fallback_title="IntelBrief: Subject")
    assert (brief.series, brief.title) == ("IntelBrief", "Subject")
    assert brief.body_html == "<p>The body.</p>"


def test_a_post_whose_title_is_its_whole_text_keeps_its_text(brief_of: Read) -> None:
    note = "The ferry is late today."
    picture = "<img src=https://a.example/f.jpg alt=Ferry>"
    for content in (f"<p>{note}</p>", f"{picture}<p>{note}</p>", f"<p>{note}</p>{picture}"):
        brief = brief_of(content, title=note)
        assert (brief.title, brief.body_text) == (note, note), content
    assert brief_of(f"<p>{note}</p>", fallback_title=note).body_text == note
    assert brief_of(f"<p>{note}</p><p>Until six.</p>", title=note).body_text == "Until six."
    assert brief_of(f"<h1>{note}</h1>{picture}", title=note).body_text == ""


def test_a_heading_wins_over_the_fallback_title(brief_of: Read) -> None:
    brief = brief_of("<h1>Own</h1><p>The body.</p>", fallback_title="IntelBrief: Subject")
    assert (brief.series, brief.title) == (None, "Own")


def test_a_date_line_wins_over_the_fallback_time(brief_of: Read) -> None:
    brief = brief_of("<h1>T</h1><p>March 18, 2024</p><p>a</p>", fallback_at=AT)
    assert (brief.date, brief.published_at) == (dt.date(2024, 3, 18), None)


def test_without_a_date_the_fallback_time_is_used(brief_of: Read) -> None:
    brief = brief_of("<h1>T</h1><p>a</p>", fallback_at=AT)
    assert (brief.date, brief.published_at) == (dt.date(2024, 3, 15), AT)


def test_an_image_inside_the_mail_is_named_and_keeps_its_caption(brief_of: Read) -> None:
    markup = '<figure><img src="cid:a@b"><figcaption>A quay.</figcaption></figure><p>a</p>'
    brief = brief_of(markup, title="T")
    assert (brief.image_url, brief.caption, brief.body_html) == (None, "A quay.", "<p>a</p>")
    assert brief.warnings == ("the image cid:a@b was left out: it did not come with the brief",)
