"""
Test where a brief's body may end, and the truncated body.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsletter.ingest.parsing.cleanup.sanitise import sanitise
from newsletter.ingest.parsing.fields.plain_body import plain_body
from newsletter.mail.size.truncate import read_body, truncate_html, truncate_text

SENTENCE = "The harbour council voted for it late on Monday evening. "
LONG = f"<p>{SENTENCE * 20}</p>"


def shapes(html: str) -> list[str]:
    """
    Return the body truncated at each place where it may end, the shortest first.
    """
    body = read_body(html)
    return [truncate_html(body, place.chars) for place in body.places]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One.</p><p>Two.</p><p>Three.</p>", ["<p>One.</p>", "<p>One.</p><p>Two.</p>"]),
        ("<p>One.</p>", []),
        ("<p>One.</p><h3>Head</h3><p>Two.</p>", ["<p>One.</p>"]),
        ("<p>One.</p><p>These are:</p><ul><li>a</li></ul>", ["<p>One.</p>"]),
        (
            "<ul><li>a</li><li>b</li></ul><p>Two.</p>",
            ["<ul><li>a</li></ul>", "<ul><li>a</li><li>b</li></ul>"],
        ),
        (
            "<p>One.</p><table><tr><td><p>x.</p></td></tr></table><p>Two.</p>",
            ["<p>One.</p>", "<p>One.</p><table><tr><td><p>x.</p></td></tr></table>"],
        ),
        (
            "<blockquote><p>One.</p><p>Two.</p></blockquote>",
            ["<blockquote><p>One.</p></blockquote>"],
        ),
        ("<p><strong>What comes next</strong></p><p>One.</p>", []),
    ],
)
def test_a_body_ends_after_a_paragraph_or_an_item(html: str, expected: list[str]) -> None:
    assert shapes(html) == expected


def test_a_long_paragraph_ends_after_a_sentence() -> None:
    found = shapes(LONG)
    assert len(found) == 2
    assert all(shape.endswith("evening.</p>") for shape in found)


def test_an_abbreviation_ends_no_sentence_and_a_link_is_never_cut() -> None:
    text = "He met Gen. Smith of the U.S. Navy there, and <a href='x'>the Council. Of</a> it, "
    assert shapes(f"<p>{text * 20}so it ended.</p>") == []


def test_an_open_element_is_closed() -> None:
    found = shapes(f"<p><strong>{SENTENCE * 20}</strong></p>")
    assert found[0].startswith("<p><strong>The harbour")
    assert found[0].endswith("evening.</strong></p>")


def test_the_text_ends_in_the_line_where_the_body_ends() -> None:
    html = (
        '<p>The ferries stay.</p><p>See <a href="https://x.example/a/long/address/of/all">all</a>'
        " of it.</p><ul><li>One item.</li><li>Another item.</li></ul><p>The end.</p>"
    )
    text = plain_body(html)
    body = read_body(html)
    ends = [truncate_text(text, body, place.chars).split("\n")[-1] for place in body.places]
    assert ends == [
        "The ferries stay.",
        "See all <https://x.example/a/long/address/of/all> of it.",
        "- One item.",
        "- Another item.",
    ]


PIECES = ["<p>", "</p>", "<ul><li>", "</li></ul>", "<em>", "</em>", "<blockquote>", "<td>", "<br>"]
PIECES += [SENTENCE, "a < b & c ", "&amp;", '<a href="https://x.example/?a=1&b=2">', "</a>", "。"]
MARKUP = st.lists(st.sampled_from(PIECES), max_size=30).map("".join).map(sanitise)


@given(MARKUP)
def test_a_truncated_body_is_valid_markup_and_the_beginning_of_the_text(html: str) -> None:
    whole = LexborHTMLParser(html).text()
    for shape in shapes(html):
        assert sanitise(shape) == shape
        assert "".join(whole.split()).startswith("".join(LexborHTMLParser(shape).text().split()))
