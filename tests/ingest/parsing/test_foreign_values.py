"""
Values that no email can show as they are: they are repaired, or left out.
"""

from __future__ import annotations

import json

import pytest
from scripted_source import item

from newsletter.ingest.parsing import urls
from newsletter.ingest.parsing.read import read
from newsletter.model.brief import Brief, MediaType, ReadingRules

SENTENCE = "<p>Nobody left the quay on Monday.</p>"


def brief_of(content: str = SENTENCE, **values: object) -> Brief:
    return read(item(content=content, **values), ReadingRules())


def brief_with_front_matter(**front: object) -> Brief:
    content = json.dumps({"title": "A", **front}) + "\n\nNobody left the quay."
    return brief_of(content, media_type=MediaType.MARKDOWN, title=None)


@pytest.mark.parametrize(
    ("said", "lang"),
    [("pt-BR", "pt-BR"), (" en_US ", "en-US"), ("<!-- x -->", "en"), ('de"', "en"), ("\x01", "en")],
)
def test_a_language_is_taken_only_if_it_is_one(said: str, lang: str) -> None:
    assert brief_of(lang=said).lang == lang


@pytest.mark.parametrize(
    ("element", "clean"),
    [
        ('<q lang="<!-- x -->" dir="up">a</q>', "<q>a</q>"),
        ('<q lang="fr-CA" dir="rtl">a</q>', '<q lang="fr-CA" dir="rtl">a</q>'),
        ('<img src="https://x.example:99999/a.jpg" alt="b">a', "a"),
        ('<img src="https://x y/a.jpg" alt=" src=">a', "a"),
    ],
)
def test_attributes_without_a_meaning_are_left_out(element: str, clean: str) -> None:
    assert brief_of(f"{SENTENCE}<p>{element}</p>").body_html.endswith(f"<p>{clean}</p>")


def test_a_cell_spans_only_what_is_a_number() -> None:
    cells = '<th scope="x" colspan="-1">a</th><td rowspan="2" colspan="1e9">b</td>'
    body = brief_of(f"{SENTENCE}<table><tr>{cells}</tr></table>").body_html
    assert '<th>a</th><td rowspan="2">b</td>' in body


@pytest.mark.parametrize("title", ["\u3000", "\u2028", "\u200e", "\u2066\u2069", "\ue000"])
def test_a_title_that_nobody_can_see_is_none(title: str) -> None:
    brief = brief_of(title=title)
    assert brief.title == "Nobody left the quay on Monday."


def test_separators_of_lines_and_paragraphs_end_a_line() -> None:
    brief = brief_of(title="The\u2028Quiet\u2029Quay")
    assert brief.title == "The Quiet Quay"


def test_no_address_contains_a_space_or_an_invisible_character() -> None:
    address = "https://example.org/a\u3000b\u200bc\u2028d\x7fe"
    brief = brief_of(f'{SENTENCE}<p><a href="{address}">here</a></p>', url=address)
    encoded = "https://example.org/a%E3%80%80b%E2%80%8Bc%E2%80%A8d%7Fe"
    assert brief.url == encoded
    # The content was scrubbed before.
    assert brief.links[0].url == "https://example.org/a%E3%80%80bcde"


def test_an_address_with_an_impossible_host_is_not_used() -> None:
    sizes = "https://a.example{%}/1.jpg 800w"
    image = f'<img src="https://a.example/2.jpg" srcset="{sizes}" alt="b">'
    brief = brief_of(
        f'{SENTENCE * 2}<p>{image} <a href="https://x y/">c</a></p>', url="https://a%b/"
    )
    assert brief.body_html.endswith(
        '<img src="https://a.example/2.jpg" alt="b"></figure>\n<p>c</p>'
    )
    assert brief.url is None


def test_a_headline_of_ten_thousand_letters_is_shortened_with_a_warning() -> None:
    brief = brief_of(title="word " * 2_000)
    assert (len(brief.title), brief.title[-6:]) == (295, " word…")
    assert "the headline was shortened: it has 9,999 characters" in brief.warnings


def test_a_description_of_ten_thousand_letters_is_shortened() -> None:
    image = f'<img src="https://a.example/p.jpg" alt="{"x" * 10_000}">'
    brief = brief_of(f"{SENTENCE * 3}<p>Here {image} it is.</p>")
    assert f'alt="{"x" * 999}…"' in brief.body_html


def test_the_values_of_front_matter_are_clean_lines() -> None:
    said = "a\x00b\nc\ud800\u200b "
    brief = brief_with_front_matter(
        title=said,
        series=said,
        caption=said,
        credit=said,
        takeaways=[said, "\u200b"],
        categories=[said],
        image="https://a.example/p.jpg",
        image_alt=f"{said}d",
        cta={"label": said, "url": "https://a.example/"},
    )
    assert (brief.title, brief.series, brief.caption, brief.credit) == ("ab c",) * 4
    assert (brief.takeaways, brief.categories) == (("ab c",), ("ab c",))
    assert brief.cta is not None
    assert (brief.image_alt, brief.cta.label) == ("ab c d", "ab c")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://a.example/?q=%%C2", "https://a.example/?q=%25%C2"),
        ("https://a.example/50%", "https://a.example/50%25"),
        ("https://a.example/%zz%20", "https://a.example/%25zz%20"),
        ("https://a.example/%E2%82%AC", "https://a.example/%E2%82%AC"),
    ],
)
def test_a_percent_sign_that_encodes_nothing_is_encoded(written: str, expected: str) -> None:
    assert urls.absolute(written, None) == expected
    assert urls.absolute(expected, None) == expected
