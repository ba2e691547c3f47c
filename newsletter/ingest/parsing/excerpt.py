"""
Fall back to the excerpt of an item whose page cannot be read. Apart from `read`, because the main
process falls back too and must not load the parsers.
"""

from __future__ import annotations

from dataclasses import replace

from newsletter.model.brief import RawItem


def without_page(item: RawItem) -> RawItem:
    """
    Return *item* without its page, with a warning that the page cannot be read.
    """
    warning = "only an excerpt: the page at its address cannot be read"
    return replace(item, page=None, warnings=(*item.warnings, warning))
