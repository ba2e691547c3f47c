"""
Split a headline into its series (`IntelBrief`) and the title.
"""

from __future__ import annotations

import re
from functools import cache

from newsletter.ingest.parsing import characters
from newsletter.ingest.parsing.phrases import press_labels
from newsletter.model.brief import ReadingRules

_WORDPRESS = re.compile(r"^(?:Protected|Private|Geschützt|Privat|Protégé|Privé)\s?:\s+")


def series_in(text: str, rules: ReadingRules) -> tuple[str, str] | None:
    """
    Return the series, as written, and the title in *text*; None if it does not start with a prefix
    of *rules*. The title is empty if the series is on a line of its own.
    """
    text = characters.line(text)
    for pattern in _patterns(rules.prefixes):
        if found := pattern.match(text):
            return characters.line(found[1]), characters.line(text[found.end() :])
    return None


def split_title(text: str, rules: ReadingRules) -> tuple[str | None, str]:
    """
    Split a headline into the series (None without one) and the title.
    """
    text = press_labels.without_press_label(_WORDPRESS.sub("", characters.line(text)))
    found = series_in(text, rules)
    return found if found is not None and found[1] else (None, text)


@cache
def _patterns(prefixes: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    longest_first = sorted(filter(None, prefixes), key=len, reverse=True)
    return tuple(_pattern(prefix) for prefix in longest_first)


def _pattern(prefix: str) -> re.Pattern[str]:
    # \s includes the no-break and narrow no-break spaces that French has before a colon.
    words = r"\s+".join(re.escape(word) for word in prefix.split())
    return re.compile(rf"({words})(?:\s*[:：]\s*|\s*[–—]\s*|\s+-\s+|\s*\|\s*|\s*$)", re.IGNORECASE)
