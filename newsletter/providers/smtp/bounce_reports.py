"""
Read returned mails as events: delivery reports (RFC 3464), and complaints that a mailbox provider
forwards (RFC 5965).

An automatic reply (RFC 3834) is neither and says nothing about the delivery. Pure.
"""

from __future__ import annotations

import datetime as dt
import email
import email.utils
from email.message import Message

from newsletter.model.event import Event, EventKind
from newsletter.providers.refusals import complaint_kind, refusal_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.smtp.verp import ReturnPaths

# The headers that may hold the address a mail was delivered to.
_HEADERS = ("To", "Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To")


def read_bounce(raw: bytes, paths: ReturnPaths) -> list[Event]:
    """
    Return the event that the mail *raw* reports.

    Return no event if *raw* was not sent to one of our return paths and is not a complaint about a
    mail from one.
    """
    # Anybody can write to this address, and parsing a hostile mail takes long. Without one of our
    # signatures somewhere in it, it is not parsed.
    if not paths.label_in(raw.decode("latin-1")):
        return []
    mail = email.message_from_bytes(raw)
    label = paths.label_in(_addresses(mail)) or paths.label_in(_senders_complained_of(mail))
    events = (_event(part, mail, label) for part in mail.walk()) if label else ()
    return [event for event in events if event is not None][:1]


def _event(part: Message, mail: Message, label: str) -> Event | None:
    kind = part.get_content_type()
    if kind == "message/feedback-report":
        types = [_field(block, "Feedback-Type") for block in _blocks(part)]
        complaint = next((complaint_kind(type_) for type_ in types if type_), None)
        at = _moment(mail["Date"])
        return Event(kind=complaint, at=at, label=label) if complaint else None
    if kind == "message/delivery-status":
        events = (_recipient_event(block, mail, label) for block in _blocks(part))
        return next((event for event in events if event is not None), None)
    return None


def _recipient_event(block: Message, mail: Message, label: str) -> Event | None:
    """
    Return the event in the fields of one recipient; None if *block* is about the whole message.
    """
    diagnostic = f"{_field(block, 'Status')} {_field(block, 'Diagnostic-Code')}"
    kind = _kind(_field(block, "Action").lower(), diagnostic)
    at = _moment(block["Last-Attempt-Date"]) or _moment(mail["Date"])
    return Event(kind=kind, at=at, label=label, detail=redacted_line(diagnostic)) if kind else None


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
