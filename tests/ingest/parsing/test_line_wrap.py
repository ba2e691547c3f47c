"""
Lines that a program wrapped are joined; lines that people ended are not.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.model.brief import MediaType

ONE = "The council met on Monday and left without a vote, though the contract was the only item."
TWO = "The operator says that it will sail until March, whatever the council may decide by then."


@pytest.mark.parametrize(
    "head",
    [
        "IntelBrief: Ferries Without a Vote, a Council Without a Quorum\nand a Harbour Without Ice",
        "Ferries Without a Vote, a Council Without a Quorum\nand a Harbour Without Ice",
        "IntelBrief: Ferries Without a Vote, a Council\nWithout a Quorum, a Harbour\nWithout Ice",
        "FERRIES WITHOUT\nA VOTE",
    ],
)
def test_a_headline_on_several_lines_is_one(brief_of: Read, head: str) -> None:
    brief = brief_of(f"2024-02-06\n\n{head}\n\n{ONE}", MediaType.TEXT)
    assert brief.title == head.removeprefix("IntelBrief: ").replace("\n", " ")
    assert brief.body_text == ONE


def test_the_line_below_a_short_headline_is_not_part_of_it(brief_of: Read) -> None:
    brief = brief_of(f"IntelBrief: The Quiet Quay\nBy Rui Castell\n\n{ONE}", MediaType.TEXT)
    assert brief.title == "The Quiet Quay"
    assert brief.body_html == f"<p>By Rui Castell</p>\n<p>{ONE}</p>"


@pytest.mark.parametrize("line", ["More: www.example.org", "Write to rui@example.org"])
def test_a_line_with_an_address_is_not_a_heading(brief_of: Read, line: str) -> None:
    brief = brief_of(f"The Quiet Quay\n\n{ONE}\n\n{line}\n\n{TWO}", MediaType.TEXT)
    assert f"<p>{line}</p>" in brief.body_html


@pytest.mark.parametrize("head", ["IntelBrief: The Quiet Quay", "The Quiet Quay"])
@pytest.mark.parametrize("bullets", ["• One.\n• Two.", "• One\n• Two", "1. One\n2. Two"])
def test_a_text_without_empty_lines_has_all_its_parts(
    brief_of: Read, head: str, bullets: str
) -> None:
    brief = brief_of(f"2024-02-06\n{head}\n{bullets}\n{ONE}\n{TWO}", MediaType.TEXT)
    assert (str(brief.date), brief.title) == ("2024-02-06", "The Quiet Quay")
    assert [takeaway.rstrip(".") for takeaway in brief.takeaways] == ["One", "Two"]
    assert brief.body_text == f"{ONE}\n\n{TWO}"


def test_the_end_of_a_wrapped_paragraph_is_recognised(brief_of: Read) -> None:
    wrapped = (
        "The council of Arlen met on Monday and left without a vote, though\n"
        "the contract was the only item.\n"
        "The operator says that it will sail until March, whatever they may\n"
        "decide by then."
    )
    brief = brief_of(f"The Quiet Quay\n\n{wrapped}", MediaType.TEXT)
    assert brief.body_text.split("\n\n") == [
        "The council of Arlen met on Monday and left without a vote, though the contract was the"
        " only item.",
        "The operator says that it will sail until March, whatever they may decide by then.",
    ]


def test_a_wrapped_item_may_go_on_with_a_capital(brief_of: Read) -> None:
    items = (
        "• Über den Vertrag mit dem Betreiber der beiden\nFähren wurde nicht abgestimmt.\n• Zwei."
    )
    brief = brief_of(f"Der Kai\n\n{items}\n\n{ONE}\n\n{TWO}", MediaType.TEXT)
    assert brief.takeaways[0].endswith("der beiden Fähren wurde nicht abgestimmt.")


def test_wrapped_chinese_and_japanese_lines_are_joined_without_a_space(brief_of: Read) -> None:
    text = "アーレン議会は月曜日に開かれ、採決なしに散会した。契約が唯一の\n議題だった。"
    brief = brief_of(f"採決なきフェリー\n\n{text}", MediaType.TEXT)
    assert brief.body_text == text.replace("\n", "")


def test_the_credit_below_a_caption_belongs_to_it(brief_of: Read) -> None:
    caption = f"{ONE}\nCredit: Reuters / Rui Castell"
    brief = brief_of(f"The Quiet Quay\n\n{caption}\n\n{TWO}", MediaType.TEXT)
    assert (brief.caption, brief.credit) == (ONE, "Reuters/Rui Castell")


def test_a_date_at_the_end_is_the_date(brief_of: Read) -> None:
    brief = brief_of(f"The Quiet Quay\n\n{ONE}\n\nMarch 5, 2019", MediaType.TEXT)
    assert (str(brief.date), brief.body_text) == ("2019-03-05", ONE)
