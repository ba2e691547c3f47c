"""
Build the context of a template as plain data: dates in words, each brief's image and excerpt.

It is built before the sandbox, which cannot open locale files.
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
from newsletter.mail.size.truncate import read_body, truncate_html, truncate_text
from newsletter.mail.templating.images import HERO_WIDTH, fit_image, fit_images
from newsletter.mail.templating.translations import Translations, locale_of
from newsletter.model.brand import Brand
from newsletter.model.brief import Brief
from newsletter.model.image import Img
from newsletter.model.issue import ChosenBrief, ShownAs, Site
from newsletter.model.issue_content import IssueContent

_EXCERPT_CHARS = 320
_LINE_CHARS = 140
# Brysbaert 2019, "How many words do we read per minute?": 238 for English non-fiction.
_WORDS_A_MINUTE = 238
# Languages whose scripts need more line spacing than Latin, Greek and Cyrillic.
_TALL_SCRIPTS = re.compile(
    r"(am|ar|bn|ckb|dv|fa|gu|he|hi|ja|km|kn|ko|lo|ml|mr|my|ne|pa|ps|sd|si|ta|te|th|ug|ur|yi|yue|zh)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’][^\W_]+)*")


def issue_context(content: IssueContent, translations: Translations) -> dict[str, Any]:
    """
    Return *content* as dicts, lists, strings, integers and booleans; absent values are None.
    """
    locale = locale_of(content.site.language)
    briefs = [_brief_context(chosen, content, translations) for chosen in content.briefs]
    return {
        **site_context(content.site, translations),
        "list_name": content.list_name,
        "list_names": " / ".join((content.list_name, *content.other_lists)),
        "list_slug": content.list_slug,
        "sender_name": content.sender.name,
        "view_url": content.view_url,
        "number": content.number,
        "date": content.date.isoformat(),
        "date_long": _format_date(content.date, locale),
        "reply_to": content.reply_to,
        "is_test": content.is_test,
        "subject": content.subject,
        "preheader": content.preheader,
        "intro": _intro(content),
        "briefs": briefs,
        "brief_count": translations.pluralize("briefs", len(briefs)),
        "sections": _sections(briefs),
    }


def _intro(content: IssueContent) -> dict[str, str] | None:
    """
    Return the introductory text as HTML and text, with images at most as wide as the column.
    """
    intro = content.intro
    if intro is None or not intro.html:
        return None
    markup = fit_images(intro.html, content.images, base_url=content.site.base_url)
    return {"html": markup, "text": intro.text}


def site_context(site: Site, translations: Translations) -> dict[str, Any]:
    """
    Return the values that every mail of the site needs: site, brand, translations, language.
    """
    own = dataclasses.asdict(site)
    return {
        "site": {name: own[name] for name in own if name not in ("brand", "unsubscribe_address")},
        "brand": _brand_context(site.brand),
        "words": translations.as_context(),
        "lang": site.language,
        "dir": str(locale_of(site.language).text_direction),
        "is_tall": _is_tall(site.language),
    }


def _brand_context(brand: Brand) -> dict[str, Any]:
    values = dataclasses.asdict(brand)
    return {**values, "social": list(values["social"])}


def _is_tall(language: str) -> bool:
    return _TALL_SCRIPTS.match(language) is not None


def _sections(briefs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Group the briefs after the lead into runs with the same heading.
    """
    runs = itertools.groupby(briefs[1:], key=operator.itemgetter("heading"))
    return [{"heading": heading, "briefs": list(run)} for heading, run in runs]


def _brief_context(
    chosen: ChosenBrief, content: IssueContent, translations: Translations
) -> dict[str, Any]:
    site = content.site
    brief, locale = chosen.brief, locale_of(site.language)
    summary = excerpt(brief.body_html, _EXCERPT_CHARS)
    lang = brief.lang or site.language
    # What staff typed is in the body already, as HTML and as text.
    fields = {name: value for name, value in brief.as_json().items() if name != "body_typed"}
    return {
        **fields,
        **_body(chosen, content, translations),
        "shown_as": str(ShownAs.FULL if chosen.shows_all else chosen.shown_as),
        "heading": chosen.heading,
        "lang": lang,
        "is_tall": _is_tall(lang),
        "action": _action(chosen, lang, translations, view_url=content.view_url),
        "is_cut": chosen.most_chars is not None and chosen.shows_all,
        "date_long": _format_date(brief.date, locale) if brief.date else None,
        "corrected_on": _format_date(chosen.corrected_on, locale) if chosen.corrected_on else None,
        "minutes": _minutes(brief),
        "reading_time": translations.pluralize("minutes", _minutes(brief)),
        "image": _image(brief, content),
        "excerpt": summary,
        "line": excerpt(brief.body_html, _LINE_CHARS),
    }


