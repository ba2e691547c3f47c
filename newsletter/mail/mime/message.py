"""
Encode a message as bytes: headers that decode to the same text, and two quoted-printable parts.

The headers are written here and not by `email.policy`: it encodes a List-Unsubscribe URL of 77
characters or more as =?utf-8?q?...?=, which breaks one-click unsubscribe
(https://github.com/python/cpython/issues/85725), and folds some subjects so that they decode to
something else (https://github.com/python/cpython/issues/144156).
"""

from __future__ import annotations

import binascii
import datetime as dt
import email.utils
import hashlib
import re
from email.header import Header

from newsletter.errors import MergeError
from newsletter.model.mail import Message

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff<>,;]")
_HEADER_NAME = re.compile(r"[!-9;-~]+")
_LINE = 76
# RFC 5322 section 2.1.1: 998 characters without CRLF.
_LONGEST_LINE = 998


def clean_text(text: str) -> str:
    """
    Make *text* fit for one header line: no control characters, single spaces (T12).
    """
    # Most values are addresses, a single word without anything to clean.
    if text.isprintable() and " " not in text:
        return text
    return " ".join(_CONTROLS.sub(" ", text).split())


def message_bytes(message: Message, *, date: dt.datetime) -> bytes:
    """
    Encode *message* as bytes with CRLF line ends; the same input gives the same bytes.

    Raises:
        MergeError: an address, a Message-ID or an extra header contains a character that is not
            allowed.
    """
    boundary = hashlib.sha256(message.recipient.message_id.encode()).hexdigest()[:24]
    parts = [_part(message.text, "plain"), _part(message.html, "html")]
    delimiter = f"\r\n--{boundary}".encode()
    headers = header_block(message, date=date, boundary=boundary)
    return headers + b"".join(delimiter + b"\r\n" + part for part in parts) + delimiter + b"--\r\n"


def header_block(message: Message, *, date: dt.datetime, boundary: str) -> bytes:
    """
    Return every header of *message*, whose parts are separated by *boundary*, with CRLF line ends.

    Raises:
        MergeError: an address, a Message-ID or an extra header contains a character that is not
            allowed.
    """
    lines = [f"{name}: {value}" for name, value in _header_lines(message, date)]
    lines.append(f'Content-Type: multipart/alternative; boundary="{boundary}"')
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _header_lines(message: Message, date: dt.datetime) -> list[tuple[str, str]]:
    recipient = message.recipient
    lines = [
        ("From", format_address(message.sender.name, message.sender.address, "From")),
        ("To", format_address(recipient.name, recipient.email, "To")),
    ]
    if message.reply_to:
        lines.append(("Reply-To", format_address("", message.reply_to, "Reply-To")))
    lines += [
        ("Subject", encode_text(message.subject, "Subject")),
        ("Message-ID", _plain("Message-ID", recipient.message_id)),
        ("Date", email.utils.format_datetime(date)),
        ("MIME-Version", "1.0"),
    ]
    return lines + [(_name(name), format_header(name, value)) for name, value in message.headers]


def encode_text(text: str, name: str) -> str:
    """
    Clean *text* and encode it as the value of header *name*.

    ASCII is folded as it is; other text becomes RFC 2047 encoded words of at most 75 characters.
    """
    text = clean_text(text)
    words = text.split(" ")
    is_plain = text.isascii() and "=?" not in text
    if is_plain and all(len(word) + len(name) + 2 <= _LINE for word in words):
        return _folded(words, len(name) + 2)
    return Header(text, "utf-8", header_name=name, maxlinelen=75).encode(linesep="\r\n")


def _folded(words: list[str], used: int) -> str:
    """
    Fold *words* to lines of at most 76 characters; the first line already has *used*.
    """
    lines, line = [], words[0]
    for word in words[1:]:
        if used + len(line) + 1 + len(word) > _LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}"
    return "\r\n ".join([*lines, line])


def format_address(name: str, address: str, header: str) -> str:
    """
    Format *name*, in ASCII, and *address* as the value of *header*, folded.

    Raises:
        MergeError: the address contains a character that is not allowed.
    """
    address = ascii_address(address, header)
    name = clean_text(name)
    if not name:
        return address
    if name.isascii() and "=?" not in name and len(name) < 60:
        escaped = name.replace("\\", r"\\").replace('"', r"\"")
        shown = f'"{escaped}"'
    else:
        shown = Header(name, "utf-8", header_name=header, maxlinelen=75).encode(linesep="\r\n")
    last = shown.rpartition("\r\n")[2]
    space = "\r\n " if len(header) + 2 + len(last) + len(address) + 3 > _LINE else " "
    return f"{shown}{space}<{address}>"


def ascii_address(address: str, header: str) -> str:
    """
    Return *address* with its domain in ASCII; *header* is named in the error.

    Raises:
        MergeError: a character is not allowed, or is not ASCII before the `@`.
    """
    local, at, domain = address.rpartition("@")
    if _NOT_IN_ADDRESS.search(address) or not at or not local or not domain:
        raise MergeError(f"{header}: the address contains a character that is not allowed")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        return f"{local.encode('ascii').decode('ascii')}@{host}"
    except UnicodeError:
        raise MergeError(f"{header}: the address is not ASCII before the @ (SMTPUTF8)") from None


def _name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise MergeError(f"{name!r} is not a valid header name")
    return name


def format_header(name: str, value: str) -> str:
    """
    Format an extra header's *value* in ASCII, folded only if it had to be encoded or has several
    URLs.

    A List-* header is never encoded.

    Raises:
        MergeError: it contains a character that is not allowed, or is too long.
    """
    if value.isascii() or name.lower().startswith("list-"):
        # Between the addresses of a List-Unsubscribe, and never within one.
        return _plain(name, value).replace(">, <", ">,\r\n <")
    if _CONTROLS.search(value):
        raise MergeError(f"{name}: the header contains control characters")
    return encode_text(value, name)


def unfold(value: str) -> str:
    """
    Return the header's *value* on one line, for providers that fold headers themselves.
    """
    return value.replace("\r\n", "")


def _plain(name: str, value: str) -> str:
    if _CONTROLS.search(value) or not value.isascii():
        raise MergeError(f"{name}: the header contains control or non-ASCII characters")
    if len(name) + 2 + len(value) > _LONGEST_LINE:
        raise MergeError(f"{name}: the header is too long, {len(value)} characters")
    return value


def _part(text: str, subtype: str) -> bytes:
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    return part_headers(subtype) + binascii.b2a_qp(unix, istext=True).replace(b"\n", b"\r\n")


def part_headers(subtype: str) -> bytes:
    """
    Return the headers of a text part in quoted-printable, with the empty line after them.
    """
    headers = (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return headers.encode("ascii")
