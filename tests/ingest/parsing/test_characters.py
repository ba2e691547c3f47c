"""
Invisible characters are removed, visible ones stay.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.ingest.parsing import characters


def test_no_break_spaces_are_removed_at_the_ends_and_stay_inside() -> None:
    assert characters.line("\u00a0 5\u00a0km :\u202fhere \u00a0") == "5\u00a0km :\u202fhere"


def test_zero_width_spaces_and_soft_hyphens_are_removed() -> None:
    assert characters.line("lan\u00adguage\u200b\ufeff") == "language"


def test_curly_quotes_stay_and_accents_are_composed() -> None:
    assert characters.line("‘cafe\u0301’") == "‘café’"


def test_joiners_inside_words_stay() -> None:
    assert characters.line("می\u200cشود") == "می\u200cشود"


def test_direction_overrides_are_removed() -> None:
    assert characters.line("a\u202egpj.exe") == "agpj.exe"


@given(st.text(st.characters()))
def test_a_line_is_one_clean_line_and_stays_so(text: str) -> None:
    line = characters.line(text)
    assert not {"\n", "\r", "\x00", "\u200b", "\u00ad"} & set(line)
    assert characters.line(line) == line
    line.encode("utf-8")
