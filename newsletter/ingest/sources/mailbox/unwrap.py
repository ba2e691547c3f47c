"""
Remove what people and mail programs wrap around a brief: the note above a forward, forwarded
headers, quoted replies, signatures and legal notices. `message` uses it.

It works on lines: those of a text part, or the blocks of an HTML part, each with its text.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

_PREFIX = re.compile(
    r"^\s*(?:(?P<forward>fwd?|wg|tr|i)|(?P<reply>re|aw|ré|sv|antw))(?:\[\d+\])?\s?:\s*", re.I
)
_FROM = re.compile(r"^[\s*]*(?:from|von|de)\s?:[\s*]*\S", re.IGNORECASE)
_SUBJECT = re.compile(r"^[\s*]*(?:subject|betreff|objet)\s?:", re.IGNORECASE)
_SENT = re.compile(r"^[\s*]*(?:sent|date|gesendet|datum|envoyé)\s?:", re.IGNORECASE)
_FIELD = re.compile(
    r"^[\s*]*(?:from|von|de|sent|date|gesendet|datum|envoyé|to|an|à|cc|bcc|reply-to"
    r"|importance|attachments|subject|betreff|objet)\s?:",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"^\s*(?:-{2,}\s?(?:forwarded message|original message|weitergeleitete nachricht"
    r"|ursprüngliche nachricht|message transféré|message d.origine)\s?-{2,}"
    r"|begin forwarded message:|_{10,})\s*$",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"^\s*(?:On|Am|Le)\b.{10,200}(?:\bwrote|\bschrieb\b.{0,60}|\ba écrit)\s?:\s*$", re.DOTALL
)
_NOTICE = re.compile(
    r"^\W*(?:(?:e-?mail )?(?:confidentiality|legal) (?:notice|note|disclaimer)\b|disclaimer\s?:"
    r"|this (?:e-?mail|message|communication)\b.{0,80}\b(?:confidential|privileged|intended)\b"
    r"|the information (?:contained )?in this (?:e-?mail|message)\b"
    r"|diese (?:e-?mail|nachricht) .{0,40}vertraulich|sent from my \w+\W*$|get outlook for )",
    re.IGNORECASE,
)
_HEADER_LINES = 10
_LONGEST_NOTE = 400
_SIGNATURE_LINES = 20
_MOST_LAYERS = 5


class Carried(enum.Enum):
    """
    What a mail is, according to its subject.
    """

    NEW = "new"
    FORWARD = "forward"
    REPLY = "reply"


@dataclass(frozen=True)
class Line:
    """
    One line: its markup, which is kept, and its text, which the rules look at.
    """

    markup: str
    text: str


def split_subject(subject: str) -> tuple[Carried, str]:
    """
    Return what the outermost prefix of *subject* says, and the subject without prefixes: `Fw: Re:
    x` is a forward of `x`.
    """
    carried = Carried.NEW
    while found := _PREFIX.match(subject):
        if carried is Carried.NEW:
            carried = Carried.FORWARD if found["forward"] else Carried.REPLY
        subject = subject[found.end() :]
    return carried, subject.strip()


def header_in(lines: Sequence[Line]) -> range | None:
    """
    Find the first header block of another mail in *lines*, including the marker above it.
    """
    for start, line in enumerate(lines):
        if _FROM.match(line.text) and (stop := _end_of_header(lines, start)):
            return range(_with_marker(lines, start), stop)
    return None


def _end_of_header(lines: Sequence[Line], start: int) -> int | None:
    stop, found = start, set()
    for index, line in enumerate(lines[start : start + _HEADER_LINES], start=start):
        if not line.text.strip():
            break
        if _FIELD.match(line.text):
            stop = index + 1
        found |= {name for name in (_SUBJECT, _SENT) if name.match(line.text)}
    return stop if len(found) == 2 else None


def _with_marker(lines: Sequence[Line], start: int) -> int:
    above = start - 1
    while above >= 0 and not lines[above].text.strip():
        above -= 1
    return above if above >= 0 and _MARKER.match(lines[above].text) else start


def unwrapped(lines: Sequence[Line], carried: Carried) -> list[Line]:
    """
    Return the lines of the brief itself: for a forward, what was forwarded; for a reply, the new
    text.
    """
    kept = list(lines)
    for _ in range(_MOST_LAYERS):
        header = header_in(kept)
        if header is None:
            break
        above, below = kept[: header.start], kept[header.stop :]
        is_forward = carried is Carried.FORWARD or (carried is Carried.NEW and _is_note(above))
        if not is_forward or not _has_text(below):
            kept = above
            break
        # In the forwarded mail, another header block is a forward only if the note above is short.
        kept, carried = below, Carried.NEW
    return _without_end(kept)


def _is_note(lines: Sequence[Line]) -> bool:
    return sum(len(line.text.strip()) for line in lines) <= _LONGEST_NOTE


def _has_text(lines: Sequence[Line]) -> bool:
    return any(line.text.strip() for line in lines)


def _without_end(lines: list[Line]) -> list[Line]:
    """
    Return *lines* up to the signature, the quoted reply or the legal notice, whichever is first.
    """
    for index, line in enumerate(lines):
        following = lines[index + 1 : index + 2]
        two = "\n".join([line.text, *(after.text for after in following)])
        is_end = (
            _is_signature(lines, index)
            or _NOTICE.match(line.text)
            or _WROTE.match(line.text)
            or _WROTE.match(two)
        )
        if is_end and _has_text(lines[:index]):
            return lines[:index]
    stop = len(lines)
    while stop and (lines[stop - 1].text.startswith(">") or _is_blank(lines[stop - 1])):
        stop -= 1
    return lines[:stop]


def _is_blank(line: Line) -> bool:
    return not line.text.strip() and "<img" not in line.markup


def _is_signature(lines: Sequence[Line], index: int) -> bool:
    # RFC 3676, 4.3; some programs remove the space after the two dashes.
    return lines[index].text.rstrip() == "--" and len(lines) - index <= _SIGNATURE_LINES
