"""
What alerts say in English.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.mail.templating.translations import STAFF_WORDS, read_translations
from newsletter.operations.alerts import Alert


def texts_of(alerts: Sequence[Alert]) -> list[tuple[str, str]]:
    """
    Return what each problem is, and the advice.
    """
    words = read_translations((), "en", STAFF_WORDS)
    texts = [alert.in_words(words) for alert in alerts]
    return [(text["what"], text["advice"]) for text in texts]
