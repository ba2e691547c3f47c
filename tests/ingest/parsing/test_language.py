"""
The language is guessed from the text, or not at all; `languages.tsv` has a headline or a sentence
of each, written for this test.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from reading_types import Read

from newsletter.ingest.parsing.fields.language import direction_of, language_of
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import MediaType, RawItem

TEXTS = Path(__file__).with_name("languages.tsv")


def rows() -> list[tuple[str, str]]:
    with TEXTS.open(encoding="utf-8", newline="") as opened:
        return [(row["lang"], row["text"]) for row in csv.DictReader(opened, delimiter="\t")]


def test_the_language_of_one_sentence_is_recognised_in_nearly_a_hundred_languages() -> None:
    wrong = [(lang, text) for lang, text in rows() if language_of(text) != lang]
    assert len({lang for lang, _ in rows()}) > 90
    # Malay and Indonesian, and Serbian and Croatian in Latin letters, share whole sentences.
    assert {lang for lang, _ in wrong} <= {"id", "sr"}
    assert len(wrong) <= len(rows()) // 40


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Паромы стоят у причала", "ru"),
        ("Τα πλοία περιμένουν", "el"),
        ("העבורת ממתינה", "he"),
        ("フェリーは港で待つ", "ja"),
        ("渡轮停在港口", "zh"),
        ("여객선", "ko"),
        ("เรือข้ามฟาก", "th"),
    ],
)
def test_a_few_words_are_enough_if_their_script_settles_it(text: str, lang: str) -> None:
    assert language_of(text) == lang


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Das Wetter",
        "Le temps",
        "OK",
        "東京",
        "Москва",
        "12345 67890 11 22 33 — 44 %",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor",
        "Rui Castell, Ana Brask, Jonas Field, Tarn Alder",
        "iPhone 15 Pro Max 256GB vs GPT-4o vs Gemini 2.5",
        "https://example.org/the-ferries-of-the-north/and-the-ice info@harbour.example.org",
    ],
)
def test_names_numbers_addresses_and_filler_text_have_no_language(text: str) -> None:
    assert language_of(text) is None


def test_addresses_and_capitals_do_not_change_the_language() -> None:
    link = "<https://example.org/the-ferries-of-the-north-and-the-ice-of-the-harbour-in-winter>"
    assert language_of(f"Die Fähre {link} fährt auch im Winter {link} bis März. {link}") == "de"
    assert language_of("ВОТ И ВСЁ, ЧТО НУЖНО ЗНАТЬ О ПАРОМЕ") == "ru"
    assert language_of("THE FERRY CONTRACT WAS NOT PUT TO A VOTE") == "en"


def test_names_in_latin_letters_do_not_change_the_language() -> None:
    assert language_of("我们在 GitHub 上发布了 Python 3.14 的新版本 Release Candidate") == "zh"
    assert language_of("今日は Python の新しいバージョンがリリースされました") == "ja"


def test_a_brief_has_the_language_and_the_direction_of_its_text(brief_of: Read) -> None:
    text = "ووٹ کے بغیر فیریاں\n\nمعاہدہ واحد ایجنڈا تھا اور کسی نے اسے نہیں پڑھا تھا۔"
    brief = brief_of(text, MediaType.TEXT)
    assert (brief.lang, brief.dir) == ("ur", "rtl")


def test_the_language_is_recognised_in_the_child_that_can_open_no_file() -> None:
    where = "newsletter.ingest.parsing.sandbox_child"
    text = "Der Rat von Arlen ging ohne Abstimmung auseinander."
    item = RawItem(key="k", content=text, media_type=MediaType.TEXT)
    with Sandbox((where,)) as sandbox:
        (answer,) = sandbox.call(f"{where}:read_many", [item.as_json()], {})
    assert answer["brief"]["lang"] == "de"


def test_a_region_does_not_change_the_direction() -> None:
    assert [direction_of(lang) for lang in ("he-IL", "en-US", None)] == ["rtl", "ltr", "ltr"]
