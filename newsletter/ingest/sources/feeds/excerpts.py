"""
Decide whether a feed gives only an excerpt of an item, for `rss_atom` and `json_feed`.
"""

from __future__ import annotations

import html
import re

_BLOCKS = re.compile(r"<(?:ul|ol|table|figure|blockquote|div|h[1-6])\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"<p\b", re.IGNORECASE)
# The end of an excerpt as WordPress writes it, possibly followed by the trailer of a plug-in.
_BROKEN_OFF = re.compile(r"(?:\[\s*(?:…|\.\.\.)\s*\](?:\s.{0,200})?|…|\.\.\.)\s*\Z", re.DOTALL)
_EXCERPT_BELOW = 600
_LONGEST_MARKUP = 4 * _EXCERPT_BELOW


def is_excerpt(markup: str, *, is_summary: bool) -> bool:
    """
    Return True if *markup* is short, has no lists or headings, and either ends with an ellipsis
    (`[…]`) or is a summary (used because the item has no content) without a single paragraph.
    """
    if len(markup) > _LONGEST_MARKUP:
        return False
    text = html.unescape(re.sub(r"<[^<>]*>", " ", markup))
    if len(text) >= _EXCERPT_BELOW or _BLOCKS.search(markup):
        return False
    return bool(_BROKEN_OFF.search(text)) or (is_summary and not _PARAGRAPH.search(markup))
