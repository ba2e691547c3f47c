"""
A mail encoded for the wire once, its marks left open, for providers that are handed whole messages
a thousand a second: a reader's message is then a join of bytes. `headers` writes its head;
`merge` compiled the mail.

Quoted-printable allows a line's end that is none anywhere (RFC 2045 section 6.7, rule 5). One
stands on either side of each value, so that no value changes how the text around it was broken.
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.mail.merge.fields import CompiledMail
from newsletter.mail.merge.segments import escaped_in_tag, escaped_in_text
from newsletter.mail.mime.message import head_bytes, part_head
from newsletter.model.mail import Message, Recipient

_SOFT_END = b"=\r\n"
_PLAIN = re.compile(r"(?!\.)[ !-<>-~]{0,75}")
_FIRST_DOTS = re.compile(rb"^\.+", re.MULTILINE)
# The value of which field, escaped in which way.
Slot = tuple[int, Callable[[str], str]]


class Encoded(NamedTuple):
    """
    One reader's message, lines ended by CRLF: its head, each line of it whole, and its body. An
    empty line goes between them.
    """

    head: bytes
    body: bytes

    @property
    def parts(self) -> tuple[bytes, bytes, bytes]:
        """
        What makes the whole message, one behind the other.
        """
        return self.head, b"\r\n", self.body


@dataclass(frozen=True)
class EncodedMail:
    """
    The body cut into `pieces`, where each of `slots` says what goes to which place of them; `used`
    has each of those values once.
    """

    compiled: CompiledMail
    boundary: str
    pieces: tuple[bytes, ...]
    slots: tuple[tuple[int, Slot], ...]
    used: tuple[Slot, ...]

    def fill(self, recipient: Recipient, *, date: dt.datetime) -> Encoded:
        """
        The message of *recipient*; the same in gives the same out.

        Raises:
            MergeError: a field has no value, or an address or header holds what none may hold.
        """
        values = self.compiled.values_of(recipient)
        mail = self.compiled.mail
        subject, headers = self.compiled.heads(values)
        message = Message(recipient, subject, "", "", mail.sender, mail.reply_to, headers)
        quoted = {slot: _quoted_value(slot[1](values[slot[0]])) for slot in self.used}
        pieces = list(self.pieces)
        for place, slot in self.slots:
            pieces[place] = quoted[slot]
        return Encoded(head_bytes(message, date=date, boundary=self.boundary), b"".join(pieces))


def encode(compiled: CompiledMail) -> EncodedMail:
    """
    The mail with both of its parts encoded.
    """
    mail = compiled.mail
    # Quoted-printable never holds "=_", so no part can hold the boundary (RFC 2045 section 6.7).
    digest = hashlib.sha256(f"{mail.nonce}\n{mail.subject}\n{mail.text}".encode()).hexdigest()
    boundary = f"=_{digest[:24]}"
    delimiter = f"--{boundary}".encode()
    body = _Body()
    body.add(delimiter + b"\r\n" + part_head("plain"))
    body.add_text(compiled.text.pieces, _slots(compiled.text.slots, str))
    body.add(b"\r\n" + delimiter + b"\r\n" + part_head("html"))
    body.add_text(
        compiled.html.pieces,
        _slots(compiled.html.in_text, escaped_in_text)
        | _slots(compiled.html.in_tags, escaped_in_tag),
    )
    body.add(b"\r\n" + delimiter + b"--\r\n")
    used = tuple(dict.fromkeys(slot for _, slot in body.slots))
    return EncodedMail(compiled, boundary, tuple(body.pieces), tuple(body.slots), used)


def _slots(slots: tuple[tuple[int, int], ...], escape: Callable[[str], str]) -> dict[int, Slot]:
    return {place: (number, escape) for place, number in slots}


class _Body:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.slots: list[tuple[int, Slot]] = []

    def add(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def add_text(self, pieces: tuple[str, ...], slots: Mapping[int, Slot]) -> None:
        """
        A part's text, cut at its marks.
        """
        for place, piece in enumerate(pieces):
            if place in slots:
                self.slots.append((len(self.pieces), slots[place]))
                self.add(b"")
            else:
                is_last = place == len(pieces) - 1
                self.add(_quoted(piece) if is_last else _open_ended(piece))


def _quoted_value(value: str) -> bytes:
    # Most are a name or a link, which stand for themselves.
    if _PLAIN.fullmatch(value):
        return value.encode("ascii") + _SOFT_END
    return _open_ended(value)


def _open_ended(text: str) -> bytes:
    """
    *text* in quoted-printable with a line's end that is none behind it. The letter in its place
    while the lines are broken keeps the last one at 76 characters, and a space before it a space.
    """
    return _quoted(text + "X")[:-1] + _SOFT_END


def _quoted(text: str) -> bytes:
    """
    *text* in quoted-printable, no line of which begins with a dot: SMTP would have to double it
    (RFC 5321 section 4.5.2), and looking for one takes longer than all else.
    """
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    broken = binascii.b2a_qp(unix, istext=True)
    dotless = _FIRST_DOTS.sub(lambda dots: b"=2E=\n" * len(dots[0]), broken)
    return dotless.replace(b"\n", b"\r\n")
