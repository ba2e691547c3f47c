"""
What a template may know, as plain data: dates in words, each brief's picture and excerpt. `render`
hands it to the sandbox, which could open no locale file.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import itertools
import operator
import re
from collections.abc import Sequence
from typing import Any

import babel
import babel.dates

from newsletter.mail.mime.plaintext import excerpt
from newsletter.mail.size.truncate import clamped, clamped_text, read_body
from newsletter.mail.templating.images import HERO, sized, sized_body
from newsletter.mail.templating.translations import Translations, locale_of
from newsletter.model.brand import Brand
from newsletter.model.brief import READ_ON, Brief
from newsletter.model.image import Img
from newsletter.model.issue import ChosenBrief, IssueContent, ShownAs, Site

_EXCERPT_CHARS = 320
_LINE_CHARS = 140
# Brysbaert 2019, "How many words do we read per minute?": 238 for English non-fiction.
_WORDS_A_MINUTE = 238
# Scripts that want more room between lines than Latin, Greek and Cyrillic ones.
_TALL = re.compile(
    r"(am|ar|bn|ckb|dv|fa|gu|he|hi|ja|km|kn|ko|lo|ml|mr|my|ne|pa|ps|sd|si|ta|te|th|ug|ur|yi|yue|zh)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’][^\W_]+)*")


def issue_context(content: IssueContent, words: Translations) -> dict[str, Any]:
    """
    *content* as dicts, lists, strings, integers and booleans; absent is None.
    """
    locale = locale_of(content.site.language)
    briefs = [_brief_context(chosen, content, words) for chosen in content.briefs]
    return {
        **site_context(content.site, words),
        "list_name": content.list_name,
        "list_slug": content.list_slug,
        "sender_name": content.sender.name,
        "view_url": content.view_url,
        "number": content.number,
        "date": content.date.isoformat(),
        "date_long": _in_words(content.date, locale),
        "reply_to": content.reply_to,
        "is_test": content.is_test,
        "subject": content.subject,
        "preheader": content.preheader,
        "intro": content.intro,
        "briefs": briefs,
        "brief_count": words.counted("briefs", len(briefs)),
        "sections": _sections(briefs),
    }


def site_context(site: Site, words: Translations) -> dict[str, Any]:
    """
    What every mail of the site knows: its name and look, the words, how its language is written.
    """
    own = dataclasses.asdict(site)
    return {
        "site": {name: value for name, value in own.items() if name != "brand"},
        "brand": _brand_context(site.brand),
        "words": words.as_context(),
        "lang": site.language,
        "dir": str(locale_of(site.language).text_direction),
        "is_tall": _is_tall(site.language),
    }


def _brand_context(brand: Brand) -> dict[str, Any]:
    values = dataclasses.asdict(brand)
    return {**values, "social": list(values["social"])}


def _is_tall(language: str) -> bool:
    return _TALL.match(language) is not None


def _sections(briefs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    The briefs after the lead, as runs under one heading each.
    """
    runs = itertools.groupby(briefs[1:], key=operator.itemgetter("heading"))
    return [{"heading": heading, "briefs": list(run)} for heading, run in runs]


def _brief_context(
    chosen: ChosenBrief, content: IssueContent, words: Translations
) -> dict[str, Any]:
    site = content.site
    brief, locale = chosen.brief, locale_of(site.language)
    summary = excerpt(brief.body_html, _EXCERPT_CHARS)
    lang = brief.lang or site.language
    return {
        **brief.as_json(),
        **_body(chosen, content, words),
        "shown_as": str(ShownAs.FULL if chosen.shows_all else chosen.shown_as),
        "heading": chosen.heading,
        "lang": lang,
        "is_tall": _is_tall(lang),
        "action": _action(chosen, lang, words, view_url=content.view_url),
        "is_cut": chosen.most_chars is not None and chosen.shows_all,
        "date_long": _in_words(brief.date, locale) if brief.date else None,
        "corrected_on": _in_words(chosen.corrected_on, locale) if chosen.corrected_on else None,
        "minutes": _minutes(brief),
        "reading_time": words.counted("minutes", _minutes(brief)),
        "image": _image(brief, content),
        "excerpt": summary,
        "line": excerpt(brief.body_html, _LINE_CHARS),
    }


