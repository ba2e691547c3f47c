"""
Remove what people and mail programs wrap around a brief: the note above a forward, forwarded
headers, quoted replies, signatures and legal notices. `message` uses it.

It works on lines: those of a text part, or the blocks of an HTML part, each with its text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.ingest.sources.mailbox.announcements import (
    Announcement,
    HeaderName,
    announcement_in,
    header_line,
)
from newsletter.ingest.sources.mailbox.endings import Line, without_end
from newsletter.ingest.sources.mailbox.subject import SubjectKind

_HEADER_LINES = 30
LONGEST_NOTE = 400
_MOST_LAYERS = 5
_WRAPPED = 60
# With these, a block is a header even without a marker above it.
_ENOUGH = {HeaderName.FROM, HeaderName.SUBJECT, HeaderName.DATE}
# What programs put in place of an image in the text part.
_IMAGE = re.compile(
    r"\[(?:cid:[^\]\s]{1,200}|(?:inline )?(?:image|imagen|imagem|bild|immagine|afbeelding)"
    r"\s?: [^\]]{1,200})\]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ForwardedHeader:
    """
    The header of another mail: its lines, including the marker above it, and what they state.
    """

    lines: range
    stated: dict[HeaderName, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unwrapped:
    """
    The lines of a brief, and what the header of the mail that contained it states.
    """

    lines: list[Line]
    stated: dict[HeaderName, str] = field(default_factory=dict)


def header_in(lines: Sequence[Line]) -> ForwardedHeader | None:
    """
    Find the first header block of another mail in *lines*, or a line that announces one.
    """
    for start, line in enumerate(lines):
        if header_line(line.text) is not None:
            first = _with_marker(lines, start)
            stated, stop = _header_at(lines, start)
            if _is_header(stated, is_marked=first < start):
                return ForwardedHeader(range(first, stop), stated)
        elif _is_rule_with_words(line) and not _is_label_next(lines, start):
            return ForwardedHeader(range(start, start + 1))
    return None


def _is_header(stated: dict[HeaderName, str], *, is_marked: bool) -> bool:
    if stated.keys() >= _ENOUGH:
        return True
    has_sender = HeaderName.FROM in stated and (is_marked or "@" in stated[HeaderName.FROM])
    return has_sender and len(stated.keys() - {HeaderName.OTHER}) >= (2 if is_marked else 3)


def _header_at(lines: Sequence[Line], start: int) -> tuple[dict[HeaderName, str], int]:
    """
    Return what the header block that begins at *start* states, and where it ends.
    """
    stated: dict[HeaderName, str] = {}
    stop, is_split = start, True
    for index in range(start, min(start + _HEADER_LINES, len(lines))):
        found = header_line(lines[index].text)
        if found is None:
            if _continues(lines, index):
                continue
            break
        name, value = found
        is_split = is_split and not value
        following = lines[index + 1].text.strip() if index + 1 < len(lines) else ""
        stated.setdefault(name, value or following)
        stop = index + 1
    # Each value may be a line of its own, and a long last one may be wrapped.
    is_wrapped = len(lines[stop - 1].text) >= _WRAPPED and _is_before_gap(lines, stop)
    return stated, min(stop + (is_split or is_wrapped), len(lines))


def _continues(lines: Sequence[Line], index: int) -> bool:
    """
    Return True if the line at *index* is between two lines of a header.
    """
    following = [line.text for line in lines[index + 1 : index + 4]]
    if not lines[index].text.strip():
        return bool(following) and header_line(following[0]) is not None
    return any(header_line(text) is not None for text in following[:2])


def _is_before_gap(lines: Sequence[Line], index: int) -> bool:
    texts = [line.text.strip() for line in lines[index : index + 2]]
    return len(texts) == 2 and bool(texts[0]) and not texts[1]


def _with_marker(lines: Sequence[Line], start: int) -> int:
    above = start - 1
    while above >= 0 and not lines[above].text.strip():
        above -= 1
    is_marked = above >= 0 and announcement_in(lines[above].text) in (
        Announcement.FORWARD,
        Announcement.RULE,
    )
    return above if is_marked else start


def _is_forward_marker(line: Line) -> bool:
    return announcement_in(line.text) is Announcement.FORWARD


def _is_rule_with_words(line: Line) -> bool:
    # Without dashes, and without a header below, it may be a line of the brief.
    return line.text.lstrip(" >").startswith("-") and _is_forward_marker(line)


def _is_label_next(lines: Sequence[Line], index: int) -> bool:
    texts = (line.text for line in lines[index + 1 :])
    first = next((text for text in texts if text.strip()), "")
    return header_line(first.lstrip("> ")) is not None


def unwrapped(lines: Sequence[Line], kind: SubjectKind) -> Unwrapped:
    """
    Return the lines of the brief itself: for a forward, what was forwarded; for a reply, the new
    text.
    """
    kept = _unquoted(list(lines))
    stated: dict[HeaderName, str] = {}
    for _ in range(_MOST_LAYERS):
        header = header_in(kept)
        if header is None:
            break
        above, below = kept[: header.lines.start], kept[header.lines.stop :]
        is_forward = kind is SubjectKind.FORWARD or (kind is SubjectKind.NEW and _is_note(above))
        if not is_forward or not _has_text(below):
            kept = above
            break
        # In the forwarded mail, another header block is a forward only if the note above is short.
        kept, kind, stated = below, SubjectKind.NEW, {**stated, **header.stated}
    kept = [line for line in kept if not _IMAGE.fullmatch(line.text.strip())]
    return Unwrapped(without_end(kept), stated)


def _unquoted(lines: list[Line]) -> list[Line]:
    """
    Return *lines* with the `> ` removed from a forwarded mail, which Apple Mail quotes.
    """
    for index, line in enumerate(lines):
        if _is_forward_marker(line):
            below = lines[index + 1 :]
            if all(each.text.startswith(">") for each in below if each.text.strip()):
                bare = (each.text.removeprefix(">").removeprefix(" ") for each in below)
                return [*lines[: index + 1], *(Line(text, text) for text in bare)]
            return lines
    return lines


def _is_note(lines: Sequence[Line]) -> bool:
    return sum(len(line.text.strip()) for line in lines) <= LONGEST_NOTE


def _has_text(lines: Sequence[Line]) -> bool:
    return any(line.text.strip() for line in lines)
