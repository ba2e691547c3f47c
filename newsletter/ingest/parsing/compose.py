"""
Build a brief from an opened item: make the content suitable for mail, split it into blocks, find
the fields in them, and sanitise the rest.
"""

from __future__ import annotations

import datetime as dt
import re

from newsletter.errors import ReadError
from newsletter.ingest.parsing import characters, html_tree, lead_image, list_lines, urls
from newsletter.ingest.parsing.captions import alt_text
from newsletter.ingest.parsing.cleanup import email_safe
from newsletter.ingest.parsing.cleanup.images import BlockImage
from newsletter.ingest.parsing.cleanup.sanitise import sanitise
from newsletter.ingest.parsing.field_limits import within_limits
from newsletter.ingest.parsing.fields import (
    dateline,
    dates,
    language,
    layout,
    plain_body,
    split_blocks,
)
from newsletter.ingest.parsing.fields.block import Block, BlockKind
from newsletter.ingest.parsing.fields.layout import LaidOutBrief, StatedFields
from newsletter.ingest.parsing.formats.open_item import OpenedItem
from newsletter.model.brief import READ_ON, Brief, ImageRule, Link, MediaType, RawItem, ReadingRules
from subscribers.text.phrases import phrase

# A mail has one h1, for the issue, and an h2 for each brief, so headings in a body start at h3.
_TOP_HEADING = 3
_LAST_HEADING = 6
_LONGEST_TITLE = 90
_LONGEST_DATE = 40
_REPORTED_WITHIN = dt.timedelta(days=31)


def compose(item: RawItem, opened: OpenedItem, rules: ReadingRules) -> Brief:
    """
    Build the brief from *opened*.

    Raises:
        ReadError: it has neither a title nor text.
    """
    fit = email_safe.mailable(opened.markup, opened.base, came=item.images)
    known = StatedFields(
        title=opened.title,
        fallback_title=item.fallback_title,
        image_url=lead_image.named_image(opened, rules.image),
        page_image_url=opened.page_image_url,
        url=opened.url,
        has_takeaways=bool(opened.takeaways),
    )
    cut = list_lines.without_list_lines(split_blocks.blocks_of(fit.body))
    found = layout.lay_out(cut.blocks, known, rules)
    body_html = sanitise("\n".join(_markup_of(found.body)))
    title, notes = _title(found)
    published_at, date = _dates(item, opened, found, rules)
    lead = lead_image.choose_lead_image(opened, found.image, rules.image)
    caption, credit = _caption(opened, found, lead, rules)
    body_text = plain_body.plain_body(body_html)
    lang = language.language_tag(opened.lang) or language.language_of(
        f"{title} {' '.join(found.takeaways)} {body_text}"
    )
    unread = _unread_date(item, opened, rules)
    warnings = [*opened.warnings, *unread, *fit.warnings, *found.warnings, *notes]
    if lead is not None and not lead.alt and not caption:
        warnings.append("the lead image has neither an alternative text nor a caption: add one")
    brief = Brief(
        title=title,
        series=opened.series or found.series,
        date=date,
        published_at=published_at,
        image_url=lead.url if lead else None,
        image_alt=alt_text(lead.alt, caption) if lead else "",
        image_width=lead.width if lead else None,
        image_height=lead.height if lead else None,
        caption=caption,
        credit=credit,
        takeaways=opened.takeaways or found.takeaways,
        body_html=body_html,
        body_text=body_text,
        cta=opened.cta or (Link(READ_ON, opened.url) if opened.url else None),
        url=opened.url,
        links=_links(body_html),
        footnotes=(*fit.footnotes, *found.footnotes),
        categories=opened.categories,
        lang=lang,
        dir=language.direction_of(lang),
        removed=tuple(dict.fromkeys([*opened.removed, *fit.removed, *cut.removed, *found.removed])),
        warnings=tuple(dict.fromkeys(warnings)),
    )
    return within_limits(brief)


