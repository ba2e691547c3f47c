"""
Divide long lists into pages. A cursor names the last item of a page by its key, so items that are
added or removed in the meantime neither repeat nor hide another item.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

import orjson
from fastapi import Query

from newsletter.model.schedule import Order
from newsletter.web.api.refusals.problems import Problem, ProblemType, ValueProblem
from subscribers.tokens import KeyRing

MOST = 1_000
_PURPOSE = "cursor of the API"
_MAC_BYTES = 12
_NOT_PART = ("cursor", "limit")

Limit = Annotated[int, Query(ge=1, le=MOST, description="The most items in one page")]
CursorText = Annotated[
    str | None,
    Query(max_length=500, description="The `next` of the page before; leave it out at first"),
]

ByAge = Annotated[Order, Query(description="By when they were made")]
Total = Annotated[bool, Query(description="Count all that match, too")]


class Cursors:
    """
    Makes and reads the cursors of one installation. A cursor belongs to one address with all its
    filters.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    def make(self, path: str, query: str, key: int | str) -> str:
        """
        Return the cursor behind the item with that key.
        """
        payload = orjson.dumps(key)
        mac = self._macs(_scope(path, query), payload)[0]
        return base64.urlsafe_b64encode(mac + payload).decode().rstrip("=")

    def read(self, path: str, query: str, text: str) -> Any:
        """
        Return the key in a cursor.

        Raises:
            Problem: it was not made here for this list.
        """
        raw = _decode(text)
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        macs = self._macs(_scope(path, query), payload)
        if not any(hmac.compare_digest(mac, each) for each in macs):
            detail = "this cursor is damaged, or of another list: begin again without one"
            place = ValueProblem(detail=detail, parameter="cursor")
            raise Problem(kind=ProblemType.INVALID, detail=detail, errors=[place])
        return orjson.loads(payload)

    def _macs(self, scope: str, payload: bytes) -> Sequence[bytes]:
        text = scope.encode("utf-8", "surrogatepass") + b"\0" + payload
        words = self.keys.words(_PURPOSE)
        return [hmac.digest(word.encode(), text, "sha256")[:_MAC_BYTES] for word in words]


def next_page(path: str, query: str, cursor: str, limit: int) -> str:
    """
    Return the value of the header Link that leads to the next page.
    """
    kept = [pair for pair in _pairs(query) if pair[0] not in _NOT_PART]
    target = urlencode([*kept, ("limit", str(limit)), ("cursor", cursor)])
    return f'<{path}?{target}>; rel="next"'


def _scope(path: str, query: str) -> str:
    kept = sorted(pair for pair in _pairs(query) if pair[0] not in _NOT_PART)
    return f"{path}?{urlencode(kept)}"


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return b""
