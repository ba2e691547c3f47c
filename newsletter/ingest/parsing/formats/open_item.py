"""
Convert a raw item of any media type to one form: markup, and what the item says about itself.
`compose` builds the brief from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from newsletter.errors import ReadError
from newsletter.ingest.parsing import captions, characters, html_tree
from newsletter.ingest.parsing import urls as address
from newsletter.ingest.parsing.cleanup.trackers import is_tracker
from newsletter.ingest.parsing.formats import (
    excerpt_match,
    frontmatter,
    markdown,
    plain_text,
)
from newsletter.ingest.parsing.formats.frontmatter import FrontMatter
from newsletter.ingest.parsing.page.lead_figure import LeadFigure
from newsletter.ingest.parsing.page.web_page import open_page
from newsletter.model.brief import Link, MediaType, RawItem, ReadingRules
from subscribers.text.phrases import phrase

_OTHER_PAGE = "only an excerpt: the page at its address has different content"


@dataclass(frozen=True, kw_only=True)
class OpenedItem:
    """
    An item's markup and what it states about the brief. `published` is a date or time as written;
    `page_image_url` is the image that its page declares for sharing, `fallback_image_url` one that
    came with it but that nothing in it refers to. `image_caption` and `image_credit` are only those
    of the image at `image_url`, `caption` and `credit` of whichever image leads. `page_figure` is
    the figure above the text of its page; `is_furniture` means that the page shows links or a
    notice, not an article.
    """

    markup: str
    base: str | None = None
    url: str | None = None
    title: str | None = None
    series: str | None = None
    published: str | None = None
    image_url: str | None = None
    image_alt: str = ""
    image_caption: str | None = None
    image_credit: str | None = None
    image_width: int | None = None
    page_image_url: str | None = None
    page_figure: LeadFigure | None = None
    fallback_image_url: str | None = None
    caption: str | None = None
    credit: str | None = None
    takeaways: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    cta: Link | None = None
    lang: str | None = None
    is_furniture: bool = False
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def open_item(item: RawItem, rules: ReadingRules) -> OpenedItem:
    """
    Open *item*. Its own fields take precedence over what its content says.

    Raises:
        ReadError: it is binary, too large or a draft, or its front matter cannot be read.
    """
    if "\x00" in item.content:
        raise ReadError(phrase("the content is binary, not text: save it as UTF-8 text"))
    is_page = item.media_type is MediaType.HTML_PAGE
    if not is_page and len(item.content.encode("utf-8", "replace")) > html_tree.MAX_BYTES:
        raise ReadError(html_tree.TOO_LARGE)
    unread = characters.unread(item.title or "", item.page or item.content)
    item = replace(item, content=characters.scrub(item.content))
    opened = _open_whole(item, item.page, rules) if item.page else _open(item, rules)
    caption, credit = captions.split_caption(html_tree.plain(item.image_caption))
    return replace(
        opened,
        title=html_tree.plain(item.title) or opened.title,
        url=address.absolute(item.url, item.base_url) or opened.url,
        image_url=_image_at(item.image_url, opened.base) or opened.image_url,
        image_alt=html_tree.plain(item.image_alt) or opened.image_alt,
        image_caption=caption,
        image_credit=credit or captions.credit_of(html_tree.plain(item.image_credit)),
        image_width=item.image_width,
        page_image_url=_image_at(item.page_image_url, None) or opened.page_image_url,
        fallback_image_url=address.of_image(item.fallback_image, None, item.images),
        categories=tuple(dict.fromkeys([*item.categories, *opened.categories])),
        lang=item.lang or opened.lang,
        removed=(*item.removed, *opened.removed),
        warnings=(*item.warnings, *opened.warnings, *unread),
    )


def is_excerpt_of(item: RawItem, page: RawItem) -> bool:
    """
    Return True if *page* contains the text that the excerpt *item* is from.

    Raises:
        ReadError: the page, or the item, cannot be read.
    """
    rules = ReadingRules()
    part = _open(replace(item, content=characters.scrub(item.content)), rules)
    whole = _open_page(replace(page, content=characters.scrub(page.content)), rules)
    return _is_about_the_same(item, part, whole)


def _open(item: RawItem, rules: ReadingRules) -> OpenedItem:
    return _OPENERS[item.media_type](item, rules)


def _open_whole(item: RawItem, markup: str, rules: ReadingRules) -> OpenedItem:
    """
    Open *item*, an excerpt, with the text of its page *markup*. If that page has no more text, or
    different content, only the excerpt is used.
    """
    whole = _open_page(replace(item, content=characters.scrub(markup)), rules)
    part = replace(_open(item, rules), page_image_url=whole.page_image_url)
    if not _is_about_the_same(item, part, whole):
        return replace(part, warnings=(*part.warnings, _OTHER_PAGE))
    if len(excerpt_match.text_in(whole.markup)) <= len(excerpt_match.text_in(part.markup)):
        return part
    # The feed's date takes precedence: the first time in a page may be that of its last edit.
    return replace(whole, published=None if item.published_at else whole.published)


def _is_about_the_same(item: RawItem, part: OpenedItem, whole: OpenedItem) -> bool:
    if whole.is_furniture:
        return False
    page = f"{whole.title} {excerpt_match.text_in(whole.markup)}"
    return excerpt_match.is_about_the_same(
        excerpt_match.text_in(part.markup), page, title=item.title or ""
    )


def _image_at(url: str | None, base: str | None) -> str | None:
    """
    Return the absolute address of an image; None if it only counts readers.
    """
    found = address.absolute(url, base)
    return None if found is None or is_tracker(found) else found


def _base_of(item: RawItem) -> str | None:
    return item.base_url or item.url


def _open_text(item: RawItem, rules: ReadingRules) -> OpenedItem:
    markup = plain_text.markup_of(
        item.content,
        rules,
        has_title=bool(item.title),
        has_fallback=bool(item.fallback_title),
    )
    return OpenedItem(markup=markup, base=_base_of(item))


def _open_html(item: RawItem, _: ReadingRules) -> OpenedItem:
    return OpenedItem(markup=item.content, base=_base_of(item))


def _open_page(item: RawItem, _: ReadingRules) -> OpenedItem:
    found = open_page(item.content, _base_of(item))
    return OpenedItem(
        markup=found.content,
        base=found.base or found.url,
        url=found.url,
        title=found.title,
        published=found.published,
        page_image_url=_image_at(found.image_url, None),
        page_figure=found.figure,
        lang=found.lang,
        is_furniture=found.is_furniture,
        warnings=(found.warning,) if found.warning else (),
    )


def _open_markdown(item: RawItem, _: ReadingRules) -> OpenedItem:
    front = frontmatter.split_front_matter(item.content)
    if front.is_draft:
        raise ReadError(
            phrase("marked as a draft in the front matter: remove that line to publish it")
        )
    markup, removed = markdown.markup_of(front.content)
    url = address.absolute(front.words("url", "canonical_url"), item.base_url)
    base = _base_of(item) or url
    image = front.words("image") or front.part("image").words("url", "src")
    image_url = address.of_image(image, base, item.images)
    lost = image and image_url is None
    return OpenedItem(
        markup=markup,
        base=base,
        url=url,
        title=front.words("title", "subject"),
        series=front.words("series"),
        published=front.when("date", "publish_date", "publishDate"),
        image_url=image_url,
        image_alt=front.words("image_alt") or front.part("image").words("alt") or "",
        caption=front.words("caption"),
        credit=front.words("credit"),
        takeaways=front.lines("takeaways"),
        categories=front.several("categories", "tags"),
        cta=_cta(front, base),
        lang=front.words("lang"),
        removed=removed,
        warnings=(*frontmatter.misspelt_keys(front), *_lost_image(image if lost else None)),
    )


def _lost_image(address: str | None) -> tuple[str, ...]:
    if address is None:
        return ()
    return (f"the image {address} was left out: its address is relative; use a full one",)


def _cta(front: FrontMatter, base: str | None) -> Link | None:
    said = front.part("cta")
    url = address.absolute(said.words("url"), base, is_link=True)
    label = said.words("label")
    return Link(label, url) if url and label else None


_OPENERS: Mapping[MediaType, Callable[[RawItem, ReadingRules], OpenedItem]] = {
    MediaType.TEXT: _open_text,
    MediaType.MARKDOWN: _open_markdown,
    MediaType.HTML: _open_html,
    MediaType.HTML_PAGE: _open_page,
}
