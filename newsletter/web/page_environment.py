"""
The Jinja environment of pages: that of mails, with filters for languages, dates and numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import babel.dates
import babel.lists
from markupsafe import Markup, escape

from newsletter.mail.templating.context import format_date_long
from newsletter.mail.templating.environment import RestrictedEnvironment
from newsletter.mail.templating.translations import (
    in_plural_form,
    language_in_itself,
    locale_of,
)

_MOST_TEMPLATES = 200
_MOST_WHOLE_CHARS = 22


class PageEnvironment(RestrictedEnvironment):
    """
    The environment of the page templates *sources*, compiled once.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__(sources, cache_size=_MOST_TEMPLATES)
        self.filters |= {
            "address": _address,
            "date_long": format_date_long,
            "dir_of": _direction,
            "foreign": _foreign,
            "language_name": language_in_itself,
            "listed": _listed,
            "plural": in_plural_form,
            "time_of_day": _time_of_day,
        }


def _address(text: Any) -> Markup:
    """
    Return an email address as HTML. One that fits in a line of a phone is never broken, above all
    not after the first letter of a masked one.
    """
    classes = "address whole" if len(str(text)) <= _MOST_WHOLE_CHARS else "address"
    return Markup('<bdi class="{}" dir="ltr">{}</bdi>').format(classes, text)


def _direction(language: str) -> str:
    return str(locale_of(language).text_direction)


def _foreign(text: Any, language: str = "") -> Markup:
    """
    Return *text* as HTML that is set apart from the text around it, with its language if known.
    """
    if not language:
        return Markup("<bdi>{}</bdi>").format(text)
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(language, _direction(language), text)


def _listed(titles: Sequence[str], language: str) -> Markup:
    """
    Return *titles* as HTML, in quotation marks, enumerated as in *language*: “a”, “b” and “c”.
    """
    quoted = [f"<q><bdi>{escape(title)}</bdi></q>" for title in titles]
    listed = babel.lists.format_list(quoted, locale=locale_of(language))
    return Markup(listed)  # noqa: S704 (the titles are escaped)


def _time_of_day(moment: dt.datetime, language: str) -> str:
    """
    Return a time with its zone, for nobody knows which clock the reader looks at.
    """
    time = babel.dates.format_time(moment, format="short", locale=locale_of(language))
    return f"{time} {moment.tzname()}"
