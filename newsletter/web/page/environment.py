"""
The Jinja environment of pages: that of mails, with filters for languages, dates and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.mail.templating.context import format_date_long
from newsletter.mail.templating.environment import RestrictedEnvironment
from newsletter.mail.templating.translations import (
    in_plural_form,
    language_in_itself,
)
from newsletter.web.page.filters import address, direction, foreign, listed, time_of_day

_MOST_TEMPLATES = 200


class PageEnvironment(RestrictedEnvironment):
    """
    The environment of the page templates *sources*, compiled once.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__(sources, cache_size=_MOST_TEMPLATES)
        self.filters |= {
            "address": address,
            "date_long": format_date_long,
            "dir_of": direction,
            "foreign": foreign,
            "language_name": language_in_itself,
            "listed": listed,
            "plural": in_plural_form,
            "time_of_day": time_of_day,
        }
