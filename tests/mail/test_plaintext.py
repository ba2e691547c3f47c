"""
Plain text: wrapped, shortened, taken out of HTML.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.plaintext import excerpt, shortened, wrap78

LONG = "https://example.org/" + "x" * 100


def test_lines_end_before_column_79_and_keep_their_words() -> None:
    text = "The council asked for a second survey. " * 10
    wrapped = wrap78(text)
    assert max(map(len, wrapped.split("\n"))) <= 78
    assert wrapped.split() == text.split()


def test_a_long_address_stays_whole_on_its_own_line() -> None:
    assert wrap78(f"See {LONG} there").split("\n") == ["See", LONG, "there"]


def test_a_list_hangs_under_its_first_word() -> None:
    assert wrap78("word " * 20, "  - ", "    ").split("\n") == [
        "  - " + " ".join(["word"] * 15),
        "    " + " ".join(["word"] * 5),
    ]


def test_bullets_of_the_text_itself_hang_too() -> None:
    assert wrap78("- " + "word " * 20).split("\n")[1].startswith("  word")


def test_line_ends_and_empty_lines_stay() -> None:
    assert wrap78("a\n\n  b\nc") == "a\n\n  b\nc"


def test_chinese_is_broken_between_characters_at_78_columns() -> None:
    lines = wrap78("新" * 100).split("\n")
    assert [len(line) for line in lines] == [39, 39, 22]


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=200), st.integers(2, 90))
def test_shortening_never_gives_more_than_asked(text: str, most: int) -> None:
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
