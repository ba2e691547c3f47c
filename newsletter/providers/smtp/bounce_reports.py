"""
Read returned mails as events: delivery reports (RFC 3464), and complaints that a mailbox provider
forwards (RFC 5965).

An automatic reply (RFC 3834) is neither and says nothing about the delivery. The sandbox imports
this module in its child process, because the standard library needs long for some hostile mails.
"""

from __future__ import annotations

import base64
import datetime as dt
import email
import email.utils
from collections.abc import Callable, Mapping
from email.message import Message
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.refusals import complaint_kind, refusal_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.smtp.verp import ReturnPaths

# Takes a mail in base64, and returns what `parse_bounce` does.
ParseBounce = Callable[[str], Mapping[str, Any]]
BOUNCE_MODULES = ("newsletter.providers.smtp.bounce_reports",)
PARSE_BOUNCE = f"{BOUNCE_MODULES[0]}:parse_bounce"
# The headers that may hold the address a mail was delivered to.
_HEADERS = ("To", "Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To")


def read_bounce(raw: bytes, paths: ReturnPaths, parse: ParseBounce) -> list[Event]:
    """
    Return the event that the mail *raw* reports; *parse* is `parse_bounce`, in the sandbox.

    Return no event if *raw* was not sent to one of our return paths and is not a complaint about a
    mail from one.
    """
    # Anybody can write to this address, and parsing a hostile mail takes long. Without one of our
    # signatures somewhere in it, it is not parsed.
    if not paths.label_in(raw.decode("latin-1")):
        return []
    found = parse(base64.b64encode(raw).decode("ascii"))
    label = paths.label_in(found["addresses"]) or paths.label_in(found["complained_of"])
    event = found["event"]
    if not label or event is None:
        return []
    at = dt.datetime.fromisoformat(event["at"]) if event["at"] else None
    return [Event(kind=EventKind(event["kind"]), at=at, label=label, detail=event["detail"])]


def parse_bounce(raw: str) -> dict[str, Any]:
    """
    Parse a returned mail, in base64, to JSON values: the addresses that may be our return path, and
    what it reports (None if nothing).
    """
    mail = email.message_from_bytes(base64.b64decode(raw))
    events = (_event(part, mail) for part in mail.walk())
    return {
        "addresses": _addresses(mail),
        "complained_of": _senders_complained_of(mail),
        "event": next((event for event in events if event is not None), None),
    }


def _event(part: Message, mail: Message) -> dict[str, str | None] | None:
    kind = part.get_content_type()
    if kind == "message/feedback-report":
        types = [_field(block, "Feedback-Type") for block in _blocks(part)]
        complaint = next((complaint_kind(type_) for type_ in types if type_), None)
        return _as_json(complaint, _moment(mail["Date"])) if complaint else None
    if kind == "message/delivery-status":
        events = (_recipient_event(block, mail) for block in _blocks(part))
        return next((event for event in events if event is not None), None)
    return None


def _as_json(kind: EventKind, at: dt.datetime | None, detail: str = "") -> dict[str, str | None]:
    return {"kind": kind, "at": at.isoformat() if at else None, "detail": detail}


def _recipient_event(block: Message, mail: Message) -> dict[str, str | None] | None:
    """
    Return the event in the fields of one recipient; None if *block* is about the whole message.
    """
    diagnostic = f"{_field(block, 'Status')} {_field(block, 'Diagnostic-Code')}"
    kind = _kind(_field(block, "Action").lower(), diagnostic)
    at = _moment(block["Last-Attempt-Date"]) or _moment(mail["Date"])
    return _as_json(kind, at, redacted_line(diagnostic)) if kind else None


def _kind(action: str, diagnostic: str) -> EventKind | None:
    if action == "failed":
        return refusal_kind(diagnostic)
    # "relayed" and "expanded" only say that the next server accepted the mail.
    return {"delayed": EventKind.DEFERRED, "delivered": EventKind.DELIVERED}.get(action)


def _blocks(part: Message) -> list[Message]:
    """
    Return the groups of fields in a report, which the parser represents as messages.
    """
    payload = part.get_payload()
    return (
        [block for block in payload if isinstance(block, Message)]
        if isinstance(payload, list)
        else []
    )


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _addresses(mail: Message) -> str:
    return " ".join(str(value) for name in _HEADERS for value in mail.get_all(name, ()))


def _senders_complained_of(mail: Message) -> str:
    """
    Return the envelope sender of the mail that a complaint is about (RFC 5965 section 3.2).

    A complaint is sent to the address registered for complaints, not to a return path.
    """
    reports = (p for p in mail.walk() if p.get_content_type() == "message/feedback-report")
    return " ".join(
        _field(block, "Original-Mail-From") for part in reports for block in _blocks(part)
    )


def _moment(date: object) -> dt.datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(str(date))
        return at.astimezone(dt.UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
