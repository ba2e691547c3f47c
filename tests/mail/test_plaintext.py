"""
Test plain text: wrapping, shortening, and excerpts of HTML.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape, unescape

from hypothesis import given
from hypothesis import strategies as st

from newsletter.ingest.parsing.fields.plain_body import plain_body
from newsletter.mail.mime.plaintext import excerpt, shortened, wrap78

LONG = "https://example.org/" + "x" * 100


def test_lines_end_before_column_79_and_keep_their_words() -> None:
    text = "The council asked for a second survey. " * 10
    wrapped = wrap78(text)
    assert max(map(len, wrapped.split("\n"))) <= 78
    assert wrapped.split() == text.split()


def test_a_long_url_stays_whole_on_its_own_line() -> None:
    assert wrap78(f"See {LONG} there").split("\n") == ["See", LONG, "there"]


def test_list_items_are_indented_under_their_first_word() -> None:
    assert wrap78("word " * 20, "  - ", "    ").split("\n") == [
        "  - " + " ".join(["word"] * 15),
        "    " + " ".join(["word"] * 5),
    ]


def test_bullets_in_the_text_are_indented_too() -> None:
    assert wrap78("- " + "word " * 20).split("\n")[1].startswith("  word")


def test_line_breaks_and_empty_lines_stay() -> None:
    assert wrap78("a\n\n  b\nc") == "a\n\n  b\nc"


def test_chinese_is_broken_between_characters_at_78_columns() -> None:
    lines = wrap78("新" * 100).split("\n")
    assert [len(line) for line in lines] == [39, 39, 22]


def test_no_line_begins_with_a_closing_or_ends_with_an_opening_bracket() -> None:
    assert wrap78("新" * 38 + "「新」" + "新" * 3).split("\n") == ["新" * 38, "「新」新新新"]
    assert wrap78("新" * 39 + "。新").split("\n") == ["新" * 38, "新。新"]
    assert wrap78("ア" * 39 + "ッア").split("\n") == ["ア" * 38, "アッア"]


def test_chinese_continues_after_a_url() -> None:
    lines = wrap78(f"{'新' * 30}<https://example.org/a>。{'新' * 60}").split("\n")
    assert lines == ["新" * 30, "<https://example.org/a>。" + "新" * 26, "新" * 34]


def test_accents_and_direction_marks_have_no_width() -> None:
    for letter in ("e\u0301", "\u200fא", "ก\u0e49"):
        assert wrap78(f"{letter * 76} x") == f"{letter * 76} x"
        assert wrap78(f"{letter * 77} x") == f"{letter * 77}\nx"


def test_each_line_of_a_quotation_is_marked() -> None:
    lines = wrap78("> " + "word " * 30 + "\n> \n> > " + "word " * 20).split("\n")
    assert [line[:6] for line in lines] == ["> word", "> word", ">", "> > wo", "> > wo"]


def test_french_punctuation_stays_on_the_line_of_its_word() -> None:
    for end in ("word\u202f?", "word\u00a0:", "«\u00a0word\u00a0»"):
        assert wrap78("x" * (79 - len(end)) + f" {end}").split("\n")[1] == end
    assert wrap78("word\u00a0" * 30) == wrap78("word " * 30)


def test_a_line_that_fits_keeps_its_spaces() -> None:
    assert wrap78("a  =  1\nb   =  2") == "a  =  1\nb   =  2"


def width(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in line)
    return len(line) + wide - sum(unicodedata.category(char) in ("Mn", "Cf") for char in line)


WORDS = st.sampled_from(
    ["council", "(a)", "survey.", "wall—and", "סקר", "שני,", "مدينة", "新しい港湾計画", "「壁」。"]
) | st.sampled_from(["항구", "👩\u200d👩\u200d👧", "é", "x" * 90])
ADDRESSES = st.builds(
    "https://example.org/{}{}".format,
    st.text("abc/-_.~%?=&0", max_size=90),
    st.sampled_from(["", "/日本語", "/ä(1)", "?q=新&r=1", "#x,y"]),
)
LINKS = st.builds('<a href="{}">{}</a>'.format, ADDRESSES.map(escape), WORDS)
GAPS = st.sampled_from(["", " ", ", ", "\n"])
INLINE = st.lists(st.tuples(WORDS | LINKS, GAPS), min_size=1, max_size=40)
BODIES = st.lists(
    st.tuples(
        st.sampled_from(["p", "li", "blockquote", "td", "pre", "h3", "figcaption"]),
        INLINE.map(lambda pieces: "".join(piece + gap for piece, gap in pieces)),
    ),
    max_size=4,
)
AROUND = {"li": "<ul>{}</ul>", "td": "<table><tr>{}</table>", "figcaption": "<figure>{}</figure>"}


@given(BODIES)
def test_every_url_stays_whole_and_lines_have_at_most_78_columns(
    body: list[tuple[str, str]],
) -> None:
    markup = "".join(AROUND.get(tag, "{}").format(f"<{tag}>{text}</{tag}>") for tag, text in body)
    text = plain_body(markup)
    wrapped = wrap78(text)
    for address in re.findall('href="([^"]*)"', markup):
        assert f"<{unescape(address)}>" in wrapped
    for line in wrapped.split("\n"):
        words = re.sub(r"^[\s>-]*", "", line).split()
        assert len(words) == 1 or width(line) <= 78
    assert "".join(wrapped.split()).replace(">", "") == "".join(text.split()).replace(">", "")


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=200), st.integers(2, 90))
def test_shortening_never_exceeds_the_limit(text: str, most: int) -> None:
    short = shortened(text, most)
    assert len(short) <= most
    assert short == text or text.startswith(short.rstrip("…"))


def test_shortening_ends_with_a_sentence_or_a_word() -> None:
    assert shortened("One two three. Four five six seven.", 20) == "One two three."
    assert shortened("One two three four five", 12) == "One two…"
    assert shortened("One two", 12) == "One two"


def test_an_excerpt_is_the_first_words_without_tags_and_entities() -> None:
    html = "<figure><figcaption>c</figcaption></figure><p>A &amp; <b>b</b>.</p><p>Next</p>"
    assert excerpt(html, 100) == "A & b. Next"