def _markup_of(body: list[Block]) -> list[str]:
    """
    Return the markup of each block, with headings shifted so that the highest is an h3.
    """
    top = min((block.level for block in body if block.kind is BlockKind.HEADING), default=1)
    made = []
    for block in body:
        if block.kind is BlockKind.HEADING:
            level = min(block.level - top + _TOP_HEADING, _LAST_HEADING)
            made.append(f"<h{level}>{block.markup}</h{level}>")
        else:
            made.append(block.markup)
    return made


def _title(found: LaidOutBrief) -> tuple[str, tuple[str, ...]]:
    if found.title and characters.is_visible(found.title):
        return found.title, ()
    texts = [*(block.text for block in found.body), *found.takeaways]
    text = next(filter(characters.is_visible, texts), "")
    if not text:
        raise ReadError(phrase("contains no brief: neither a title nor text"))
    sentence = re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
    if len(sentence) > _LONGEST_TITLE:
        sentence = f"{sentence[:_LONGEST_TITLE].rsplit(' ', 1)[0]}…"
    return sentence, ("no title found: the first sentence is used as the title",)


def _dates(
    item: RawItem, opened: OpenedItem, found: LaidOutBrief, rules: ReadingRules
) -> tuple[dt.datetime | None, dt.date | None]:
    """
    Return the brief's time of publication and its date: the day in the front matter or page, else
    its date line, else its dateline, else the day of the time in the source's time zone. Captions
    are not searched.
    """
    zone = dates.zone(rules.timezone)
    said = opened.published or ""
    moment = dates.moment(said, zone, day_first=rules.day_first)
    at = item.published_at or moment
    # Which day a time is on depends on the time zone.
    written = None if ":" in said else dates.whole_date(said, day_first=rules.day_first)
    day = written or found.date or _dateline_date(found, at, rules)
    day = day or (moment.astimezone(zone).date() if moment else None)
    if at is None and day is None:
        at = item.fallback_at
    if day is None and at is not None:
        day = at.astimezone(zone).date()
    return at, day


def _dateline_date(
    found: LaidOutBrief, at: dt.datetime | None, rules: ReadingRules
) -> dt.date | None:
    """
    Return the date in the dateline of the first paragraph. If it is far from the time of
    publication, it is the date of an event.
    """
    first = next((block.text for block in found.body if block.kind is BlockKind.PARAGRAPH), "")
    day = dateline.dateline_date(first, day_first=rules.day_first)
    is_near = day is None or at is None or abs(at.date() - day) <= _REPORTED_WITHIN
    return day if is_near else None


def _unread_date(item: RawItem, opened: OpenedItem, rules: ReadingRules) -> list[str]:
    """
    Return a warning if the author of a Markdown file stated a date that cannot be read.
    """
    said = opened.published or ""
    is_read = dates.moment(said, dt.UTC, day_first=rules.day_first) is not None
    if item.media_type is not MediaType.MARKDOWN or not said or is_read:
        return []
    shown = said if len(said) <= _LONGEST_DATE else f"{said[:_LONGEST_DATE]}…"
    return [f"the date “{shown}” in the front matter cannot be read: write it like 2026-12-31"]


def _caption(
    opened: OpenedItem, found: LaidOutBrief, lead: BlockImage | None, rules: ReadingRules
) -> tuple[str | None, str | None]:
    """
    Return the caption and the credit; None for both if the brief is to have no image. What stands
    with the image in the text takes precedence over what the source says of it elsewhere.
    """
    if rules.image is ImageRule.NONE:
        return None, None
    caption, credit = opened.caption or found.caption, opened.credit or found.credit
    if lead is None:
        return caption, credit
    if lead.url == opened.image_url:
        caption, credit = caption or opened.image_caption, credit or opened.image_credit
    if (figure := lead_image.figure_of(opened, lead.url)) is not None:
        caption, credit = caption or figure.caption, credit or figure.credit
    return caption, credit


def _links(body_html: str) -> tuple[Link, ...]:
    found = []
    for anchor in html_tree.body_of(body_html).css("a[href]"):
        url = anchor.attributes.get("href") or ""
        image = anchor.css_first("img")
        shown = (image.attributes.get("alt") or "") if image is not None else ""
        found.append(Link(html_tree.text_of(anchor) or shown or urls.host(url) or url, url))
    return tuple(dict.fromkeys(found))
