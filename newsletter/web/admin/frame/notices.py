"""
What the next page says once: that something was saved, or what became of it. A form answers with a
redirect, so the text travels in a cookie, signed for the session.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from subscribers.tokens import KeyRing

_MOST_BYTES = 2_000
# Browsers keep cookies of 4 KB, which base64 takes a third of.
_MOST_UNDO_BYTES = 700


@dataclass(frozen=True, kw_only=True)
class Undo:
    """
    The form that takes back what was done: where it is sent, and its fields.
    """

    path: str
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class NextLink:
    """
    A link to what comes next.
    """

    path: str
    label: str


@dataclass(frozen=True, kw_only=True)
class PageNotice:
    """
    A sentence that is shown once, and what comes then. `kind` is "good", "warn" or "bad".
    """

    text: str
    kind: str = "good"
    undo: Undo | None = None
    then: NextLink | None = None


def pack_notice(keys: KeyRing, session: str, notice: PageNotice) -> str:
    """
    Return what the cookie holds. *session* is the cookie of the session that will see it. What does
    not fit into a cookie is left out.
    """
    text = notice.text.encode()[:_MOST_BYTES].decode(errors="ignore")
    undo = notice.undo
    if undo is not None and len("".join(undo.values.values()).encode()) > _MOST_UNDO_BYTES:
        undo = None
    body = json.dumps(asdict(replace(notice, text=text, undo=undo)), ensure_ascii=False)
    coded = base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")
    return f"{coded}.{_signatures(keys, session, coded)[0]}"


def unpack_notice(keys: KeyRing, session: str, value: str) -> PageNotice | None:
    """
    Return the notice that the cookie holds, or None if it is not genuine.
    """
    coded, _, signature = value.partition(".")
    given = signature.encode("utf-8", "replace")
    known = _signatures(keys, session, coded)
    if not sum(hmac.compare_digest(given, each.encode()) for each in known):
        return None
    try:
        body = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
        values = json.loads(body)
        undo = Undo(**values["undo"]) if values.get("undo") else None
        then = NextLink(**values["then"]) if values.get("then") else None
        return PageNotice(**{**values, "undo": undo, "then": then})
    except (binascii.Error, ValueError, TypeError):
        return None


def _signatures(keys: KeyRing, session: str, coded: str) -> list[str]:
    return list(keys.words(f"notice\0{session}\0{coded}"))
