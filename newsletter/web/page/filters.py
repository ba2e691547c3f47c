"""
Filters of pages: addresses, names in other languages, and times.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import babel.dates
import babel.lists
from markupsafe import Markup, escape

from newsletter.mail.templating.translations import locale_of

_MOST_WHOLE_CHARS = 22


def address(text: Any) -> Markup:
    """
    Return an email address as HTML. One that fits in a line of a phone is never broken, above all
    not after the first letter of a masked one.
    """
    classes = "address whole" if len(str(text)) <= _MOST_WHOLE_CHARS else "address"
    return Markup('<bdi class="{}" dir="ltr">{}</bdi>').format(classes, text)


def direction(language: str) -> str:
    """
    Return "ltr" or "rtl".
    """
    return str(locale_of(language).text_direction)


def foreign(text: Any, language: str = "") -> Markup:
    """
    Return *text* as HTML that is set apart from the text around it, with its language if known.
    """
    if not language:
        return Markup("<bdi>{}</bdi>").format(text)
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(language, direction(language), text)


def listed(titles: Sequence[str], language: str) -> Markup:
    """
    Return *titles* as HTML, in quotation marks, enumerated as in *language*: “a”, “b” and “c”.
    """
    quoted = [f"<q><bdi>{escape(title)}</bdi></q>" for title in titles]
    listed = babel.lists.format_list(quoted, locale=locale_of(language))
    return Markup(listed)  # noqa: S704 (the titles are escaped)


def time_of_day(moment: dt.datetime, language: str) -> str:
    """
    Return a time with its zone, for nobody knows which clock the reader looks at.
    """
    time = babel.dates.format_time(moment, format="short", locale=locale_of(language))
    return f"{time} {moment.tzname()}"
