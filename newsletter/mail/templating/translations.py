"""
Read the fixed texts of mails and of readers' pages: one table per language in `templates/words/`,
in `page/` below it and, for emails to staff, in `staff/`. A user's own table can override each. The
words of the newsroom are message catalogues (`web/admin/frame/words.py`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import babel
import babel.numbers

from newsletter.errors import TemplateError, is_temporary
from newsletter.mail.templating.files import project_templates
from newsletter.mail.templating.placeholders import fill_placeholders, placeholders_in
from newsletter.model.language import matching_language
from subscribers.text.toml import parse_toml

Translation = str | Mapping[str, str]
_FALLBACK = "en"
# CLDR's names for plural forms.
_FORMS = ("zero", "one", "two", "few", "many", "other")
_MOST_CHARS = 500


@dataclass(frozen=True, kw_only=True)
class WordTables:
    """
    A set of tables, one per language: its folder below `templates/`, and the entries that may have
    plural forms, which `pluralize` fills in.

    If `allows_gaps`, an entry that a language lacks is in English; otherwise that is an error.
    """

    folder: str
    plurals: tuple[str, ...]
    allows_gaps: bool = False


MAIL_WORDS = WordTables(folder="words", plurals=("minutes", "briefs"))
PAGE_WORDS = WordTables(
    folder="words/page", plurals=("errors_title", "link_lives", "review_readers"), allows_gaps=True
)
STAFF_WORDS = WordTables(
    folder="words/staff",
    plurals=("audience", "source_failing", "source_failing_since", "problems"),
    allows_gaps=True,
)


@dataclass(frozen=True)
class Translations:
    """
    The table of one language: each entry is a text, or its plural forms.

    `lang` differs from the requested language if there is no table for it.
    """

    lang: str
    table: Mapping[str, Translation]
    tables: WordTables = MAIL_WORDS

    @property
    def dir(self) -> str:
        return str(locale_of(self.lang).text_direction)

    def fill(self, name: str, **values: object) -> str:
        """
        Return the text *name* with *values* in it.
        """
        return fill_placeholders(str(self.table[name]), **values)

    def pluralize(self, name: str, number: int, **values: object) -> str:
        """
        Return the text *name* in the plural form for *number*, with the number and *values* in it.
        """
        return in_plural_form(self.table[name], number, self.lang, **values)

    def as_context(self) -> dict[str, Translation]:
        """
        Return every text that has no plural forms, and `lang` and `dir`.
        """
        plurals = self.tables.plurals
        plain = {
            name: translation for name, translation in self.table.items() if name not in plurals
        }
        return {**plain, "lang": self.lang, "dir": self.dir}


def in_plural_form(translation: Translation, number: int, language: str, **values: object) -> str:
    """
    Return *translation* in the plural form that *language* has for *number*, with the number, in
    its digits, and *values* in it.
    """
    locale = locale_of(language)
    if not isinstance(translation, str):
        translation = translation.get(locale.plural_form(number), translation["other"])
    digits = babel.numbers.format_decimal(number, locale=locale)
    return fill_placeholders(translation, n=digits, **values)


def language_in_itself(language: str) -> str:
    """
    Return what *language* is called in itself.
    """
    locale = locale_of(language)
    name = str(locale.get_display_name(locale) or language)
    return name[:1].upper() + name[1:]


def read_translations(
    folders: Sequence[Path], language: str, tables: WordTables = MAIL_WORDS
) -> Translations:
    """
    Read the translations for *language* ("pt-BR").

    A user's `words/pt.toml` and `words/pt-BR.toml` override the project's table; English is used if
    there are none of these.

    Raises:
        TemplateError: a user's table cannot be read, has an unknown entry, or lacks one that no
            other table has.
    """
    reader = _TableReader(folders, tables)
    own, found = reader.merge(_names_of(language))
    if not found:
        return Translations(_FALLBACK, {**reader.english, **reader.merge([_FALLBACK])[0]}, tables)
    missing = [name for name in reader.english if name not in own]
    if missing and not tables.allows_gaps:
        raise TemplateError(f"{found}: missing entries: {', '.join(missing)}")
    return Translations(language, {**reader.english, **own}, tables)


@dataclass(frozen=True, kw_only=True)
class MissingEntries:
    """
    How many entries a set of tables has, and those that a language lacks.
    """

    entries: int
    missing: Sequence[str]


def missing_entries(folders: Sequence[Path], language: str, tables: WordTables) -> MissingEntries:
    """
    Return which entries *language* lacks, so that they are in English.

    Raises:
        TemplateError: as `read_translations`.
    """
    reader = _TableReader(folders, tables)
    own, _ = reader.merge(_names_of(language))
    missing = tuple(name for name in reader.english if name not in own)
    return MissingEntries(entries=len(reader.english), missing=missing)


def _names_of(language: str) -> Iterable[str]:
    """
    Return the names of the tables of a language: that of "pt", then that of "pt-BR".
    """
    return dict.fromkeys([re.split("[-_]", language)[0].casefold(), language])


def languages_of(folders: Sequence[Path], tables: WordTables) -> tuple[str, ...]:
    """
    Return the languages that have a table, in order.
    """
    places = [place / tables.folder for place in (*folders, project_templates())]
    found = {path.stem for place in places for path in place.glob("*.toml")}
    return tuple(sorted(found))


def language_with_words(folders: Sequence[Path], *languages: str | None) -> str:
    """
    Return the first of *languages* that there are words in, or in what it is a variety of: the
    reader's, the list's and the site's. English if there are none.
    """
    known = languages_of(folders, MAIL_WORDS)
    found = (matching_language(language, known) for language in languages if language)
    return next((language for language in found if language), _FALLBACK)


def locale_of(language: str) -> babel.Locale:
    """
    Return the locale of *language*, or English if Babel does not know it.
    """
    try:
        return babel.Locale.parse(language, sep="-" if "-" in language else "_")
    except (ValueError, babel.UnknownLocaleError):
        return babel.Locale(_FALLBACK)


def _table(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_text(encoding="utf-8"))
    except OSError as error:
        if is_temporary(error):
            raise
        raise TemplateError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} is not valid TOML: {error}") from None


class _TableReader:
    """
    Reads the tables of one set; the English one says which entries there are.
    """

    def __init__(self, folders: Sequence[Path], tables: WordTables) -> None:
        self.places = (project_templates(), *reversed(folders))
        self.tables = tables
        self.english = _table(project_templates() / tables.folder / f"{_FALLBACK}.toml")

    def merge(self, names: Iterable[str]) -> tuple[dict[str, Translation], Path | None]:
        """
        Merge the tables called *names*, later ones over earlier ones; return also the path of the
        last.
        """
        table_so_far: dict[str, Translation] = {}
        found = None
        for name in names:
            if not re.fullmatch(r"[A-Za-z0-9-]+", name):
                continue
            for place in self.places:
                path = place / self.tables.folder / f"{name}.toml"
                if path.is_file():
                    table = _table(path)
                    self._check(table, path)
                    table_so_far, found = {**table_so_far, **table}, path
        return table_so_far, found

    def _check(self, table: Mapping[str, Any], path: Path) -> None:
        for name, translation in table.items():
            if name not in self.english:
                near = difflib.get_close_matches(name, self.english, n=1)
                known = ", ".join(self.english)
                hint = f"did you mean {near[0]}?" if near else f"choose from {known}"
                raise TemplateError(f"{path}: unknown entry {name}; {hint}")
            placeholders = placeholders_in(str(self.english[name]))
            for text in self._texts(translation, name, path):
                _check_text(text, f"{path}: {name}", placeholders)

    def _texts(self, translation: Any, name: str, path: Path) -> list[str]:
        """
        Return every plural form of a translation.
        """
        if isinstance(translation, str):
            return [translation]
        plurals = self.tables.plurals
        forms = translation if isinstance(translation, dict) and name in plurals else {}
        is_known = all(form in _FORMS and isinstance(text, str) for form, text in forms.items())
        if "other" not in forms or not is_known:
            raise TemplateError(
                f"{path}: {name}: expected a text, or plural forms for {' and '.join(plurals)}: "
                '{ one = "…", other = "…" }'
            )
        return list(forms.values())


def _check_text(text: str, place: str, placeholders: Collection[str]) -> None:
    if unknown := placeholders_in(text) - set(placeholders):
        known = ", ".join(f"{{{placeholder}}}" for placeholder in sorted(placeholders))
        raise TemplateError(
            f"{place}: unknown placeholder {{{min(unknown)}}}; known: {known or 'none'}"
        )
    if len(text) > _MOST_CHARS:
        raise TemplateError(f"{place}: {len(text)} characters; at most {_MOST_CHARS} are allowed")
