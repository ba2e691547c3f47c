"""
Recognise what programs put directly above the footer of a mailing list: rules, icons, links to
social networks, the postal address. `list_lines` uses it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.cleanup.images import pixels
from newsletter.ingest.parsing.fields.block import Block, BlockKind
from newsletter.ingest.parsing.phrases.mailing_list_words import NETWORK, SOCIAL

_EDGES = "|·•–—-/\\ \u00a0:,()[]"
_LONGEST_LINE = 200
_LONGEST_ADDRESS = 140
_LARGEST_ICON_PX = 48
# A place of at least four digits, or a British one.
_POSTAL_CODE = re.compile(r"\b\d{4,6}\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
_MEASURE = re.compile(r"[%€$£°]|\d:\d")


def is_above_footer(block: Block) -> bool:
    """
    Return True if *block* belongs to a footer that is directly below it.
    """
    return _is_rule(block) or is_icon(block) or _is_social(block) or _is_address(block)


def is_icon(block: Block) -> bool:
    """
    Return True if *block* is one of the small pictures of a row of links, without any text.
    """
    if block.kind is not BlockKind.PARAGRAPH or block.text or "<img" not in block.markup:
        return False
    widths = (image.attributes.get("width") for image in html_tree.body_of(block.markup).css("img"))
    return all((pixels(width) or _LARGEST_ICON_PX + 1) <= _LARGEST_ICON_PX for width in widths)


def _is_rule(block: Block) -> bool:
    return block.kind is BlockKind.OTHER and not block.text


def _is_address(block: Block) -> bool:
    """
    Return True if *block* looks like a postal address: short, in parts, with a number, no sentence.
    """
    text = block.text
    is_short = block.kind is BlockKind.PARAGRAPH and 0 < len(text) <= _LONGEST_ADDRESS
    parts = text.count(",") + text.count("|") + text.count("•") + block.markup.count("<br")
    has_number = any(sign.isdigit() for sign in text)
    is_sentence = is_short and (text[-1] in '.!?…:;”"»' or _MEASURE.search(text) is not None)
    words = text.split()
    # `12, rue de la Paix, 75002 Paris` has as many small words as a sentence, but a postal code.
    is_named = sum(word[:1].islower() for word in words) * 4 <= len(words)
    is_located = is_named or _POSTAL_CODE.search(text) is not None
    return is_short and has_number and parts > 0 and is_located and not is_sentence


def _is_social(block: Block) -> bool:
    body = html_tree.body_of(block.markup)
    anchors = body.css("a")
    if not anchors or len(block.text) > _LONGEST_LINE:
        return False
    if not all(map(_is_to_network, anchors)):
        return False
    for anchor in anchors:
        anchor.decompose()
    return not html_tree.text_of(body).strip(_EDGES)


def _is_to_network(anchor: LexborNode) -> bool:
    """
    Return True if *anchor* leads to a profile in a social network, or is labelled with its name.
    """
    address = anchor.attributes.get("href") or ""
    if not SOCIAL.search(address):
        return False
    words = html_tree.text_of(anchor)
    is_post = len(urlsplit(address).path.strip("/").split("/")) > 1 or "watch?" in address
    return not is_post or not words or NETWORK.search(words) is not None
