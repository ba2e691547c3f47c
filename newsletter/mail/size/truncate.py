"""
Truncate a brief's body at a place where it may end: after a paragraph, a list item, or a sentence
of a long paragraph.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

# A paragraph is cut only into parts of at least this length.
_PIECE_CHARS = 300
_VOID = frozenset({"br", "hr", "img"})
# The elements that a body may end after, and those that it may end inside.
_ENDS = frozenset({"p", "li", "ul", "ol", "dl", "blockquote", "figure", "table", "pre"})
_MAY_BREAK = frozenset({"ul", "ol", "li", "blockquote"})
_FULL_STOPS = frozenset(".!?…。！？؟۔।\"'”’»)]")
# A word of up to three letters before the full stop may be an abbreviation ("Gen.", "U.S.").
_SENTENCE = re.compile(r"(?:[^\W\d_]{4}[.!?…؟][\"'”’»)\]]*(?=\s+[^\sa-z])|[。！？][」』）”]*)")
_ADDRESS = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True)
class Place:
    """
    A place where a body may end.

    `chars` counts the characters of the text before it, `end` those of the markup; `closing` has
    the end tags to add.
    """

    chars: int
    end: int
    closing: str
    is_sentence: bool = False


@dataclass(frozen=True)
class Body:
    """
    A brief's body: its markup, the number of characters of its text, and the places where it may be
    cut, in order.
    """

    markup: str
    chars: int
    places: tuple[Place, ...]

    def within(self, most_chars: int) -> Place | None:
        """
        Return the last place within *most_chars* of the text, else the first, or None.
        """
        found = bisect.bisect_right([place.chars for place in self.places], most_chars)
        return self.places[max(0, found - 1)] if self.places else None


def read_body(body_html: str) -> Body:
    """
    Parse the sanitised *body_html*, and find the places where it may end.
    """
    reader = _Reader()
    reader.feed(body_html)
    reader.close()
    return Body("".join(reader.pieces), reader.chars, _chosen(reader.places, reader.chars))


def truncate_html(body: Body, most_chars: int) -> str:
    """
    Return the markup of *body* up to its last place within *most_chars* of its text.
    """
    place = body.within(most_chars)
    return body.markup[: place.end].rstrip() + place.closing if place else body.markup


def truncate_text(text: str, body: Body, most_chars: int) -> str:
    """
    Truncate *text*, the plain text of *body*, at the line that matches the cut in *body*.
    """
    place = body.within(most_chars)
    lines = text.split("\n")
    letters = [len(re.findall(r"\w", _ADDRESS.sub("", line))) for line in lines]
    room = sum(letters) * (place.chars / max(1, body.chars) if place else 1)
    before = itertools.accumulate(letters, initial=0)
    # A URL or an image counts in only one of the two, so the nearest line end is used.
    chosen = [
        line
        for line, own, so_far in zip(lines, letters, before, strict=False)
        if so_far + own / 2 <= room
    ]
    return "\n".join(chosen or lines[:1]).rstrip()


def _chosen(places: Sequence[Place], chars: int) -> tuple[Place, ...]:
    """
    Keep the *places* that shorten the body; drop sentences near an end of their paragraph.
    """
    found = {place.chars: place for place in places if place.chars < chars}
    blocks = [*(place.chars for place in found.values() if not place.is_sentence), chars]
    chosen: list[Place] = []
    for place in found.values():
        start = chosen[-1].chars if chosen else 0
        end = blocks[bisect.bisect_right(blocks, place.chars)]
        if not place.is_sentence or min(place.chars - start, end - place.chars) >= _PIECE_CHARS:
            chosen.append(place)
    return tuple(chosen)


class _Reader(HTMLParser):
    """
    Parser that collects the markup of a sanitised body and the places where it may end.
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
        Return whether the text may end here: a paragraph without a full stop may be a heading.
        """
        return self._last in _FULL_STOPS if tag == "p" else self._last != ":"

    def _note(self, end: int, *, more: int = 0) -> None:
        closing = "".join(f"</{tag}>" for tag in reversed(self._open))
        self.places.append(Place(self.chars + more, end, closing, is_sentence=more > 0))

    def _write(self, written: str) -> None:
        self.pieces.append(written)
        self._length += len(written)
