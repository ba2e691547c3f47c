"""
Writes of many kinds for the API, each of which would show if it was done twice.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

ADA = "ada@example.org"
_SIDE = 64


@dataclass(frozen=True, kw_only=True)
class Write:
    """
    A write, and the name of its `action` in the audit trail. `in_steps`: it has several
    transactions. A response that `has_secret` is not stored.
    """

    action: str
    path: str
    body: Any
    method: str = "POST"
    in_steps: bool = False
    has_secret: bool = False


def writes(count: int, drafts: Sequence[int]) -> list[Write]:
    """
    Return writes of each kind in turn. *drafts* are the issues that are sent.
    """
    return [_KINDS[number % len(_KINDS)](number, drafts) for number in range(count)]


def drafts_needed(count: int) -> int:
    """
    Return how many issues so many writes send.
    """
    return -(-count // len(_KINDS))


def _image(number: int) -> str:
    """
    Return a grey image with a comment of its own.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    size = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0)
    grey = zlib.compress((b"\0" + bytes((number % 256,)) * _SIDE) * _SIDE)
    parts = [chunk(b"IHDR", size), chunk(b"tEXt", b"Comment\0%d" % number), chunk(b"IDAT", grey)]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def _made(action: str, path: str, body: Callable[[int], Any], **values: Any) -> Any:
    return lambda number, _: Write(action=action, path=path, body=body(number), **values)


def _send(number: int, drafts: Sequence[int]) -> Write:
    path = f"/issues/{drafts[number // len(_KINDS)]}/send"
    reason = {"override_reason": "in a test"}
    return Write(action="issue.send", path=path, body=reason, in_steps=True)


_KINDS: list[Callable[[int, Sequence[int]], Write]] = [
    _made("subscriber.note", f"/subscribers/{ADA}/notes", lambda n: {"text": f"note {n}"}),
    _made("list.add", "/lists", lambda n: {"slug": f"list-{n}", "name": f"List {n}"}),
    _made(
        "subscriber.make",
        "/subscribers",
        lambda n: {"address": f"p{n}@example.org", "lists": ["daily"]},
    ),
    _made(
        "people.upsert",
        "/bulk/subscribers",
        lambda n: {
            "list": "daily",
            "rows": [{"address": f"b{n}-{k}@example.org"} for k in "abcde"],
        },
    ),
    _made("segment.add", "/segments", lambda n: {"name": f"segment-{n}", "rule": "tag is set"}),
    _made("field.add", "/fields", lambda n: {"name": f"field_{n}", "type": "text"}),
    _made("subscriber.tag", f"/subscribers/{ADA}/tags", lambda n: {"add": [f"tag-{n}"]}),
    _made("suppression.add", "/suppressions", lambda n: {"address": f"s{n}@example.com"}),
    _made(
        "suppression.import",
        "/suppressions/import",
        lambda n: {"file": {"name": "a.csv", "text": f"f{n}@example.com\n"}},
        in_steps=True,
    ),
    _made(
        "import.start",
        "/imports",
        lambda n: {
            "list": "daily",
            "consent": "in a test",
            "files": [{"name": "a.csv", "text": f"email\ni{n}@example.org\n"}],
        },
    ),
    _made(
        "source.add",
        "/sources",
        lambda n: {"name": f"site-{n}", "kind": "feed", "location": f"https://example.org/{n}/"},
    ),
    _made("brief.write", "/briefs", lambda n: {"title": f"Brief {n}", "body": "The quay."}),
    _made("media.upload", "/media", lambda n: {"content": _image(n)}),
    _made("issue.create", "/issues", lambda n: {"lists": ["few"], "subject": f"Issue {n}"}),
    _send,
    _made(
        "schedule.add",
        "/schedules",
        lambda n: {
            "name": f"schedule-{n}",
            "cron": "0 6 * * *",
            "timezone": "UTC",
            "lists": ["daily"],
            "sources": ["site"],
        },
    ),
    _made(
        "notice.send",
        "/notices",
        lambda n: {"address": f"n{n}@example.org", "subject": f"Order {n}", "text": "On its way."},
    ),
    _made("staff.invite", "/staff", lambda n: {"address": f"e{n}@example.org", "role": "author"}),
    _made(
        "webhook.add",
        "/webhooks",
        lambda n: {"name": f"hook-{n}", "url": f"https://example.org/{n}"},
        has_secret=True,
    ),
]
