"""
Encode a mail as MIME once, with gaps for its marks, for providers that accept whole messages: a
recipient's message is then one join of bytes.

Quoted-printable allows a soft line break anywhere (RFC 2045 section 6.7, rule 5). Each value has
one before and after it, so that it does not change the line breaks of the text around it.
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.mail.merge.fields import CompiledMail
from newsletter.mail.merge.fragments import escape_in_tag, escape_in_text
from newsletter.mail.mime.message import header_block, part_headers
from newsletter.model.mail import Message, Recipient

_SOFT_LINE_BREAK = b"=\r\n"
_PLAIN = re.compile(r"(?!\.)[ !-<>-~]{0,75}")
_FIRST_DOTS = re.compile(rb"^\.+", re.MULTILINE)
# The number of a field, and the function that escapes its value.
Slot = tuple[int, Callable[[str], str]]


class MimeCopy(NamedTuple):
    """
    One recipient's message with CRLF line ends: its header block and its body, without the empty
    line between them.
    """

    header_block: bytes
    body: bytes

    @property
    def parts(self) -> tuple[bytes, bytes, bytes]:
        """
        The three parts that make the whole message, in order.
        """
        return self.header_block, b"\r\n", self.body


@dataclass(frozen=True)
class MimeMail:
    """
    An encoded mail, its body split into `chunks`.

    `slots` has a place in `chunks` and its value; `used` has each of these values once.
    """

    compiled: CompiledMail
    boundary: str
    chunks: tuple[bytes, ...]
    slots: tuple[tuple[int, Slot], ...]
    used: tuple[Slot, ...]

    def fill(
        self,
        recipient: Recipient,
        *,
        date: dt.datetime,
        more_headers: Iterable[tuple[str, str]] = (),
    ) -> MimeCopy:
        """
        Fill the message of *recipient*; the same input gives the same bytes. *more_headers* follow
        those of the mail.

        Raises:
            MergeError: a field has no value, or an address or header contains a character that is
                not allowed.
        """
        values = self.compiled.values_of(recipient)
        mail = self.compiled.mail
        subject, headers = self.compiled.subject_and_headers(values)
        headers += tuple(more_headers)
        message = Message(recipient, subject, "", "", mail.sender, mail.reply_to, headers)
        encoded = {slot: _encode_value(slot[1](values[slot[0]])) for slot in self.used}
        chunks = list(self.chunks)
        for place, slot in self.slots:
            chunks[place] = encoded[slot]
        return MimeCopy(header_block(message, date=date, boundary=self.boundary), b"".join(chunks))


def to_mime_copies(compiled: CompiledMail) -> MimeMail:
    """
    Encode both parts of the mail.
    """
    mail = compiled.mail
    # Quoted-printable never contains "=_", so no part contains the boundary (RFC 2045 section 6.7).
    digest = hashlib.sha256(f"{mail.nonce}\n{mail.subject}\n{mail.text}".encode()).hexdigest()
    boundary = f"=_{digest[:24]}"
    delimiter = f"--{boundary}".encode()
    body = _BodyWriter()
    body.add(delimiter + b"\r\n" + part_headers("plain"))
    body.add_text(compiled.text.texts, _slots(compiled.text.slots, str))
    body.add(b"\r\n" + delimiter + b"\r\n" + part_headers("html"))
    body.add_text(
        compiled.html.texts,
        _slots(compiled.html.in_text, escape_in_text)
        | _slots(compiled.html.in_tags, escape_in_tag),
    )
    body.add(b"\r\n" + delimiter + b"--\r\n")
    used = tuple(dict.fromkeys(slot for _, slot in body.slots))
    return MimeMail(compiled, boundary, tuple(body.chunks), tuple(body.slots), used)


def _slots(slots: tuple[tuple[int, int], ...], escape: Callable[[str], str]) -> dict[int, Slot]:
    return {place: (number, escape) for place, number in slots}


class _BodyWriter:
    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.slots: list[tuple[int, Slot]] = []

    def add(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    def add_text(self, texts: tuple[str, ...], slots: Mapping[int, Slot]) -> None:
        """
        Add the text of a part, split at its marks.
        """
        for place, text in enumerate(texts):
            if place in slots:
                self.slots.append((len(self.chunks), slots[place]))
                self.add(b"")
            else:
                is_last = place == len(texts) - 1
                self.add(_encode(text) if is_last else _encode_open_ended(text))


def _encode_value(value: str) -> bytes:
    # Most values are names or links, which need no encoding.
    if _PLAIN.fullmatch(value):
        return value.encode("ascii") + _SOFT_LINE_BREAK
    return _encode_open_ended(value)


def _encode_open_ended(text: str) -> bytes:
    """
    Encode *text* in quoted-printable, with a soft line break at its end.

    A letter takes the place of the break while lines are broken: it keeps the last line within 76
    characters, and a trailing space stays a space.
    """
    return _encode(text + "X")[:-1] + _SOFT_LINE_BREAK


def _encode(text: str) -> bytes:
    """
    Encode *text* in quoted-printable, without a line that starts with a dot.

    SMTP would have to double such a dot (RFC 5321 section 4.5.2), and searching for one takes
    longer than everything else.
    """
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    broken = binascii.b2a_qp(unix, istext=True)
    dotless = _FIRST_DOTS.sub(lambda dots: b"=2E=\n" * len(dots[0]), broken)
    return dotless.replace(b"\n", b"\r\n")
