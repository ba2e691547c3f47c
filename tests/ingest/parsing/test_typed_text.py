"""
What staff type in Markdown becomes safe HTML and text, with its merge fields as they were typed.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.ingest.parsing.typed_text import read_typed_text


def test_markdown_becomes_html_and_text() -> None:
    made = read_typed_text("Dear *all*,\n\n- one\n- [two](https://example.org/2)\n\n## Later")
    assert made.html == (
        '<p>Dear <em>all</em>,</p>\n<ul>\n<li>one</li>\n<li><a href="https://example.org/2">two</a>'
        "</li>\n</ul>\n<h4>Later</h4>"
    )
    assert made.text == "Dear all,\n\n- one\n- two <https://example.org/2>\n\nLater"


def test_a_merge_field_keeps_its_fallback_in_any_place() -> None:
    made = read_typed_text("**%%first_name|dear *friend* & reader%%**, %%email%%")
    assert made.html == "<p><strong>%%first_name|dear *friend* & reader%%</strong>, %%email%%</p>"
    assert made.text == "%%first_name|dear *friend* & reader%%, %%email%%"


def test_a_url_field_can_be_the_address_of_a_link() -> None:
    made = read_typed_text("[Leave](%%unsubscribe_url%%)")
    assert made.html == '<p><a href="%%unsubscribe_url%%">Leave</a></p>'


def test_a_word_of_the_text_is_never_taken_for_a_field() -> None:
    made = read_typed_text("field0x fieldq0x %%name%%")
    assert made.html == "<p>field0x fieldq0x %%name%%</p>"


def test_scripts_are_removed_and_template_syntax_stays_text() -> None:
    made = read_typed_text("Hi <script>x</script><b>bold</b> {{ 7*7 }} {% raw %}")
    assert made.html == "<p>Hi <b>bold</b> {{ 7*7 }} {% raw %}</p>"


def test_a_relative_link_is_left_out_and_told() -> None:
    made = read_typed_text("[here](/pages/here)")
    assert made.html == "<p>here</p>"
    assert made.warnings == (
        "the link /pages/here was removed: its address is relative; use a full one",
    )


def test_a_footnote_stays_with_the_text() -> None:
    made = read_typed_text("One[^1].\n\n[^1]: From the *minutes*.")
    assert made.text == "One[1].\n\n[1] From the minutes."


@given(st.text(alphabet="a*_[]()<>%|#-\n &;`1.", max_size=60))
def test_any_text_can_be_typed(typed: str) -> None:
    made = read_typed_text(typed)
    assert "<script" not in made.html
    assert made.typed == typed


@pytest.mark.parametrize("fallback", ["", "you", "a b"])
def test_the_same_field_twice_stays_twice(fallback: str) -> None:
    field = f"%%name|{fallback}%%"
    assert read_typed_text(f"{field} and {field}").text == f"{field} and {field}".strip()