def _body(chosen: ChosenBrief, content: IssueContent, words: Translations) -> dict[str, Any]:
    """
    The body in its two forms, its pictures as they fit.
    """
    cut = _cut(chosen, words, view_url=content.view_url)
    markup = cut.get("body_html", chosen.brief.body_html)
    base_url = content.site.base_url
    return {**cut, "body_html": sized_body(markup, content.pictures, base_url=base_url)}


def _cut(chosen: ChosenBrief, words: Translations, *, view_url: str) -> dict[str, Any]:
    """
    The body where there is no room for all of it. The link to the whole stands in it where another
    takes the button.
    """
    brief = chosen.brief
    if chosen.most_chars is None or not chosen.shows_all:
        return {}
    body = read_body(brief.body_html)
    markup = clamped(body, chosen.most_chars)
    text = clamped_text(brief.body_text, body, chosen.most_chars)
    notes = [note for note in brief.footnotes if note.partition(" ")[0] in markup]
    if _has_own_action(brief):
        label, url = str(words.table["read_brief"]), html.escape(brief.url or view_url)
        link = f'<a class="more-link" href="{url}">{html.escape(label)}</a>'
        markup += f'\n<p lang="{words.lang}" dir="{words.dir}">{link}</p>'
    return {"body_html": markup, "body_text": text, "footnotes": notes}


def _has_own_action(brief: Brief) -> bool:
    return brief.cta is not None and brief.cta.label != READ_ON


def _action(
    chosen: ChosenBrief, lang: str, words: Translations, *, view_url: str
) -> dict[str, Any] | None:
    """
    Where to read on: the brief's own call to action, else its address, with a label in the
    language it is written in. One that had to give room and has neither is whole at *view_url*.
    """
    brief = chosen.brief
    own = {"lang": words.lang, "dir": words.dir}
    if brief.cta is not None and _has_own_action(brief):
        return {"url": brief.cta.url, "label": brief.cta.label, "lang": lang, "dir": brief.dir}
    if brief.cta is not None:
        return {"url": brief.cta.url, "label": words.table["read_brief"], **own}
    if chosen.most_chars is not None:
        return {"url": brief.url or view_url, "label": words.table["read_brief"], **own}
    return {"url": brief.url, "label": words.table["read_web"], **own} if brief.url else None


def _image(brief: Brief, content: IssueContent) -> dict[str, Any] | None:
    """
    The picture at the size it is shown: at most 640 pixels wide, never larger than it is. Whoever
    does not see it is told what it shows, or else what the brief is about.
    """
    if not brief.image_url:
        return None
    picture = content.pictures.get(brief.image_url)
    if picture is not None and picture.is_pixel:
        return None
    # A page names the size at which it shows the picture itself; here it leads.
    told = (None, None) if picture else (brief.image_width or HERO, brief.image_height)
    img = Img(src=brief.image_url, width=told[0], height=told[1])
    shown = sized(img, picture, most=HERO, base_url=content.site.base_url)
    alt = brief.image_alt or brief.title
    return {"url": shown.src, "alt": alt, "width": shown.width, "height": shown.height}


def _minutes(brief: Brief) -> int:
    words = len(_WORD.findall(f"{brief.body_text} {' '.join(brief.takeaways)}"))
    return max(1, round(words / _WORDS_A_MINUTE))


def date_in_words(day: dt.date, language: str) -> str:
    """
    *day* written out, as on the masthead of an issue in that language.
    """
    return _in_words(day, locale_of(language))


def _in_words(day: dt.date, locale: babel.Locale) -> str:
    return babel.dates.format_date(day, format="long", locale=locale)
