"""
What a sandbox returned, kept for the same call: a page that shows an email renders what another
page has just rendered.

The child has nothing to go by but the function and its arguments, and these are the key. So a
result is never out of date: whatever it depends on is another call.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from typing import Any


class KeptResults:
    """
    The results of calls, at most *most_bytes* of them; those that were not asked for longest go
    first. An error is not kept, because a busy machine may have been the reason.
    """

    def __init__(self, most_bytes: int = 8 * 2**20) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        # As JSON: nobody changes what somebody else was given.
        self._found: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0

    def find(self, call: bytes) -> dict[str, Any] | None:
        """
        Return what the *call*, in JSON, returned; None if that is not kept.
        """
        key = _key_of(call)
        with self._lock:
            data = self._found.get(key)
            if data is None:
                return None
            self._found.move_to_end(key)
        return {"ok": json.loads(data)}

    def keep(self, call: bytes, result: dict[str, Any]) -> None:
        """
        Keep the *result* of a call unless it is an error.
        """
        if "ok" not in result:
            return
        key, data = _key_of(call), json.dumps(result["ok"]).encode("ascii")
        with self._lock:
            self._drop(key)
            self._found[key] = data
            self._bytes += len(data)
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._found)))

    def _drop(self, key: bytes) -> None:
        self._bytes -= len(self._found.pop(key, b""))


def _key_of(call: bytes) -> bytes:
    return hashlib.sha256(call).digest()
