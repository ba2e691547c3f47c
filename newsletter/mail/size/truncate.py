"""
A brief's body cut where it may end: behind a paragraph, an item of a list, or a sentence of a long
paragraph. `fitting` chooses the place, `context` cuts there.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

# Shorter pieces of a paragraph are not worth a cut in it.
_PIECE_CHARS = 300
_VOID = frozenset({"br", "hr", "img"})
# What a cut may stand behind, and what it may stand in.
_ENDS = frozenset({"p", "li", "ul", "ol", "dl", "blockquote", "figure", "table", "pre"})
_MAY_BREAK = frozenset({"ul", "ol", "li", "blockquote"})
_FULL_STOPS = frozenset(".!?…。！？؟۔।\"'”’»)]")
# A word of three letters before the point may be an abbreviation ("Gen.", "U.S.").
_SENTENCE = re.compile(r"(?:[^\W\d_]{4}[.!?…؟][\"'”’»)\]]*(?=\s+[^\sa-z])|[。！？][」』）”]*)")
_ADDRESS = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True)
class Place:
    """
    Where a body may end: behind so many characters of its text, and of its markup, to which the
    end tags *closing* belong.
    """

    chars: int
    end: int
    closing: str
    is_sentence: bool = False


@dataclass(frozen=True)
class Body:
    """
    A brief's body, read: its markup, how many characters its text has, and every place before its
    own end where it may end, in order.
    """

    markup: str
    chars: int
    places: tuple[Place, ...]

    def within(self, most_chars: int) -> Place | None:
        """
        The last place within *most_chars* of the text, else the first; None when there is none.
        """
        found = bisect.bisect_right([place.chars for place in self.places], most_chars)
        return self.places[max(0, found - 1)] if self.places else None


def read_body(body_html: str) -> Body:
    """
    *body_html*, as `reading.sanitise` wrote it, with the places where it may end.
    """
    reader = _Reader()
    reader.feed(body_html)
    reader.close()
    return Body("".join(reader.pieces), reader.chars, _chosen(reader.places, reader.chars))


def clamped(body: Body, most_chars: int) -> str:
    """
    The markup of *body* up to its last place within *most_chars* of its text.
    """
    place = body.within(most_chars)
    return body.markup[: place.end].rstrip() + place.closing if place else body.markup


def clamped_text(text: str, body: Body, most_chars: int) -> str:
    """
    *text*, which says what *body* says, up to the end of the line in which that is cut.
    """
    place = body.within(most_chars)
    lines = text.split("\n")
    letters = [len(re.findall(r"\w", _ADDRESS.sub("", line))) for line in lines]
    room = sum(letters) * (place.chars / max(1, body.chars) if place else 1)
    before = itertools.accumulate(letters, initial=0)
    # An address or a picture is counted in one of the two alone: the nearest line's end it is.
    kept = [
        line
        for line, own, so_far in zip(lines, letters, before, strict=False)
        if so_far + own / 2 <= room
    ]
    return "\n".join(kept or lines[:1]).rstrip()


def _chosen(places: Sequence[Place], chars: int) -> tuple[Place, ...]:
    """
    Those of *places* that leave something out, and no sentence near the end of its paragraph.
    """
    found = {place.chars: place for place in places if place.chars < chars}
    blocks = [*(place.chars for place in found.values() if not place.is_sentence), chars]
    kept: list[Place] = []
    for place in found.values():
        start = kept[-1].chars if kept else 0
        end = blocks[bisect.bisect_right(blocks, place.chars)]
        if not place.is_sentence or min(place.chars - start, end - place.chars) >= _PIECE_CHARS:
            kept.append(place)
    return tuple(kept)


class _Reader(HTMLParser):
    """
    A sanitised body read once: its markup in pieces, and where it may end.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self.places: list[Place] = []
        self.chars = 0
        self._length = 0
        self._open: list[str] = []
        self._last = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._write(self.get_starttag_text() or "")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._write(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open:
            inner = self._open.pop()
            self._write(f"</{inner}>")
            if inner == tag:
                break
        if tag in _ENDS and _MAY_BREAK.issuperset(self._open) and self._may_end(tag):
            self._note(self._length)

    def handle_data(self, data: str) -> None:
        if self._open[:1] in ([], ["p"]) and "a" not in self._open:
            for sentence in _SENTENCE.finditer(data):
                self._note(self._length + sentence.end(), more=sentence.end())
        self.chars += len(data)
        self._last = (data.rstrip() or self._last)[-1:]
        self._write(data)

    def handle_entityref(self, name: str) -> None:
        self._count_one(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._count_one(f"&#{name};")

    def _count_one(self, written: str) -> None:
        self.chars += 1
        self._write(written)

    def _may_end(self, tag: str) -> bool:
        """
        Whether nothing is announced: a paragraph without a full stop may be a heading.
        """
        return self._last in _FULL_STOPS if tag == "p" else self._last != ":"

    def _note(self, end: int, *, more: int = 0) -> None:
        closing = "".join(f"</{tag}>" for tag in reversed(self._open))
        self.places.append(Place(self.chars + more, end, closing, is_sentence=more > 0))

    def _write(self, written: str) -> None:
        self.pieces.append(written)
        self._length += len(written)
