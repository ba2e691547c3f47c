"""
Recognise the mails that contain no brief: automatic replies, bounces, our own, invitations and the
digests of mailing lists. `source` uses it.
"""

from __future__ import annotations

from collections.abc import Collection
from email.message import EmailMessage

from newsletter.ingest.sources.mailbox import parts
from newsletter.ingest.sources.mailbox.announcements import header_line
from newsletter.ingest.sources.mailbox.headers import header

# RFC 1153: the line below the contents, and the one between two messages.
_BELOW_CONTENTS = "-" * 70
_BETWEEN_MESSAGES = "-" * 30
_MOST_LINES = 2000
_HEAD_OF_MESSAGE = 4


def why_no_brief(message: EmailMessage, own_lists: Collection[str]) -> str | None:
    """
    Return why *message* is not a brief: an automatic reply (RFC 3834 section 5), a bounce
    (RFC 3464), a mail of our own (RFC 2919), an invitation (RFC 6047) or a digest (RFC 1153). None
    if it may be one.
    """
    automatic = (header(message, "Auto-Submitted") or "no").partition(";")[0].strip()
    if automatic.casefold() != "no":
        return "an automatic reply"
    is_bounce = (header(message, "Return-Path") or "-").strip() == "<>"
    kind = (header(message, "Content-Type") or "").strip().casefold()
    if is_bounce or kind.startswith("multipart/report"):
        return "a bounce"
    list_id = (header(message, "List-Id") or "").rpartition("<")[2].rstrip("> ").casefold()
    ours = {own.strip("<>").casefold() for own in own_lists}
    if list_id in ours:
        return "one of this newsletter's own emails"
    if _has_part(message, "text/calendar"):
        return "an invitation"
    if _has_part(message, "multipart/digest") or _is_digest(message):
        return "a digest of a mailing list"
    return None


def _has_part(message: EmailMessage, kind: str) -> bool:
    """
    Return True if a part of that *kind* is in *message* itself, not a file attached to it.
    """
    try:
        return any(
            part.get_content_type() == kind and part.get_content_disposition() != "attachment"
            for part in message.walk()
        )
    # A malformed header can raise almost any exception (cpython #81284).
    except Exception:
        return False


def _is_digest(message: EmailMessage) -> bool:
    lines = parts.text_of(message, "plain", {}).text.split("\n", _MOST_LINES)[:_MOST_LINES]
    lines = [line.strip() for line in lines]
    if _BELOW_CONTENTS not in lines:
        return False
    below = [line for line in lines[lines.index(_BELOW_CONTENTS) + 1 :] if line]
    has_header = any(header_line(line) for line in below[1:_HEAD_OF_MESSAGE])
    return has_header and _BETWEEN_MESSAGES in below
