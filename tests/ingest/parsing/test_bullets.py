"""
Bullets and numbers that people typed.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.ingest.parsing.fields.bullets import bullet_in, list_of
from newsletter.model.brief import MediaType

HEAD = "2024-02-06\n\nThe Quiet Quay\n\n"


@pytest.mark.parametrize(
    "line",
    [
        *(f"{sign} The toll is back." for sign in "•‣●∙·▪◦⁃■►▶▸➤➢➔❖◆◇○□✓✔–—*→»›-"),
        *(f"{sign}The toll is back." for sign in "•●▪■►➤◆"),
        "▪\ufe0f The toll is back.",
        "👉 The toll is back.",
        "•\u00a0\u00a0The toll is back.",
        "·\tThe toll is back.",
        "o\tThe toll is back.",
        "§\tThe toll is back.",
        "Ø\u00a0\u00a0 The toll is back.",
        "o   The toll is back.",
        "\uf0b7\tThe toll is back.",
        "&bull;&nbsp;The toll is back.",
        "<b>•</b> The toll is back.",
        "<span>·<span>&nbsp;&nbsp;&nbsp; </span></span>The toll is back.",
        "1. The toll is back.",
        "2) The toll is back.",
        "(3) The toll is back.",
        "b) The toll is back.",
        "٣. The toll is back.",
        "④ The toll is back.",
    ],
)
def test_a_bullet_is_recognised_with_its_words(line: str) -> None:
    found = bullet_in(line)
    assert found is not None
    assert found.words == "The toll is back."


@pytest.mark.parametrize(
    "line", ["・通行料が戻った。", "●通行費恢復。", "1、通行费恢复。", "◆통행료가 돌아왔다."]
)
def test_bullets_of_east_asian_texts_need_no_space(line: str) -> None:
    assert bullet_in(line) is not None


@pytest.mark.parametrize(
    "line",
    [
        "* * *",
        "■",
        "■ ■ ■",
        "-30-",
        "–5 degrees",
        "1.5 million came",
        "A. Brask said no",
        "o nome do barco",
        "o  nome do barco",
        "2019. A year",
        "•",
        "★★★☆☆",
    ],
)
def test_what_only_looks_like_a_bullet_is_none(line: str) -> None:
    assert bullet_in(line) is None


def test_a_typed_list_keeps_its_numbers_letters_and_start() -> None:
    assert list_of(["1. a", "2. b"]) == "<ol><li>a</li><li>b</li></ol>"
    assert list_of(["3) a", "4) b"]) == '<ol start="3"><li>a</li><li>b</li></ol>'
    assert list_of(["a) a", "b) b"]) == '<ol type="a"><li>a</li><li>b</li></ol>'
    assert list_of(["1. a", "3. b"]) == "<ul><li>1. a</li><li>3. b</li></ul>"


def test_indented_lines_and_bullets_below_a_number_are_a_list_inside() -> None:
    inner = "<ul class=typed><li>b</li></ul>"
    assert list_of(["• a", "  – b", "• c"]) == f"<ul><li>a{inner}</li><li>c</li></ul>"
    assert list_of(["1. a", "- b", "2. c"]) == f"<ol><li>a{inner}</li><li>c</li></ol>"


def test_a_bullet_inside_markup_goes_without_the_markup() -> None:
    assert list_of(["<b>•</b> <i>a</i> &amp; b"]) == "<ul><li><b></b><i>a</i> &amp; b</li></ul>"


def test_word_s_bullets_make_takeaways(brief_of: Read) -> None:
    content = f"{HEAD}o\tOne.\no\tTwo.\n\nBody text.\n\nMore text."
    assert brief_of(content, MediaType.TEXT).takeaways == ("One.", "Two.")
    pasted = (
        "<p>§<span>&nbsp;&nbsp; </span>One.</p><p>§<span>&nbsp;&nbsp; </span>Two.</p><p>Body.</p>"
    )
    assert brief_of(pasted, title="T").takeaways == ("One.", "Two.")


def test_a_date_above_bullets_is_a_date_though_it_starts_like_a_number(brief_of: Read) -> None:
    brief = brief_of("The Quiet Quay\n\n5. März 2019\n• One.\n• Two.\n\nBody text.", MediaType.TEXT)
    assert (str(brief.date), brief.takeaways) == ("2019-03-05", ("One.", "Two."))
    brief = brief_of("<p>5. März 2019<br>• One.<br>• Two.</p><p>Body text.</p>", title="T")
    assert (str(brief.date), brief.takeaways) == ("2019-03-05", ("One.", "Two."))


def test_the_takeaways_of_a_typed_list_inside_another_are_single_lines(brief_of: Read) -> None:
    content = f"{HEAD}• One.\n  – Two.\n• Three.\n\nBody text.\n\nMore text."
    assert brief_of(content, MediaType.TEXT).takeaways == ("One.", "Two.", "Three.")


def test_a_numbered_list_below_a_paragraph_belongs_to_the_text(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}Body text.\n\n1. One.\n2. Two.\n\nMore text.", MediaType.TEXT)
    assert brief.takeaways == ()
    assert brief.body_text == "Body text.\n\n1. One.\n2. Two.\n\nMore text."


def test_a_list_at_the_end_is_takeaways_only_below_such_a_heading(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}Body text.\n\n• One.\n• Two.", MediaType.TEXT)
    assert (brief.takeaways, brief.body_text) == ((), "Body text.\n\n- One.\n- Two.")
    brief = brief_of(f"{HEAD}Body text.\n\nKey points\n\n• One.\n• Two.", MediaType.TEXT)
    assert (brief.takeaways, brief.body_text) == (("One.", "Two."), "Body text.")


@pytest.mark.parametrize(
    "label",
    [
        "Key takeaways:", "At a glance", "What you need to know", "TL;DR", "★ Key points",
        "Das Wichtigste in Kürze:", "Auf einen Blick", "L’essentiel", "Points clés :", "En bref",
        "Puntos clave", "Lo esencial", "I punti chiave", "In breve", "Pontos principais",
        "Em resumo", "De kernpunten", "In het kort",
        "Najważniejsze", "W skrócie", "Главное", "Коротко",
        "Головне", "Öne çıkanlar", "Özetle", "أهم النقاط", "עיקרי הדברים", "要点",
        "この記事のポイント", "内容提要",
    ],
)  # fmt: skip
def test_the_heading_of_takeaways_is_known_in_the_languages_of_emails(
    brief_of: Read, label: str
) -> None:
    content = f"{HEAD}Body text.\n\nMore text.\n\n{label}\n\n• One.\n• Two."
    brief = brief_of(content, MediaType.TEXT)
    assert (brief.takeaways, brief.removed) == (("One.", "Two."), (label,))
