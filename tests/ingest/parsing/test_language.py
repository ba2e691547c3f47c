"""
The language is guessed from the script and common words, or not at all.
"""

from __future__ import annotations

import pytest

from newsletter.ingest.parsing.fields.language import direction_of, language_of


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The toll is back and the ferries of the strait wait for the ice.", "en"),
        ("Le préfet parle de la mémoire de l’eau et des digues dans une lettre.", "fr"),
        ("Die Fähren liegen im Hafen und der Zoll ist nicht bezahlt.", "de"),
        ("Los barcos no salen del puerto y la aduana se queda con el dinero.", "es"),
        ("Il porto è chiuso e gli uffici della dogana non sono aperti per una festa.", "it"),
        ("Паромы стоят у причала", "ru"),
        ("Τα πλοία περιμένουν", "el"),
        ("העבורת ממתינה", "he"),
        ("کشتی‌ها در بندر پهلو گرفته‌اند", "fa"),
        ("フェリーは港で待っている", "ja"),
        ("渡轮停在港口", "zh"),
        ("Lorem ipsum dolor sit amet", None),
        ("", None),
    ],
)
def test_the_language_of_a_text_is_guessed(text: str, lang: str | None) -> None:
    assert language_of(text) == lang


def test_a_region_does_not_change_the_direction() -> None:
    assert [direction_of(lang) for lang in ("he-IL", "en-US", None)] == ["rtl", "ltr", "ltr"]
