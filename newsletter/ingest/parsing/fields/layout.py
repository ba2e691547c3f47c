"""
Decide which part of a brief each block is: date, headline, lead image and caption, takeaways, body,
footnotes. The rules see only blocks, no matter which format they came from.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.ingest.parsing import captions
from newsletter.ingest.parsing.cleanup import images
from newsletter.ingest.parsing.cleanup.images import BlockImage
from newsletter.ingest.parsing.fields import boilerplate, dateline, headline
from newsletter.ingest.parsing.fields.block import Block, BlockKind
from newsletter.ingest.parsing.phrases import press_labels, takeaway_labels, trailers
from newsletter.model.brief import ImageRule, ReadingRules

_WORDED = (BlockKind.PARAGRAPH, BlockKind.HEADING)
_LONG = 200
_HEAD = 5
_MOST_TAKEAWAYS = 12
# A smaller image does not lead, nor does a small logo or the portrait of an author. Feeds have
# thumbnails of 100 by 55 pixels.
_NARROW = 100
_LOW = 40
_SMALL_LOGO = 200
_LOGO = re.compile(r"\blogo$", re.IGNORECASE)
_PORTRAIT = re.compile(r"[/_.-](?:avatars?|gravatar|authors?)[/_.-]", re.IGNORECASE)
_LONGEST_BYLINE = 100
_STOPS = (".", ":", "?", "!", "。", "：", "？", "！")


@dataclass(frozen=True, kw_only=True)
class StatedFields:
    """
    What the item itself states. It takes precedence over what is found in the content, except
    `fallback_title`. `image_url` is the image stated as the lead image, `page_image_url` the one
    that its page declares for sharing.
    """

    title: str | None = None
    fallback_title: str | None = None
    image_url: str | None = None
    page_image_url: str | None = None
    url: str | None = None
    has_takeaways: bool = False


@dataclass(kw_only=True)
class LaidOutBrief:
    """
    The fields of a brief found so far; `body` contains the remaining blocks.
    """

    body: list[Block]
    title: str | None = None
    series: str | None = None
    date: dt.date | None = None
    image: BlockImage | None = None
    caption: str | None = None
    credit: str | None = None
    takeaways: tuple[str, ...] = ()
    footnotes: tuple[str, ...] = ()
    removed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def lay_out(blocks: list[Block], known: StatedFields, rules: ReadingRules) -> LaidOutBrief:
    """
    Find the fields of a brief in *blocks*; each block is used once.
    """
    tail = boilerplate.cut_tail(blocks, rules, known.url)
    found = LaidOutBrief(
        body=list(tail.blocks), footnotes=tail.footnotes, removed=list(tail.removed)
    )
    found.warnings += [f"a video after the end was left out: {video}" for video in tail.films]
    _drop_press_label(found)
    _take_date(found, rules)
    _take_title(found, known, rules)
    _take_date(found, rules)
    _take_last_date(found, rules)
    _draw_rules(found)
    _take_image(found, known, rules.image)
    _take_caption(found)
    if rules.image is ImageRule.NONE:
        _drop_image(found)
    if not known.has_takeaways:
        _take_takeaways(found)
    return found


def _head(found: LaidOutBrief) -> list[Block]:
    """
    Return the blocks before the first long paragraph, at most five.
    """
    head: list[Block] = []
    for block in found.body[:_HEAD]:
        if block.kind is BlockKind.PARAGRAPH and len(block.text) > _LONG:
            break
        head.append(block)
    return head


def _drop_press_label(found: LaidOutBrief) -> None:
    for block in _head(found):
        if block.kind in _WORDED and press_labels.is_press_label(block.text):
            found.removed.append(block.text)
            found.body.remove(block)


def _take_date(found: LaidOutBrief, rules: ReadingRules) -> None:
    for block in _head(found):
        if block.kind in _WORDED and found.date is None:
            found.date = dateline.date_line(block.text, day_first=rules.day_first)
            if found.date is not None:
                found.body.remove(block)
                return


def _take_last_date(found: LaidOutBrief, rules: ReadingRules) -> None:
    last = found.body[-1] if found.body else None
    if found.date is None and last is not None and last.kind in _WORDED:
        found.date = dateline.date_line(last.text, day_first=rules.day_first)
        if found.date is not None:
            found.body.pop()


def _draw_rules(found: LaidOutBrief) -> None:
    """
    Replace lines drawn with characters by rules, and remove those above the text.
    """
    above = True
    body: list[Block] = []
    for block in found.body:
        is_rule = block.kind is BlockKind.OTHER and block.markup.startswith("<hr")
        if is_rule and above:
            continue
        if not (block.kind in _WORDED and trailers.is_rule(block.text)):
            body.append(block)
            above = False
        elif not above:
            body.append(Block(kind=BlockKind.OTHER, markup="<hr>"))
    found.body = body


def _take_title(found: LaidOutBrief, known: StatedFields, rules: ReadingRules) -> None:
    _take_headline(found, known.title, rules)
    if found.title is None:
        _take_heading(found)
    if found.title is None:
        _take_headline(found, known.fallback_title, rules)


def _take_headline(found: LaidOutBrief, title: str | None, rules: ReadingRules) -> None:
    if title:
        series, found.title = headline.split_title(title, rules)
        found.series = found.series or series
    for block in _head(found):
        split = headline.series_in(block.text, rules) if block.kind in _WORDED else None
        if split is not None:
            found.series = found.series or split[0]
            found.title = found.title or split[1] or None
            found.body.remove(block)
        elif _is_title(block, found) and not _is_whole_text(block, found.body):
            found.body.remove(block)


def _is_title(block: Block, found: LaidOutBrief) -> bool:
    return found.title is not None and block.text.casefold() == found.title.casefold()


def _is_whole_text(block: Block, body: list[Block]) -> bool:
    """
    Return True if *block* is the text of a short post, whose title repeats it.
    """
    pictures = (BlockKind.IMAGE, BlockKind.FILM)
    is_alone = all(each is block or each.kind in pictures for each in body)
    return is_alone and block.kind is BlockKind.PARAGRAPH


def _take_heading(found: LaidOutBrief) -> None:
    for block in _head(found):
        if block.kind is BlockKind.HEADING and not takeaway_labels.is_takeaways_label(block.text):
            found.title = block.text
            found.body.remove(block)
            return
        if block.kind is not BlockKind.IMAGE:
            return


def _before_second_paragraph(blocks: list[Block]) -> list[Block]:
    paragraphs = 0
    for index, block in enumerate(blocks):
        paragraphs += block.kind is BlockKind.PARAGRAPH
        if paragraphs == 2:
            return blocks[:index]
    return blocks


def _take_image(found: LaidOutBrief, known: StatedFields, rule: ImageRule) -> None:
    above = _before_second_paragraph(found.body)
    shown = leading_blocks(found.body, above, named=known.image_url, rule=rule)
    if not shown and known.image_url is None and rule is ImageRule.AUTO:
        # The one that the page declares would lead: it is not shown twice.
        shown = _same_images(found.body, known.page_image_url)
    if not shown:
        return
    block = shown[0]
    index = found.body.index(block)
    found.image = block.image
    is_split = any(block.words)
    found.caption, found.credit = block.words if is_split else captions.split_caption(block.text)
    del found.body[index]
    if not block.text:
        _take_caption(found, index)


def _drop_image(found: LaidOutBrief) -> None:
    if found.image is not None:
        found.removed.append(f"the image {found.image.url}")
    found.image = found.caption = found.credit = None


def _take_caption(found: LaidOutBrief, index: int = 0) -> None:
    """
    Use the block at *index* as the caption if it contains a photo credit.
    """
    if found.caption or found.credit or index >= len(found.body):
        return
    block = found.body[index]
    words, credit = captions.split_caption(block.text)
    if block.kind in _WORDED and credit is not None:
        found.caption, found.credit = words, credit
        del found.body[index]
    elif index == 0 and _is_byline(block):
        _take_caption(found, 1)


def _is_byline(block: Block) -> bool:
    """
    Return True if *block* is a line between headline and picture, such as the names of authors.
    """
    is_line = block.kind in _WORDED and len(block.text) <= _LONGEST_BYLINE
    return is_line and not block.text.endswith(_STOPS)


def _take_takeaways(found: LaidOutBrief) -> None:
    for index, block in enumerate(found.body[:-1]):
        is_label = block.kind in _WORDED and takeaway_labels.is_takeaways_label(block.text)
        if is_label and found.body[index + 1].kind is BlockKind.BULLETS:
            found.takeaways = found.body[index + 1].items
            found.removed.append(block.text)
            del found.body[index : index + 2]
            return
    head = _before_second_paragraph(found.body)
    for index, block in enumerate(head):
        if block.kind is BlockKind.BULLETS:
            if _are_takeaways(block, head[:index], is_last=len(found.body) == index + 1):
                found.takeaways = block.items
                del found.body[index]
            return


def _are_takeaways(block: Block, above: list[Block], *, is_last: bool) -> bool:
    """
    Return True if the list *block*, which has no label of its own, is the takeaways. One that the
    text begins with under a heading belongs to the text, and so does one after a colon. Below a
    paragraph, a list at the end or a numbered one does.
    """
    if len(block.items) > _MOST_TAKEAWAYS or (above and above[-1].text.endswith((":", "："))):
        return False
    has_text = any(each.kind is BlockKind.PARAGRAPH for each in above)
    if not has_text:
        return not (above and above[-1].kind is BlockKind.HEADING)
    return not (is_last or block.markup.startswith("<ol"))


def leading_blocks(
    body: Sequence[Block], above: Sequence[Block], *, named: str | None, rule: ImageRule
) -> list[Block]:
    """
    Return the images of *body* that may be the lead image, in order; *above* are the blocks before
    the second paragraph. A *named* image is matched by its address.
    """
    if rule is ImageRule.FIRST:
        return [block for block in body if block.kind is BlockKind.IMAGE and block.image]
    shown = [block for block in above if block.kind is BlockKind.IMAGE]
    if named is not None:
        return _same_images(shown, named)
    if rule in (ImageRule.FEED, ImageRule.PAGE):
        return []
    return [block for block in shown if not _is_aside(block.image)]


def _same_images(blocks: Sequence[Block], url: str | None) -> list[Block]:
    return [b for b in blocks if url and b.image and images.is_same_image(b.image.url, url)]


def _is_aside(image: BlockImage | None) -> bool:
    """
    Return True if *image* is the size of a flag or a button, a small logo, or the portrait of an
    author.
    """
    if image is None:
        return False
    is_logo = _LOGO.search(image.alt) is not None
    width = image.width or _SMALL_LOGO
    is_small = width < (_SMALL_LOGO if is_logo else _NARROW) or (image.height or _LOW) < _LOW
    return is_small or _PORTRAIT.search(image.url) is not None
