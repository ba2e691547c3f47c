"""
Choose the language of a page.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from starlette.requests import Request

from newsletter.model.language import matching_language

# RFC 9110, 12.5.4: a language or *, and perhaps its weight.
_WISH = re.compile(r"\s{0,9}([A-Za-z0-9-]{1,35})\s{0,9}(?:;\s{0,9}q=([0-9.]{1,5})\s{0,9})?")
_MOST_WISHES = 20


def choose_language(
    request: Request, known: Collection[str], offered: Sequence[str], *, reader: str | None = None
) -> str:
    """
    Return the language of the page: that of `?lang=`, else the *reader*'s, else that of *offered*
    which the browser asks for first, else the first of *offered* that is *known*.

    *known* are the languages that there are words in; English is always among them. *offered* are
    the newsletter's language and the site's.
    """
    wishes = [request.query_params.get("lang", ""), reader or ""]
    if reader is None:
        accepted = _accepted(request.headers.get("accept-language", ""))
        wishes += [language for language in accepted if matching_language(language, offered)]
    found = (matching_language(wish, known) for wish in [*wishes, *offered])
    return next((language for language in found if language), "en")


def _accepted(header: str) -> list[str]:
    """
    Return the languages of an Accept-Language header, the most wanted first.
    """
    found = [_WISH.fullmatch(part) for part in header.split(",")[:_MOST_WISHES]]
    weighed = [(_weight(match[2]), match[1]) for match in found if match]
    wanted = [(weight, language) for weight, language in weighed if weight > 0]
    return [language for _, language in sorted(wanted, key=lambda pair: -pair[0])]


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
