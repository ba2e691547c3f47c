"""
Undo double escaping in the text of an item, and decide whether it is only an excerpt, for
`rss_atom` and `json_feed`.
"""

from __future__ import annotations

import html
import re

_BLOCKS = re.compile(r"<(?:ul|ol|table|figure|blockquote|div|h[1-6])\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"<p\b", re.IGNORECASE)
_SECTION, _SECTION_END = "<![CDATA[", "]]>"
_ESCAPED_TAG = re.compile(
    r"&lt;(?:p|div|section|article|span|[uo]l|h[1-6]|figure|table|img|strong|b|em|a)\b",
    re.IGNORECASE,
)
# The end of an excerpt as WordPress writes it, possibly followed by the trailer of a plug-in.
_BROKEN_OFF = re.compile(r"(?:\[\s*(?:…|\.\.\.)\s*\](?:\s.{0,200})?|…|\.\.\.)\s*\Z", re.DOTALL)
_EXCERPT_BELOW = 600
_LONGEST_MARKUP = 4 * _EXCERPT_BELOW


def unescaped(text: str) -> str:
    """
    Return *text* without the CDATA section around it, if that was escaped itself, and with markup
    that was escaped twice as markup.
    """
    inside = text.strip()
    if inside.startswith(_SECTION) and inside.endswith(_SECTION_END):
        text = inside = inside.removeprefix(_SECTION).removesuffix(_SECTION_END).strip()
    is_escaped = "<" not in inside and _ESCAPED_TAG.match(inside) and inside.endswith("&gt;")
    return html.unescape(text) if is_escaped else text


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
