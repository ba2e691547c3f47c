"""
Parse a raw item into a typed brief. `open_item` opens the item by its media type, `compose` builds
the brief, and each of the other modules handles one habit of how people write.

The content is from other people, so callers parse it in the sandboxed child, with `sandbox_child`.
"""

from __future__ import annotations

from newsletter.errors import ReadError
from newsletter.ingest.parsing.compose import compose
from newsletter.ingest.parsing.excerpt import without_page
from newsletter.ingest.parsing.formats.open_item import open_item
from newsletter.model.brief import Brief, RawItem, ReadingRules
from subscribers.text.phrases import joined, phrase

_LONGEST_NAME = 120


def read(item: RawItem, rules: ReadingRules) -> Brief:
    """
    Parse *item* into a brief. If its page cannot be read, the excerpt is used.

    Raises:
        ReadError: it contains no brief; the message names the item and says what to do.
    """
    if item.page is not None:
        try:
            return _read(item, rules)
        except ReadError:
            item = without_page(item)
    return _read(item, rules)


def _read(item: RawItem, rules: ReadingRules) -> Brief:
    try:
        return compose(item, open_item(item, rules), rules)
    except ReadError as error:
        name = " ".join((item.url or item.key).split())[:_LONGEST_NAME]
        raise ReadError(joined(": ", [name, str(error)])) from error
    except RecursionError as error:
        raise ReadError(
            phrase("{name}: nested too deeply to be read", name=item.key[:_LONGEST_NAME])
        ) from error
