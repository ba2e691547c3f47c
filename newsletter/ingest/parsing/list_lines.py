"""
Remove what a mailing list writes around its content: "View in browser", the links to unsubscribe
and to change preferences, and the footer with the postal address. `compose` uses it before the
layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import characters, footer_blocks, html_tree
from newsletter.ingest.parsing.fields.block import Block, BlockKind
from newsletter.ingest.parsing.phrases.mailing_list_words import (
    BUTTON,
    FOOTER,
    HERE,
    MAIL,
    RIGHTS,
    SIGN_UP,
    UNSUBSCRIBE,
    UNSUBSCRIBE_URL,
    WEB_COPY,
)

_EDGES = "|·•–—-/\\ \u00a0:,()[]"
_SEPARATORS = "|·•–—-:/\\"
_STOPS = ".!?。…"
_LONGEST_LINE = 200
_LONGEST_SENTENCE = 120
_LONGEST_FOOTER_BLOCK = 500
_MOST_FOOTER_BLOCKS = 25
_LONGEST_FOOTER = 3000
# A footer of at most so many characters may be longer than a short text above it.
_USUAL_FOOTER = 800
# Among so many blocks at the start, the name of the site may be a link.
_FIRST_BLOCKS = 3
_LONGEST_LABEL = 30
_EXCERPT_CHARS = 80


@dataclass(frozen=True)
class ListLines:
    """
    The blocks that are content, and what was removed.
    """

    blocks: list[Block]
    removed: list[str]


def without_list_lines(blocks: Sequence[Block]) -> ListLines:
    """
    Remove from *blocks* what is about the mailing list: its lines at the start and its footer, and
    links to unsubscribe anywhere.
    """
    footer = _footer_start(blocks)
    end = len(blocks) if footer is None else _end_of_content(blocks, footer)
    removed: list[str] = []
    kept: list[Block] = []
    for index, block in enumerate(blocks[:end]):
        left = None if index < _FIRST_BLOCKS and _names_site(block) else _content_of(block)
        if left is not block and block.text:
            removed.append(characters.excerpt(block.text))
        if left is not None:
            kept.append(left)
    removed += [characters.excerpt(block.text) for block in blocks[end:] if block.text]
    return ListLines(kept, removed)


def _names_site(block: Block) -> bool:
    """
    Return True if *block* is only a link to the front page of a site, such as its name.
    """
    if block.kind is not BlockKind.PARAGRAPH or not 0 < len(block.text) <= _EXCERPT_CHARS:
        return False
    links = html_tree.body_of(block.markup).css("a[href]") if "<a" in block.markup else []
    if len(links) != 1:
        return False
    parts = urlsplit(links[0].attributes.get("href") or "")
    return parts.path in ("", "/") and html_tree.text_of(links[0]) == block.text


def _content_of(block: Block) -> Block | None:
    """
    Return *block* without links of the list; None if nothing else is left of it.
    """
    if footer_blocks.is_icon(block):
        return None
    if "<a" not in block.markup:
        return None if _is_about_list(block) else block
    if not (_mentions_unsubscribing(block) or _mentions_mail(block)):
        return block
    body = html_tree.body_of(block.markup)
    listed = [anchor for anchor in body.css("a") if _is_list_link(anchor, block)]
    is_web_copy = _is_about_copy(block, body)
    if not listed and not is_web_copy and not _is_question(block, body):
        return block
    if _is_question(block, body) or (listed and len(block.text) <= _LONGEST_FOOTER_BLOCK):
        return None
    copies = [anchor for anchor in body.css("a") if _is_to_copy(anchor)]
    if not listed and not copies:
        return block
    for anchor in listed or copies:
        anchor.decompose()
    text = html_tree.text_of(body).strip(_EDGES)
    if not text or text.rstrip(". ").endswith("?") or WEB_COPY.search(text.lower()):
        return None
    if block.kind is BlockKind.PARAGRAPH and is_web_copy:
        return replace(block, markup=f"<p>{html_tree.shown(text)}</p>", text=text)
    return replace(block, markup=html_tree.inner(body), text=text)


def _mentions_unsubscribing(block: Block) -> bool:
    return UNSUBSCRIBE.search(block.text.lower()) is not None or (
        UNSUBSCRIBE_URL.search(block.markup.lower()) is not None
    )


def _mentions_mail(block: Block) -> bool:
    is_short = len(block.text) <= _LONGEST_LINE
    return is_short and (
        "?" in block.text
        or bool(WEB_COPY.search(block.text.lower()))
        or bool(BUTTON.fullmatch(block.text))
    )


def _is_about_list(block: Block) -> bool:
    """
    Return True if all of *block* is the label of such a link, whose address is missing.
    """
    is_label = block.kind not in (BlockKind.IMAGE, BlockKind.HEADING)
    if not is_label or len(block.text) > _LONGEST_LABEL or block.text.endswith("."):
        return False
    return (
        UNSUBSCRIBE.search(block.text.lower()) is not None
        or WEB_COPY.search(block.text.lower()) is not None
    )


def _is_question(block: Block, body: LexborNode) -> bool:
    """
    Return True if *block* asks about the mail ("Forwarded this email? Subscribe here"), or is one
    of the buttons of such programs.
    """
    links = [html_tree.text_of(anchor) for anchor in body.css("a")]
    if block.kind not in (BlockKind.PARAGRAPH, BlockKind.HEADING) or len(links) != 1:
        return False
    if BUTTON.fullmatch(block.text) and links[0] == block.text:
        return True
    is_asked = "?" in block.text and len(block.text) <= _LONGEST_LINE
    is_answer = HERE.fullmatch(links[0]) or SIGN_UP.fullmatch(links[0])
    return is_asked and is_answer is not None and MAIL.search(block.text) is not None


def _is_about_copy(block: Block, body: LexborNode) -> bool:
    """
    Return True if *block* is about the web copy of the mail: it names the mail, asks a question, or
    has little text beside its links.
    """
    if len(block.text) > _LONGEST_LINE or not WEB_COPY.search(block.text.lower()):
        return False
    rest = _beside_links(block, body.css("a"))
    is_named = "?" in block.text or MAIL.search(block.text) is not None
    return is_named or not rest or rest[-1] in _SEPARATORS or len(rest) * 3 < len(block.text)


def _beside_links(block: Block, anchors: Sequence[LexborNode]) -> str:
    """
    Return the text of *block* without that of its *anchors*.
    """
    rest = block.text
    for words in map(html_tree.text_of, anchors):
        rest = rest.replace(words, "", 1)
    return rest.strip()


def _is_to_copy(anchor: LexborNode) -> bool:
    words = html_tree.text_of(anchor)
    return HERE.fullmatch(words) is not None or WEB_COPY.search(words.lower()) is not None


def _is_list_link(anchor: LexborNode, block: Block) -> bool:
    words = html_tree.text_of(anchor)
    if len(words) > _LONGEST_LINE:
        return False
    if UNSUBSCRIBE_URL.search((anchor.attributes.get("href") or "").lower()):
        return True
    if len(words) <= _EXCERPT_CHARS and UNSUBSCRIBE.search(words.lower()):
        return _is_list_speaking(block, anchor, words)
    is_here = HERE.fullmatch(words) is not None and len(block.text) <= _LONGEST_LINE
    return is_here and UNSUBSCRIBE.search(block.text.lower()) is not None


def _is_list_speaking(block: Block, anchor: LexborNode, words: str) -> bool:
    """
    Return True if *block* is about the mail, or the link *anchor* is no part of a sentence in it,
    as the word is in an article about advertising.
    """
    if MAIL.search(block.text) or FOOTER.match(block.text) or RIGHTS.search(block.text):
        return True
    rest = _beside_links(block, [anchor])
    before = block.text.partition(words)[0].rstrip()
    return len(rest) <= _LONGEST_LABEL or not before or before[-1] in _SEPARATORS + _STOPS


def _unsubscribes(block: Block) -> bool:
    if "<a" not in block.markup:
        return _is_about_list(block) and _mentions_unsubscribing(block)
    if not _mentions_unsubscribing(block):
        return False
    anchors = html_tree.body_of(block.markup).css("a")
    return any(_is_list_link(anchor, block) for anchor in anchors) or _is_about_list(block)


def _footer_start(blocks: Sequence[Block]) -> int | None:
    """
    Return where the footer of a mailing list begins: at a line about the list, with a link to
    unsubscribe in or below it and only short lines after it.
    """
    first = len(blocks)
    size = 0
    while first and len(blocks) - first < _MOST_FOOTER_BLOCKS:
        block = blocks[first - 1]
        size += len(block.text)
        if _is_prose(block) or size > _LONGEST_FOOTER:
            break
        first -= 1
    above = sum(len(block.text) for block in blocks[:first])
    has_link = [_unsubscribes(block) for block in blocks[first:]]
    if not any(has_link):
        return None
    for index in range(first, len(blocks)):
        below = sum(len(block.text) for block in blocks[index:])
        text = blocks[index].text
        is_about_list = has_link[index - first] or FOOTER.match(text) or RIGHTS.search(text)
        if is_about_list and any(has_link[index - first :]):
            is_usual = below <= _USUAL_FOOTER and _has_paragraph(blocks[:index])
            if below <= above or is_usual:
                return index
        above += len(blocks[index].text)
    return None


def _is_prose(block: Block) -> bool:
    """
    Return True if *block* is too long for a footer, or a long sentence that is not about the list.
    """
    if len(block.text) <= _LONGEST_SENTENCE or len(block.text) > _LONGEST_FOOTER_BLOCK:
        return len(block.text) > _LONGEST_FOOTER_BLOCK
    if block.kind is not BlockKind.PARAGRAPH or block.text[-1] not in _STOPS:
        return False
    is_about_list = FOOTER.match(block.text) or RIGHTS.search(block.text) or _unsubscribes(block)
    return not is_about_list and not MAIL.search(block.text)


def _has_paragraph(blocks: Sequence[Block]) -> bool:
    return any(
        block.kind is BlockKind.PARAGRAPH
        and len(block.text) > _LONGEST_LABEL
        and _content_of(block) is block
        for block in blocks
    )


def _end_of_content(blocks: Sequence[Block], footer: int) -> int:
    """
    Return where the content ends: above the rules, links to social networks and postal address that
    are directly above the *footer*.
    """
    while footer:
        block = blocks[footer - 1]
        if not footer_blocks.is_above_footer(block):
            break
        footer -= 1
    return footer
