"""
The part of `parsing` that runs in the sandboxed child process: `sandbox` imports this module there,
warms it up, and passes it items as JSON.
"""

from __future__ import annotations

import zoneinfo
from typing import Any

from newsletter.errors import ReadError
from newsletter.ingest.parsing.fields import calendar_names, dates, language
from newsletter.ingest.parsing.read import read
from newsletter.model.brief import MediaType, RawItem, ReadingRules
from subscribers.text.phrases import pack_text, phrase

_WARM = {
    MediaType.TEXT: "5 March 2019\n\nA: b\n\n• c\n• d\n\nOne – two. https://example.org/",
    MediaType.MARKDOWN: "---\ndate: 2019-03-05\n---\n# A\n\n- b\n\n[c](/d) [^1]\n\n[^1]: e",
    MediaType.HTML: "<p>a&nbsp;b</p><video src='/c.mp4' poster='/d.jpg'></video>[video]",
    MediaType.HTML_PAGE: "<html><title>a</title><article><p>b c d e f g h i j k l</p></article>",
}


def warm_up() -> None:
    """
    Load everything that is loaded on first use, since no file can be opened afterwards.
    """
    for name in zoneinfo.available_timezones():
        dates.zone(name)
    calendar_names.load_names()
    language.language_of("The model of all languages is loaded.")
    for front in ("+++\na = 1\n+++\nb", '{"title": "a"}\nb', "---\na: [\n---\nb"):
        read_many([_item(MediaType.MARKDOWN, front)], {})
    for media_type, content in _WARM.items():
        read_many([_item(media_type, content)], {})


def _item(media_type: MediaType, content: str) -> dict[str, Any]:
    item = RawItem(
        key="warm-up", content=content, media_type=media_type, url="https://example.org/a"
    )
    return item.as_json()


def read_many(items: list[dict[str, Any]], rules: dict[str, Any]) -> list[dict[str, Any]]:
    """
    Parse *items* and return `{"brief": ...}` or `{"error": a packed line}` for each, in order.
    """
    how = ReadingRules.from_json(rules)
    return [_read_one(item, how) for item in items]


def _read_one(values: dict[str, Any], rules: ReadingRules) -> dict[str, Any]:
    item = RawItem.from_json(values)
    try:
        return {"brief": read(item, rules).as_json()}
    except ReadError as error:
        return {"error": pack_text(str(error))}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        # An item that a parser fails on must not affect the others of its poll.
        text = phrase(
            "{name}: cannot be read as a brief ({error})",
            name=item.key[:120],
            error=type(error).__name__,
        )
        return {"error": pack_text(text)}
