"""
Say which of the fixed texts of emails and pages a language has, and which readers see in English.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import TemplateError
from newsletter.mail.templating.translations import MAIL_WORDS, PAGE_WORDS, missing_entries


@dataclass(frozen=True, kw_only=True)
class LanguageWords:
    """
    How many of the fixed texts are missing in a language, and their names: those of emails, those
    of pages. `fault` says why they cannot be read.
    """

    mail: Sequence[str] = ()
    page: Sequence[str] = ()
    has_mail: bool = True
    fault: str = ""

    @property
    def is_complete(self) -> bool:
        return not (self.mail or self.page or self.fault)


def language_words(folders: Sequence[Path], language: str) -> LanguageWords:
    """
    Return which texts *language* lacks.
    """
    try:
        mail = missing_entries(folders, language, MAIL_WORDS)
        page = missing_entries(folders, language, PAGE_WORDS)
    except TemplateError as error:
        return LanguageWords(fault=str(error))
    return LanguageWords(
        mail=mail.missing, page=page.missing, has_mail=len(mail.missing) < mail.entries
    )
