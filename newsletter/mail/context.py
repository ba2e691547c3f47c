"""
What a template may know, as plain data: dates in words, each brief's picture and excerpt. `render`
hands it to the sandbox, which could open no locale file.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import operator
import re
from collections.abc import Sequence
from typing import Any

import babel
import babel.dates

from newsletter.mail.plaintext import excerpt
from newsletter.model.brief import Brief
from newsletter.model.issue import ChosenBrief, IssueContent, ShownAs, Site

_WIDTH = 640
_EXCERPT_CHARS = 320
_LINE_CHARS = 140
# Brysbaert 2019, "How many words do we read per minute?": 238 for English non-fiction.
_WORDS_A_MINUTE = 238
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’][^\W_]+)*")


def issue_context(content: IssueContent) -> dict[str, Any]:
    """
    *content* as dicts, lists, strings, integers and booleans; absent is None.
    """
    locale = _locale(content.site.language)
    briefs = [_brief_context(chosen, content.site, locale) for chosen in content.briefs]
    return {
        "site": dataclasses.asdict(content.site),
        "lang": content.site.language,
        "dir": str(locale.text_direction),
        "list_name": content.list_name,
        "list_slug": content.list_slug,
        "sender_name": content.sender.name,
        "view_url": content.view_url,
        "number": content.number,
        "date": content.date.isoformat(),
        "date_long": _in_words(content.date, locale),
        "is_test": content.is_test,
        "subject": content.subject,
        "preheader": content.preheader,
        "intro": content.intro,
        "briefs": briefs,
        "sections": _sections(briefs),
    }


def _sections(briefs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    The briefs after the lead, as runs under one heading each.
    """
    runs = itertools.groupby(briefs[1:], key=operator.itemgetter("heading"))
    return [{"heading": heading, "briefs": list(run)} for heading, run in runs]


def _brief_context(chosen: ChosenBrief, site: Site, locale: babel.Locale) -> dict[str, Any]:
    brief = chosen.brief
    summary = excerpt(brief.body_html, _EXCERPT_CHARS)
    return {
        **brief.as_json(),
        "shown_as": _shown_as(chosen),
        "heading": chosen.heading,
        "lang": brief.lang or site.language,
        "date_long": _in_words(brief.date, locale) if brief.date else None,
        "corrected_on": _in_words(chosen.corrected_on, locale) if chosen.corrected_on else None,
        "minutes": _minutes(brief),
        "image": _image(brief),
        "excerpt": summary,
        "line": excerpt(brief.body_html, _LINE_CHARS),
    }


def _shown_as(chosen: ChosenBrief) -> str:
    """
    How much to show: a brief with nowhere to read on is shown whole, or its text would be lost.
    """
    is_cut = chosen.shown_as in (ShownAs.TAKEAWAYS, ShownAs.EXCERPT)
    return str(ShownAs.FULL if is_cut and chosen.brief.cta is None else chosen.shown_as)


def _image(brief: Brief) -> dict[str, Any] | None:
    """
    The picture at the size it is shown: at most 640 pixels wide, never larger than it is.
    """
    if not brief.image_url:
        return None
    width = min(brief.image_width or _WIDTH, _WIDTH)
    height = None
    if brief.image_width and brief.image_height:
        height = max(1, round(brief.image_height * width / brief.image_width))
    return {"url": brief.image_url, "alt": brief.image_alt, "width": width, "height": height}


def _minutes(brief: Brief) -> int:
    words = len(_WORD.findall(f"{brief.body_text} {' '.join(brief.takeaways)}"))
    return max(1, round(words / _WORDS_A_MINUTE))


def date_in_words(day: dt.date, language: str) -> str:
    """
    *day* written out, as on the masthead of an issue in that language.
    """
    return _in_words(day, _locale(language))


def _in_words(day: dt.date, locale: babel.Locale) -> str:
    return babel.dates.format_date(day, format="long", locale=locale)


def _locale(language: str) -> babel.Locale:
    try:
        return babel.Locale.parse(language, sep="-" if "-" in language else "_")
    except (ValueError, babel.UnknownLocaleError):
        return babel.Locale("en")
