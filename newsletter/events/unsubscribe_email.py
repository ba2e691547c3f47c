"""
Read the emails by which mail programs unsubscribe, the second way in List-Unsubscribe (RFC 2369).

The signed token of the link is the email's subject, or a tag in the address that it was sent to.
Only the headers are read, and no more of them than a mail program writes.
"""

from __future__ import annotations

import email
import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

from subscribers.errors import BadToken
from subscribers.tokens import KeyRing

_MAX_HEADER_BYTES = 64 * 1024
_MAX_VALUE_CHARS = 1000
_HEADERS = ("Subject", "To", "Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To")
# As long as a token can be.
_TOKEN = re.compile(r"(?<![\w-])[\w-]{24,34}(?![\w-])", re.ASCII)
# Mail programs that unsubscribe by themselves may call that generated, but it is no reply.
_AUTOMATIC = ("auto-replied", "auto-notified")
_BULK = ("auto_reply", "bulk", "junk")


def subscription_in(raw: bytes, keys: KeyRing, purpose: str) -> int | None:
    """
    Return the number in the first token that was signed for *purpose* in the headers of the mail
    *raw*. None if it has no such token, or is an automatic reply or a report.
    """
    head = re.split(rb"\r?\n\r?\n", raw[:_MAX_HEADER_BYTES], maxsplit=1)[0]
    mail = email.message_from_bytes(head)
    if _is_automatic(mail):
        return None
    for name in _HEADERS:
        for value in mail.get_all(name, ())[:2]:
            for found in _TOKEN.finditer(_decoded(str(value)[:_MAX_VALUE_CHARS])):
                try:
                    return keys.read(purpose, found[0])
                except BadToken:
                    continue
    return None


def _is_automatic(mail: Message) -> bool:
    return (
        mail.get_content_type() in ("multipart/report", "message/delivery-status")
        or _first_word(mail, "Auto-Submitted") in _AUTOMATIC
        or _first_word(mail, "Precedence") in _BULK
        or _first_word(mail, "Return-Path") == "<>"
        or "X-Autoreply" in mail
        or "X-Autorespond" in mail
    )


def _first_word(mail: Message, name: str) -> str:
    words = re.split(r"[\s;(]", str(mail.get(name, "")).strip()[:_MAX_VALUE_CHARS], maxsplit=1)
    return words[0].lower()


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value
