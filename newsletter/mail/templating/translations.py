"""
Read the fixed texts of mails in the site's language: one table per language in `templates/words/`,
which a user's own table can override.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import babel

from newsletter.errors import TemplateError, is_temporary
from newsletter.mail.templating.files import project_templates

Translation = str | Mapping[str, str]
_FALLBACK = "en"
# The entries with plural forms, which `pluralize` fills in.
_PLURALS = ("minutes", "briefs")
# CLDR's names for plural forms.
_FORMS = ("zero", "one", "two", "few", "many", "other")
_MOST_CHARS = 500
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Translations:
    """
    The table of one language: each entry is a text, or its plural forms.

    `lang` differs from the requested language if there is no table for it.
    """

    lang: str
    table: Mapping[str, Translation]

    @property
    def dir(self) -> str:
        return str(locale_of(self.lang).text_direction)

    def pluralize(self, name: str, number: int) -> str:
        """
        Return the text *name* in the plural form for *number*, with the number in it.
        """
        translation = self.table[name]
        if not isinstance(translation, str):
            form = locale_of(self.lang).plural_form(number)
            translation = translation.get(form, translation["other"])
        return translation.replace("{n}", str(number))

    def as_context(self) -> dict[str, Translation]:
        """
        Return every text that has no plural forms, and `lang` and `dir`.
        """
        plain = {
            name: translation for name, translation in self.table.items() if name not in _PLURALS
        }
        return {**plain, "lang": self.lang, "dir": self.dir}


def read_translations(folders: Sequence[Path], language: str) -> Translations:
    """
    Read the translations for *language* ("pt-BR").

    A user's `words/pt.toml` and `words/pt-BR.toml` override the project's table; English is used if
    there are none of these.

    Raises:
        TemplateError: a user's table cannot be read, has an unknown entry, or lacks one that no
            other table has.
    """
    english = _table(project_templates() / "words" / f"{_FALLBACK}.toml")
    names = dict.fromkeys([re.split("[-_]", language)[0].casefold(), language])
    own, found = _merge_tables(folders, names, english)
    if not found:
        return Translations(
            _FALLBACK, {**english, **_merge_tables(folders, [_FALLBACK], english)[0]}
        )
    missing = [name for name in english if name not in own]
    if missing:
        raise TemplateError(f"{found}: missing entries: {', '.join(missing)}")
    return Translations(language, own)


def locale_of(language: str) -> babel.Locale:
    """
    Return the locale of *language*, or English if Babel does not know it.
    """
    try:
        return babel.Locale.parse(language, sep="-" if "-" in language else "_")
    except (ValueError, babel.UnknownLocaleError):
        return babel.Locale(_FALLBACK)


def _merge_tables(
    folders: Sequence[Path],
    names: Sequence[str] | Mapping[str, None],
    english: Mapping[str, Translation],
) -> tuple[dict[str, Translation], Path | None]:
    """
    Merge the tables called *names*, later ones over earlier ones; return also the path of the last.
    """
    table_so_far: dict[str, Translation] = {}
    found = None
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9-]+", name):
            continue
        for folder in (project_templates(), *reversed(folders)):
            path = folder / "words" / f"{name}.toml"
            if path.is_file():
                table = _table(path)
                _check(table, path, english)
                table_so_far, found = {**table_so_far, **table}, path
    return table_so_far, found


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        if is_temporary(error):
            raise
        raise TemplateError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} is not valid TOML: {error}") from None


def _check(table: Mapping[str, Any], path: Path, english: Mapping[str, Translation]) -> None:
    for name, translation in table.items():
        if name not in english:
            near = difflib.get_close_matches(name, english, n=1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(english)}"
            raise TemplateError(f"{path}: unknown entry {name}; {hint}")
        texts = [translation] if isinstance(translation, str) else _forms(translation, name, path)
        placeholders = set(_PLACEHOLDER.findall(str(english[name])))
        for text in texts:
            if unknown := set(_PLACEHOLDER.findall(text)) - placeholders:
                known = ", ".join(f"{{{placeholder}}}" for placeholder in sorted(placeholders))
                raise TemplateError(
                    f"{path}: {name}: unknown placeholder {{{min(unknown)}}}; "
                    f"known: {known or 'none'}"
                )
            if len(text) > _MOST_CHARS:
                raise TemplateError(
                    f"{path}: {name}: {len(text)} characters; at most {_MOST_CHARS} are allowed"
                )


def _forms(translation: Any, name: str, path: Path) -> list[str]:
    """
    Return every plural form of a translation.
    """
    forms = translation if isinstance(translation, dict) and name in _PLURALS else {}
    is_known = all(form in _FORMS and isinstance(text, str) for form, text in forms.items())
    if "other" not in forms or not is_known:
        raise TemplateError(
            f"{path}: {name}: expected a text, or plural forms for {' and '.join(_PLURALS)}: "
            '{ one = "…", other = "…" }'
        )
    return list(forms.values())
