"""
The words of the newsroom: message catalogues in the format of gettext, one for each language, in
`templates/words/admin`. The texts in templates and code are English; a catalogue translates them.

`make words` gathers the texts and brings the catalogues up to date.
"""

from __future__ import annotations

import copy
import datetime as dt
import functools
import logging
from collections.abc import Sequence
from pathlib import Path

import babel
from babel.messages.pofile import PoFileError
from babel.support import NullTranslations

from newsletter.mail.templating.files import project_templates
from newsletter.mail.templating.translations import locale_of
from newsletter.web.admin.frame.catalogue_file import read_catalogue
from newsletter.web.admin.frame.phrases import PhraseTranslator

logger = logging.getLogger(__name__)

FOLDER = "words/admin"
ENGLISH = "en"
_MOST_LANGUAGES = 32


class StaffWords:
    """
    The texts of one language. *catalogues* are its files, those of the user before the project's.
    `zone` is the time zone of the member, for the times in what the program said.
    """

    zone: dt.tzinfo = dt.UTC

    def __init__(self, language: str, catalogues: Sequence[Path] = ()) -> None:
        self.language = language
        self.locale: babel.Locale = locale_of(language)
        self.translations = _merged(catalogues)
        self.phrases = PhraseTranslator(self.translations, self.locale)

    @property
    def dir(self) -> str:
        """
        Return "ltr" or "rtl".
        """
        return str(self.locale.text_direction)

    def gettext(self, text: str, **values: object) -> str:
        """
        Return *text* in this language, with *values* in the place of `%(name)s`.
        """
        return self.translations.gettext(text) % values

    def ngettext(self, one: str, other: str, number: int, **values: object) -> str:
        """
        Return the form of a text for *number*, with *values* in the place of `%(name)s`.
        """
        return self.translations.ngettext(one, other, number) % values

    def translate(self, text: str) -> str:
        """
        Return in this language what the program said in English, as far as it can be translated.
        """
        return self.phrases.translate(text, self.zone)

    def in_zone(self, zone: dt.tzinfo) -> StaffWords:
        """
        Return these words for a member in that time zone.
        """
        words = copy.copy(self)
        words.zone = zone
        return words


class Catalogues:
    """
    The languages of the newsroom, and their words. *folders* hold the user's own templates.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._places = [place / FOLDER for place in (*folders, project_templates())]
        found = {path.stem for place in self._places for path in place.glob("*.po")}
        self.languages = tuple(sorted({ENGLISH, *found}))
        self.words = functools.lru_cache(_MOST_LANGUAGES)(self._read)

    def _read(self, language: str) -> StaffWords:
        files = [place / f"{language}.po" for place in self._places]
        return StaffWords(language, [file for file in files if file.is_file()])


def _merged(catalogues: Sequence[Path]) -> NullTranslations:
    """
    Read the *catalogues*; a text that one lacks is taken from the next.
    """
    found = NullTranslations()
    for file in reversed(catalogues):
        try:
            read = read_catalogue(file)
        except (OSError, UnicodeDecodeError, PoFileError, ValueError):
            # What is in somebody's own file must not keep staff out.
            extra = {"event": "page.override_failed"}
            logger.exception("the catalogue %s was not read", file.name, extra=extra)
            continue
        read.add_fallback(found)
        found = read
    return found