def _body(chosen: ChosenBrief, content: IssueContent, translations: Translations) -> dict[str, Any]:
    """
    Return the body as HTML and text, with images at most as wide as the column.
    """
    truncated = _truncated_body(chosen, translations, view_url=content.view_url)
    markup = truncated.get("body_html", chosen.brief.body_html)
    base_url = content.site.base_url
    return {**truncated, "body_html": fit_images(markup, content.images, base_url=base_url)}


def _truncated_body(
    chosen: ChosenBrief, translations: Translations, *, view_url: str
) -> dict[str, Any]:
    """
    Return the shortened body, or nothing if all of it is shown.

    The link to the whole text is part of the body if the brief has its own call to action, which
    takes the button.
    """
    brief = chosen.brief
    if chosen.most_chars is None or not chosen.shows_all:
        return {}
    body = read_body(brief.body_html)
    markup = truncate_html(body, chosen.most_chars)
    text = truncate_text(brief.body_text, body, chosen.most_chars)
    notes = [note for note in brief.footnotes if note.partition(" ")[0] in markup]
    if brief.has_own_action:
        label, url = str(translations.table["read_more"]), html.escape(brief.url or view_url)
        link = f'<a class="more-link" href="{url}">{html.escape(label)}</a>'
        markup += f'\n<p lang="{translations.lang}" dir="{translations.dir}">{link}</p>'
    return {"body_html": markup, "body_text": text, "footnotes": notes}


def _action(
    chosen: ChosenBrief, lang: str, translations: Translations, *, view_url: str
) -> dict[str, Any] | None:
    """
    Return the link to read more: the brief's own call to action, else its URL.

    The label comes with its language. A shortened brief that has neither links to *view_url*.
    """
    brief = chosen.brief
    own = {"lang": translations.lang, "dir": translations.dir}
    if brief.cta is not None and brief.has_own_action:
        return {"url": brief.cta.url, "label": brief.cta.label, "lang": lang, "dir": brief.dir}
    if brief.cta is not None:
        return {"url": brief.cta.url, "label": translations.table["read_more"], **own}
    if chosen.most_chars is not None:
        return {"url": brief.url or view_url, "label": translations.table["read_more"], **own}
    return {"url": brief.url, "label": translations.table["read_web"], **own} if brief.url else None


def _image(brief: Brief, content: IssueContent) -> dict[str, Any] | None:
    """
    Return the image at its display size: at most 640 pixels wide, never larger than its file.

    Its alternative text is its own, else the title of the brief.
    """
    if not brief.image_url:
        return None
    info = content.images.get(brief.image_url)
    if info is not None and info.is_pixel:
        return None
    # The size in the source is that of the page it came from; here the image is the lead image.
    size = (None, None) if info else (brief.image_width or HERO_WIDTH, brief.image_height)
    img = Img(src=brief.image_url, width=size[0], height=size[1])
    shown = fit_image(img, info, max_width=HERO_WIDTH, base_url=content.site.base_url)
    alt = brief.image_alt or brief.title
    return {"url": shown.src, "alt": alt, "width": shown.width, "height": shown.height}


def _minutes(brief: Brief) -> int:
    word_count = len(_WORD.findall(f"{brief.body_text} {' '.join(brief.takeaways)}"))
    return max(1, round(word_count / _WORDS_A_MINUTE))


def format_date_long(day: dt.date, language: str) -> str:
    """
    Format *day* in words, as on the masthead of an issue in that language.
    """
    return _format_date(day, locale_of(language))


def _format_date(day: dt.date, locale: babel.Locale) -> str:
    return babel.dates.format_date(day, format="long", locale=locale)
