"""
The frame of a press release: the label above, the mark of the end and the notes to editors below.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.ingest.parsing.fields.headline import split_title
from newsletter.ingest.parsing.phrases.press_labels import is_press_label
from newsletter.model.brief import MediaType, ReadingRules

TEXT = "The council of Arlen met on Tuesday and parted without a vote on the contract.\n\n" * 3


@pytest.mark.parametrize(
    "label",
    [
        "FOR IMMEDIATE RELEASE", "Press Release", "PRESSEMITTEILUNG", "Communiqué de presse",
        "Nota de prensa", "Comunicato stampa", "Persbericht", "Informacja prasowa",
        "Пресс-релиз", "Пресреліз", "Basın bülteni", "بيان صحفي", "הודעה לעיתונות",
        "報道関係者各位", "新闻稿", "[보도자료]",
    ],
)  # fmt: skip
def test_the_label_of_a_press_release_is_no_title(brief_of: Read, label: str) -> None:
    brief = brief_of(f"{label}\n\nMarch 5, 2019\n\nTolls Rise In Arlen\n\n{TEXT}", MediaType.TEXT)
    assert (brief.title, str(brief.date)) == ("Tolls Rise In Arlen", "2019-03-05")
    assert label in brief.removed


@pytest.mark.parametrize("line", ["Release the ferries", "The press release was late", ""])
def test_a_line_about_a_release_is_no_label(line: str) -> None:
    assert not is_press_label(line)


def test_a_label_in_brackets_before_a_title_is_left_out() -> None:
    assert split_title("[보도자료] 통행료 인상", ReadingRules()) == (None, "통행료 인상")
    assert split_title("【プレスリリース】通行料", ReadingRules()) == (None, "通行料")
    assert split_title("[Update] Tolls", ReadingRules()) == (None, "[Update] Tolls")


@pytest.mark.parametrize("mark", ["###", "# # #", "- ENDS -", "-30-", "ENDS"])
def test_what_is_below_the_end_of_a_press_release_is_left_out(brief_of: Read, mark: str) -> None:
    notes = "Note to editors: The contract is on the site.\n\nTo leave the list, write to us.\n"
    brief = brief_of(f"Tolls Rise\n\n{TEXT}{mark}\n\n{notes}", MediaType.TEXT)
    assert brief.body_text.count("The council") == 3
    assert "editors" not in brief.body_text
    assert "Note to editors: The contract is on the site." in brief.removed


def test_a_mark_between_texts_divides_them(brief_of: Read) -> None:
    for marked in (f"{TEXT}###\n\n{TEXT}", f"{TEXT}###\n\nOne.\n\n###\n\nTwo.\n"):
        assert brief_of(f"Tolls Rise\n\n{marked}", MediaType.TEXT).body_html.count("<hr>") >= 1


def test_a_line_below_the_headline_may_be_above_the_caption(brief_of: Read) -> None:
    head = "March 5, 2019\n\nTolls Rise\n\nBy Ana Sorel and Ed Moss\n\nThe quay. (AP Photo/Li)\n\n"
    brief = brief_of(f"{head}{TEXT}", MediaType.TEXT)
    assert (brief.caption, brief.credit) == ("The quay.", "AP Photo/Li")
    assert brief.body_text.startswith("By Ana Sorel")


@pytest.mark.parametrize("mark", ["♦", "END", "HẾT.", "以上", "(ANSA).", "(dpa)", "（了）", "FINE"])
def test_marks_of_the_end_are_left_out(brief_of: Read, mark: str) -> None:
    brief = brief_of(f"Tolls Rise\n\n{TEXT}{mark}\n", MediaType.TEXT)
    assert mark in brief.removed
    assert brief.body_html.count("<p>") == 3


def test_a_rule_above_the_text_of_a_page_is_left_out(brief_of: Read) -> None:
    brief = brief_of("<h1>Tolls</h1><hr><p>They rise.</p><hr><p>They fall.</p>")
    assert brief.body_html == "<p>They rise.</p>\n<hr>\n<p>They fall.</p>"
