"""
Remove what a mail must not contain: scripts, forms, share bars, related posts, and the duplicates
that lazy loading leaves in `<noscript>`. Called early by `email_safe`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import characters, html_tree
from newsletter.ingest.parsing.cleanup import hidden

_SILENT = (
    "script, style, link, meta, title, template, svg, canvas, object:not([data]), dialog, map, area"
    ", .field--type-image > .field__label, .onebox > header"
)
_SPOKEN = "form, nav, button, input, select, textarea, fieldset"
# Class names of WordPress, Jetpack and the common share, related and subscribe plug-ins; of the
# fields of Drupal; of Substack, Blogger and FeedBurner.
_FURNITURE = re.compile(
    r"^(?:sharedaddy|sd-sharing.*|jp-relatedposts|addtoany_.*|a2a_kit|heateor.*|sassy-social.*"
    r"|share|sharing|share-(?:bar|buttons?|links?)|social-(?:share|links|icons)|wp-block-social-links"
    r"|yarpp.*|related(?:-posts|posts|-articles)?|wp-block-related.*|post-navigation|nav-links"
    r"|subscribe(?:-box|-form)?|newsletter-(?:form|signup|box)|mc4wp-form|wpcf7|wp-block-jetpack-subscriptions"
    r"|comments?-area|toc|toctitle|table-of-contents|mw-editsection|mw-jump-link|screen-reader-text|sr-only|visually-?hidden|skip-link|nocontent|code-block|adsbygoogle|advert(?:isement)?"
    r"|field--name-(?:title|uid|created|changed|field-tags|comment)|comment-wrapper|node-readmore"
    r"|subscription-widget.*|subscribe-widget|blogger-post-footer|feedflare)$"
)
# Discourse writes the name of an emoji, not its character.
_EMOJI_NAME = re.compile(r":[\w+-]{1,60}:")
_ANCHORS = ", ".join(f"h{level} a[href^='#']" for level in range(1, 7))
_LONGEST_LABEL = 30


def prune(body: LexborNode) -> list[str]:
    """
    Remove such elements from *body* and return the visible text of each, at most 80 characters.
    """
    _settle_noscript(body)
    for smiley in body.css("img.emoji, img.wp-smiley"):
        alt = smiley.attributes.get("alt") or ""
        smiley.replace_with("" if _EMOJI_NAME.fullmatch(alt) else alt)
    for node in body.css(_SILENT):
        node.decompose()
    removed = hidden.take_out_hidden(body)
    for node in body.css(_SPOKEN):
        _take_out(node, removed)
    for node in body.css("[class]"):
        if _is_furniture(node):
            _take_out(node, removed)
    _take_out_contents(body, removed)
    return removed


def _take_out_contents(body: LexborNode, removed: list[str]) -> None:
    """
    Remove tables of contents, whose links do not work in mail, and the signs with which headings
    link to themselves.
    """
    for anchor in body.css(_ANCHORS):
        if not any(map(str.isalnum, html_tree.text_of(anchor))) and anchor.css_first("img") is None:
            anchor.decompose()
    for listed in body.css("ul, ol"):
        if listed.parent is not None and _is_contents(listed):
            _take_out(_with_label(listed), removed)


def _is_contents(listed: LexborNode) -> bool:
    """
    Return True if *listed* has no text except links to at least two sections of the same page.
    """
    links = listed.css("a[href^='#']")
    text = html_tree.text_of(listed)
    linked = " ".join(map(html_tree.text_of, links))
    is_worded = len(links) > 1 and any(map(str.isalpha, linked))
    return is_worded and "".join(linked.split()) == "".join(text.split())


def _with_label(listed: LexborNode) -> LexborNode:
    """
    Return the element around *listed* if it has only a short label besides.
    """
    outer = listed.parent
    if outer is None or outer.tag not in ("div", "nav", "details", "section"):
        return listed
    rest = len(html_tree.text_of(outer)) - len(html_tree.text_of(listed))
    has_others = outer.css_first("p, table, img, blockquote") is not None
    return listed if has_others or rest > _LONGEST_LABEL else outer


def _is_furniture(node: LexborNode) -> bool:
    return any(_FURNITURE.match(name) for name in (node.attributes.get("class") or "").split())


def _take_out(node: LexborNode, removed: list[str]) -> None:
    if node.parent is None:
        return
    if words := html_tree.text_of(node):
        removed.append(characters.excerpt(words))
    node.decompose()


def _settle_noscript(body: LexborNode) -> None:
    """
    Remove each `<noscript>`, with its content if that duplicates a lazy image beside it; otherwise
    its image is the only one and is kept. nh3 would show the markup, since its parser treats the
    content as text.
    """
    for node in body.css("noscript"):
        if _has_lazy_neighbour(node) or node.css_first("img") is None:
            node.decompose()
        else:
            node.unwrap()


def _has_lazy_neighbour(node: LexborNode) -> bool:
    images = [image for near in _neighbours(node) for image in near.css("img")]
    return any(is_lazy(image) for image in images)


def _neighbours(node: LexborNode) -> Iterator[LexborNode]:
    """
    Yield the elements directly before and after *node*.
    """
    for step in ("prev", "next"):
        near = getattr(node, step)
        while near is not None and near.is_text_node and not (near.text_content or "").strip():
            near = getattr(near, step)
        if near is not None and near.is_element_node:
            yield near


LAZY = ("data-lazy-src", "data-src", "data-original", "data-orig-file")
LAZY_SETS = ("data-lazy-srcset", "data-srcset")


def is_lazy(image: LexborNode) -> bool:
    """
    Return True if the real address of *image* would be set by a script.
    """
    source = image.attributes.get("src") or ""
    return not source or source.startswith("data:") or any(k in image.attributes for k in LAZY)
