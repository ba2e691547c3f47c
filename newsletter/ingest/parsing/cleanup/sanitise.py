"""
Reduce the body of a brief to allowed elements and attributes, without styles, classes, ids or
scripts. Earlier steps have already converted everything worth keeping to allowed elements.
"""

from __future__ import annotations

import re

import nh3

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
    "ol": {"start"},
    "abbr": {"title"},
    "*": {"dir", "lang"},
}
_CLEANER = nh3.Cleaner(
    tags=set(_TAG_NAMES.split()),
    clean_content_tags=set(_WHOLE_NAMES.split()),
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    url_relative="deny",
    link_rel=None,
    strip_comments=True,
)
_BEFORE_END = re.compile(
    r"(?<!\s)\s+(?=</(?:p|li|h[1-6]|td|th|dt|dd|figcaption|caption|blockquote)>)"
)
_AFTER_START = re.compile(r"(<(?:p|li|h[1-6]|td|th|dt|dd|figcaption|caption)(?:\s[^<>]*)?>)\s+")


def sanitise(markup: str) -> str:
    """
    Return *markup* with only allowed elements and attributes, and no white space at the start and
    end of blocks.
    """
    clean = _CLEANER.clean(markup).replace("&nbsp;", "\u00a0")
    return _AFTER_START.sub(r"\1", _BEFORE_END.sub("", clean)).strip()
