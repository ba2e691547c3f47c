"""
Test the tables of words: each language says everything, in its own characters and plural forms.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import babel
import pytest

from newsletter.mail.templating.files import project_templates
from newsletter.mail.templating.translations import (
    MAIL_WORDS,
    PAGE_WORDS,
    STAFF_WORDS,
    Translation,
    WordTables,
    languages_of,
)

IN_ALL_LANGUAGES = (MAIL_WORDS, PAGE_WORDS, STAFF_WORDS)
OTHERS = tuple(language for language in languages_of((), MAIL_WORDS) if language != "en")
TABLES = pytest.mark.parametrize("tables", IN_ALL_LANGUAGES, ids=str)
TABLES_AND_LANGUAGES = pytest.mark.parametrize(
    ("tables", "language"),
    [*itertools.product(IN_ALL_LANGUAGES, OTHERS)],
    ids=str,
)
# Texts that another language says with the same letters.
SAME = frozenset(
    {"Passkeys", "Name", "Deadline", "Deadline: {deadline}", "Newsletter", "Newsletters", "No"}
)
# Quotation marks that a language does not use; the first of these are typed on every keyboard.
FOREIGN_QUOTES = {
    "ar": "\"'“”„‘",
    "de": "\"'«»”",
    "es": "\"'„",
    "fr": "\"'“”„",
    "he": "\"'“”„«»",
    "it": "\"'“”„",
    "ja": "\"'“”«»„",
    "nl": "\"'“”«»„",
    "pl": "\"'“«»",
    "pt": "\"'„",
    "ru": "\"'“”",
    "tr": "\"'«»„",
    "uk": "\"'“”",
    "zh": "\"'«»„",
}
# A sentence of any language may be longer than the English one, but not by that much.
MOST_TIMES_LONGER = 2.2
# A short text may become this long.
SHORT = 56


def table(tables: WordTables, language: str) -> dict[str, Translation]:
    path: Path = project_templates() / tables.folder / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def texts(translation: Translation) -> list[str]:
    return [translation] if isinstance(translation, str) else list(translation.values())


def everything(tables: WordTables, language: str) -> list[tuple[str, str]]:
    found = table(tables, language).items()
    return [(name, text) for name, translation in found for text in texts(translation)]


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@TABLES
def test_every_set_has_the_same_languages(tables: WordTables) -> None:
    assert set(languages_of((), tables)) == {"en", *OTHERS}


@TABLES_AND_LANGUAGES
def test_a_table_has_every_entry_in_the_order_of_the_english_one(
    tables: WordTables, language: str
) -> None:
    assert list(table(tables, language)) == list(table(tables, "en"))


@TABLES_AND_LANGUAGES
def test_a_text_has_the_placeholders_of_the_english_one(tables: WordTables, language: str) -> None:
    english = table(tables, "en")
    for name, translation in table(tables, language).items():
        wanted = holes(texts(english[name])[-1])
        for text in texts(translation):
            # A form for one or two may say the number as a word.
            is_exact = isinstance(translation, str)
            assert wanted - (set() if is_exact else {"n"}) <= holes(text) <= wanted, (name, text)


@TABLES_AND_LANGUAGES
def test_a_plural_has_the_forms_that_the_language_needs(tables: WordTables, language: str) -> None:
    rules = babel.Locale.parse(language).plural_form
    # Languages of romance origin have a form for millions, which nothing here counts.
    needed = {str(form) for form in rules.tags} - ({"many"} if language in MILLIONS else set())
    for name in tables.plurals:
        translation = table(tables, language)[name]
        if isinstance(translation, str):
            # Minutes are abbreviated in some languages, and the same for every number.
            assert needed == set() or name == "minutes"
        else:
            assert set(translation) >= needed | {"other"}, name


MILLIONS = ("es", "fr", "it", "pt")


@TABLES_AND_LANGUAGES
def test_no_text_is_left_in_english(tables: WordTables, language: str) -> None:
    english = dict(everything(tables, "en"))
    same = [
        (name, text)
        for name, text in everything(tables, language)
        if text == english[name] and re.sub(r"\{\w+\}|\W", "", text) and text not in SAME
    ]
    assert same == []


@TABLES_AND_LANGUAGES
def test_a_text_has_the_marks_of_its_language(tables: WordTables, language: str) -> None:
    for name, text in everything(tables, language):
        assert not set(text) & set(FOREIGN_QUOTES[language]), (name, text)
        assert text == text.strip(), name
        assert "  " not in text, name
        if language in ("ja", "zh"):
            assert not re.search(r"[\u3040-\u9fff][,.!?;:](?!\w)", text), (name, text)
        if language == "ar":
            assert not re.search(r"[\u0600-\u06ff][,?;]", text), (name, text)
        if language == "fr":
            assert not re.search(r"[^\u202f][?!;]|[^\u00a0\w][:»]|[\w][:](?= )|«[^\u00a0]", text), (
                text
            )


@TABLES_AND_LANGUAGES
def test_a_text_is_not_much_longer_than_the_english_one(tables: WordTables, language: str) -> None:
    english = dict(everything(tables, "en"))
    for name, text in everything(tables, language):
        most = max(SHORT, MOST_TIMES_LONGER * len(english[name]))
        assert len(text) <= most, (name, len(text), len(english[name]))


def test_emails_that_ask_for_a_confirmation_say_nothing_that_is_untrue_of_some_people() -> None:
    # People of an old list are asked too, who made no request; and there is a reminder.
    words = tomllib.loads((project_templates() / "words/en.toml").read_text("utf-8"))
    for name in ("confirm_text", "confirm_ignore", "reminder_text"):
        assert "request" not in words[name]
        assert "hear from us" not in words[name]
    page = tomllib.loads((project_templates() / "words/page/en.toml").read_text("utf-8"))
    assert "remind you once" in page["join_note"]
