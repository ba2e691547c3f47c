"""
Test the fixed texts of mails: they are complete in every language, and a user's own override them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markupsafe import Markup

from newsletter.errors import TemplateError
from newsletter.mail.templating.files import project_templates
from newsletter.mail.templating.placeholders import fill_placeholders
from newsletter.mail.templating.translations import STAFF_WORDS, read_translations

LANGUAGES = (
    "ar",
    "de",
    "en",
    "es",
    "fr",
    "he",
    "it",
    "ja",
    "nl",
    "pl",
    "pt",
    "ru",
    "tr",
    "uk",
    "zh",
)
FORMS = 'expected a text, or plural forms for minutes and briefs: { one = "…", other = "…" }'


def own_words(folder: Path, language: str, text: str) -> Path:
    (folder / "words").mkdir(exist_ok=True)
    (folder / "words" / f"{language}.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str, language: str = "de") -> str:
    own_words(folder, language, text)
    with pytest.raises(TemplateError) as refused:
        read_translations((folder,), language)
    return str(refused.value).removeprefix(f"{folder}/words/")


def test_the_languages_are_complete() -> None:
    tables = {path.stem for path in (project_templates() / "words").glob("*.toml")}
    assert tables == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    english, words = read_translations((), "en"), read_translations((), language)
    assert (words.lang, list(words.table)) == (language, list(english.table))
    assert words.dir == ("rtl" if language in ("ar", "he") else "ltr")
    for name, word in words.table.items():
        texts = [word] if isinstance(word, str) else word.values()
        holes = set(re.findall(r"\{\w+\}", str(english.table[name])))
        for text in texts:
            assert set(re.findall(r"\{\w+\}", text)) <= holes
            if not isinstance(word, dict):
                assert set(re.findall(r"\{\w+\}", text)) == holes


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "1 story"),
        ("en", 5, "5 stories"),
        ("pl", 3, "3 artykuły"),
        ("pl", 12, "12 artykułów"),
        ("ru", 21, "21 материал"),
        ("ru", 22, "22 материала"),
        ("ru", 25, "25 материалов"),
        ("ar", 2, "موضوعان"),
        ("ar", 7, "7 مواضيع"),
        ("ja", 9, "記事9件"),
    ],
)
def test_plural_forms_match_their_numbers(language: str, number: int, said: str) -> None:
    assert read_translations((), language).pluralize("briefs", number) == said


def test_french_has_its_no_break_spaces() -> None:
    said = " ".join(map(str, read_translations((), "fr").table.values()))
    assert re.findall(r"[^\u202f][?!;]|[^\u00a0\w'][:»]|«[^\u00a0]", said) == []


def test_an_untranslated_language_is_english_and_declares_it() -> None:
    words = read_translations((), "sv")
    assert (words.lang, words.dir) == ("en", "ltr")
    assert words.as_context()["unsubscribe"] == "Unsubscribe"


def test_a_region_uses_the_texts_of_its_language(tmp_path: Path) -> None:
    assert read_translations((), "de_AT").as_context()["unsubscribe"] == "Abbestellen"
    words = read_translations((own_words(tmp_path, "pt-BR", 'view = "Abrir"'),), "pt-BR")
    assert words.lang == "pt-BR"
    assert words.as_context()["view"] == "Abrir"
    assert words.as_context()["takeaways"] == "Pontos principais"


def test_a_users_texts_override_the_projects(tmp_path: Path) -> None:
    own_words(tmp_path, "de", 'takeaways = "Auf einen Blick"\nminutes = "{n} Minuten"')
    words = read_translations((tmp_path,), "de")
    assert words.as_context()["takeaways"] == "Auf einen Blick"
    assert words.pluralize("minutes", 3) == "3 Minuten"
    assert words.as_context()["view"] == "Im Browser ansehen"
    own_words(tmp_path, "en", 'view = "See it"')
    assert read_translations((tmp_path,), "sv").as_context()["view"] == "See it"


def test_a_users_own_language_needs_every_text(tmp_path: Path) -> None:
    english = (project_templates() / "words" / "en.toml").read_text("utf-8")
    own_words(tmp_path, "sv", english.replace('"Unsubscribe"', '"Avsluta"'))
    words = read_translations((tmp_path,), "sv")
    assert (words.lang, words.as_context()["unsubscribe"]) == ("sv", "Avsluta")
    assert refusal(tmp_path, 'view = "Visa"', "sv").startswith(
        "sv.toml: missing entries: minutes, briefs, number,"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('takeaway = "x"', "de.toml: unknown entry takeaway; did you mean takeaways?"),
        (
            'why = "Von {liste}"',
            "de.toml: why: unknown placeholder {liste}; known: {list}",
        ),
        (
            'view = "Hier {n}"',
            "de.toml: view: unknown placeholder {n}; known: none",
        ),
        (
            f'view = "{"x" * 501}"',
            "de.toml: view: 501 characters; at most 500 are allowed",
        ),
        (
            'view = { one = "x", other = "y" }',
            f"de.toml: view: {FORMS}",
        ),
        (
            'briefs = { one = "x" }',
            f"de.toml: briefs: {FORMS}",
        ),
        (
            "view = 3",
            f"de.toml: view: {FORMS}",
        ),
        (
            "view",
            "de.toml is not valid TOML: Expected '=' after a key in a key/value pair (at end of "
            "document)",
        ),
    ],
)
def test_an_invalid_table_is_refused_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    assert refusal(tmp_path, text) == line


@pytest.mark.parametrize("language", ["../../etc/passwd", "", "a/b", "xx" * 40])
def test_an_invalid_language_name_is_english(language: str) -> None:
    assert read_translations((), language).lang == "en"


@pytest.mark.parametrize(
    ("phrase", "value", "filled"),
    [
        ("مرحبًا بك في {list}!", "Daily", "مرحبًا بك في \u2068Daily\u2069!"),
        ("Welcome to {list}!", "نشرة", "Welcome to \u2068نشرة\u2069!"),
        ("مرحبًا بك في {list}!", "نشرة", "مرحبًا بك في نشرة!"),
        ("Welcome to {list}!", "Daily", "Welcome to Daily!"),
        ("עד {list}.", "12", "עד 12."),
        ("إلى: {list}", "\u2068daily\u2069 (قارئ)", "إلى: \u2068daily\u2069 (قارئ)"),
        ("{list} a", Markup("<b>ب</b>"), "<b>ب</b> a"),
        ("a < {list}", Markup("<b>&amp;</b>"), "a &lt; <b>&amp;</b>"),
    ],
)
def test_a_value_that_runs_the_other_way_is_isolated(phrase: str, value: str, filled: str) -> None:
    assert fill_placeholders(phrase, list=value) == filled


def test_a_large_number_is_written_as_in_the_language() -> None:
    words = read_translations((), "de", STAFF_WORDS)
    assert words.pluralize("audience", 48211, lists="Daily") == "Daily (48.211 Personen)"
    assert words.pluralize("problems", 1) == "Ein Problem braucht Ihre Aufmerksamkeit"
