"""
Parse a raw item into a typed brief. `open_item` opens the item by its media type, `compose` makes
the brief; each other module knows one thing about how people write.

Content is other people's: callers parse it in the limited child process, through `sandbox_child`.
"""

from __future__ import annotations

from dataclasses import replace

from newsletter.errors import ReadError
from newsletter.ingest.parsing.compose import compose
from newsletter.ingest.parsing.formats.open_item import open_item
from newsletter.model.brief import Brief, RawItem, ReadingRules

_LONGEST_NAME = 120


def read(item: RawItem, rules: ReadingRules) -> Brief:
    """
    The brief in *item*.

    Raises:
        ReadError: there is none; the line names the item and says what to do.
    """
    if item.page is not None:
        try:
            return _read(item, rules)
        except ReadError:
            item = without_page(item)
    return _read(item, rules)


def without_page(item: RawItem) -> RawItem:
    """
    *item* as the excerpt it came as, with a warning, for a page that cannot be read.
    """
    warning = "Only an excerpt: the page at its address cannot be read."
    return replace(item, page=None, warnings=(*item.warnings, warning))


def _read(item: RawItem, rules: ReadingRules) -> Brief:
    try:
        return compose(item, open_item(item, rules), rules)
    except ReadError as error:
        name = " ".join((item.url or item.key).split())[:_LONGEST_NAME]
        raise ReadError(f"{name}: {error}") from error
    except RecursionError as error:
        raise ReadError(f"{item.key[:_LONGEST_NAME]}: nested too deep to be read.") from error
