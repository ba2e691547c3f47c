"""
Reduce the body of a brief to allowed elements and attributes, without styles, classes, ids or
scripts. Earlier steps have already converted everything worth keeping to allowed elements.
"""

from __future__ import annotations

import re

import nh3

from newsletter.ingest.parsing import characters
from newsletter.ingest.parsing.fields import language

_TAG_NAMES = (
    "p br hr h3 h4 h5 h6 ul ol li dl dt dd a img figure figcaption blockquote cite q strong b em i"
    " u s sub sup code pre kbd samp var mark small abbr del ins table caption thead tbody tfoot tr"
    " th td bdi bdo ruby rt rp"
)
_WHOLE_NAMES = (
    "script style svg math template iframe object embed noscript head title textarea select button"
    " video audio canvas"
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "abbr": {"title"},
    "*": {"dir", "lang"},
}
# What the values of attributes may be. Others are left out, because no program knows them.
_VALUES = {
    "dir": re.compile("ltr|rtl|auto", re.IGNORECASE),
    "scope": re.compile("(?:row|col)(?:group)?", re.IGNORECASE),
    "colspan": re.compile(r"[1-9]\d{0,2}"),
    "rowspan": re.compile(r"[1-9]\d{0,2}"),
    "start": re.compile(r"-?\d{1,6}"),
    "value": re.compile(r"-?\d{1,6}"),
    "type": re.compile("[1aAiI]"),
    "reversed": re.compile(""),
    "width": re.compile(r"\d{1,5}"),
    "height": re.compile(r"\d{1,5}"),
}
# The longest text in an attribute: an `alt` or a `title`.
LONGEST_TEXT = 1_000


def _value(_: str, name: str, value: str) -> str | None:
    if name == "lang":
        return language.language_tag(value)
    if name in ("alt", "title"):
        return characters.shortened(characters.line(value), LONGEST_TEXT)
    rule = _VALUES.get(name)
    return value.strip() if rule is None or rule.fullmatch(value.strip()) else None


_CLEANER = nh3.Cleaner(
    tags=set(_TAG_NAMES.split()),
    clean_content_tags=set(_WHOLE_NAMES.split()),
    attributes=_ATTRIBUTES,
    attribute_filter=_value,
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    url_relative="deny",
    link_rel=None,
    strip_comments=True,
)
# An image whose address was not a valid one.
_LOST_IMAGE = re.compile(r'<img(?!(?:\s[a-z]+="[^"]*")*?\ssrc=")(?:\s[a-z]+="[^"]*")*\s*/?>')
_BEFORE_END = re.compile(
    r"(?<!\s)\s+(?=</(?:p|li|h[1-6]|td|th|dt|dd|figcaption|caption|blockquote)>)"
)
_AFTER_START = re.compile(r"(<(?:p|li|h[1-6]|td|th|dt|dd|figcaption|caption)(?:\s[^<>]*)?>)\s+")


def sanitise(markup: str) -> str:
    """
    Return *markup* with only allowed elements and attributes, and no white space at the start and
    end of blocks.
    """
    clean = _LOST_IMAGE.sub("", _CLEANER.clean(markup).replace("&nbsp;", "\u00a0"))
    return _AFTER_START.sub(r"\1", _BEFORE_END.sub("", clean)).strip()
