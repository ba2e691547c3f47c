"""
The fixed words of mails in the site's language: one table a language in `templates/words/`, over
which a user's own is laid. `context` hands them to templates.
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

from newsletter.errors import TemplateError
from newsletter.mail.templating.files import project_templates

Word = str | Mapping[str, str]
_FALLBACK = "en"
# The words that depend on a number, which `counted` fills in.
_COUNTED = ("minutes", "briefs")
# CLDR's names for the forms a counted word can have.
_FORMS = ("zero", "one", "two", "few", "many", "other")
_MOST_CHARS = 500
_HOLE = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Translations:
    """
    The table of one language: each word a text, or its forms by number. `lang` is another than
    the one asked for when nobody has translated them.
    """

    lang: str
    table: Mapping[str, Word]

    @property
    def dir(self) -> str:
        return str(locale_of(self.lang).text_direction)

    def counted(self, name: str, number: int) -> str:
        """
        The word *name* in the form that *number* asks for, with the number in it.
        """
        word = self.table[name]
        if not isinstance(word, str):
            form = locale_of(self.lang).plural_form(number)
            word = word.get(form, word["other"])
        return word.replace("{n}", str(number))

    def as_context(self) -> dict[str, Word]:
        """
        Every word that no number changes, with `lang` and `dir` beside them.
        """
        plain = {name: word for name, word in self.table.items() if name not in _COUNTED}
        return {**plain, "lang": self.lang, "dir": self.dir}


def read_translations(folders: Sequence[Path], language: str) -> Translations:
    """
    The words for *language* ("pt-BR"): the project's, under those of the users' `words/pt.toml`
    and `words/pt-BR.toml`; English where there is none of these.

    Raises:
        TemplateError: a user's table cannot be read, has an unknown word, or misses one that
            nobody else has.
    """
    english = _table(project_templates() / "words" / f"{_FALLBACK}.toml")
    names = dict.fromkeys([re.split("[-_]", language)[0].casefold(), language])
    own, found = _laid_over(folders, names, english)
    if not found:
        return Translations(_FALLBACK, {**english, **_laid_over(folders, [_FALLBACK], english)[0]})
    missing = [name for name in english if name not in own]
    if missing:
        raise TemplateError(f"{found}: these words are missing: {', '.join(missing)}")
    return Translations(language, own)


def locale_of(language: str) -> babel.Locale:
    """
    The locale of *language*; English where Babel knows none.
    """
    try:
        return babel.Locale.parse(language, sep="-" if "-" in language else "_")
    except (ValueError, babel.UnknownLocaleError):
        return babel.Locale(_FALLBACK)


def _laid_over(
    folders: Sequence[Path], names: Sequence[str] | Mapping[str, None], english: Mapping[str, Word]
) -> tuple[dict[str, Word], Path | None]:
    """
    The tables called *names* one over the other, the last one wins; and the last that was there.
    """
    words: dict[str, Word] = {}
    found = None
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9-]+", name):
            continue
        for folder in (project_templates(), *reversed(folders)):
            path = folder / "words" / f"{name}.toml"
            if path.is_file():
                table = _table(path)
                _check(table, path, english)
                words, found = {**words, **table}, path
    return words, found


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} is not TOML: {error}") from None


def _check(table: Mapping[str, Any], path: Path, english: Mapping[str, Word]) -> None:
    for name, word in table.items():
        if name not in english:
            near = difflib.get_close_matches(name, english, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(english)}"
            raise TemplateError(f"{path}: there is no word {name}; {hint}")
        texts = [word] if isinstance(word, str) else _forms(word, name, path)
        holes = set(_HOLE.findall(str(english[name])))
        for text in texts:
            unknown = [hole for hole in _HOLE.findall(text) if hole not in holes]
            if unknown or len(text) > _MOST_CHARS:
                known = ", ".join(f"{{{hole}}}" for hole in sorted(holes)) or "none"
                raise TemplateError(
                    f"{path}: {name}: in braces may stand: {known}; "
                    f"and {_MOST_CHARS} characters are the most"
                )


def _forms(word: Any, name: str, path: Path) -> list[str]:
    """
    Every form of a counted word.
    """
    forms = word if isinstance(word, dict) and name in _COUNTED else {}
    is_known = all(form in _FORMS and isinstance(text, str) for form, text in forms.items())
    if "other" not in forms or not is_known:
        raise TemplateError(
            f"{path}: {name}: write a text, or for {' and '.join(_COUNTED)} the forms, such as "
            '{ one = "…", other = "…" }'
        )
    return list(forms.values())
