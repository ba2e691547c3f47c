"""
The words of a page in order, the place of each element among them, and which of them belong to a
text. `main_content` decides by them what is kept.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from itertools import accumulate, pairwise

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree
from subscribers.text.normal_form import normal_form

# Chinese and Japanese have no spaces, so that three characters count as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{1,3}|[^\W\u3040-\u30ff\u3400-\u9fff]+")
# Soft hyphens and characters without width, which divide no words.
_UNSEEN = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_SILENT_NAMES = "script style template noscript svg canvas select option textarea"
_SILENT = frozenset(_SILENT_NAMES.split())
_CELLS = frozenset({"td", "th", "tr", "br"})
_GRAM = 3
# Thai, Lao, Burmese, Khmer, Chinese and Japanese have no spaces between words.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
# The vowel signs of Indian scripts and other marks, which are part of a word but not in `\\w`.
_MARKS = "".join(
    sign for sign in map(chr, range(0x300, 0x2000)) if unicodedata.category(sign)[0] == "M"
)
_RUN = re.compile(rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]|[{_MARKS}\u200c\u200d])+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def long_words(text: str, fewest: int) -> set[str]:
    """
    Return the words in *text* that have at least *fewest* characters; in scripts without spaces,
    each two characters that follow each other.
    """
    found: set[str] = set()
    for run in _RUN.findall(normal_form("NFC", text).casefold()):
        if _IS_UNSPACED.match(run):
            found.update(map("".join, pairwise(run)))
        elif len(run) >= fewest:
            found.add(run)
    return found


class PageWords:
    """
    The words in *body*, and which of them are *found* in the order in which *text* has them. Of
    its *sought* words, those in lines shorter than three count if a line of the page is the same.
    """

    def __init__(self, body: LexborNode, text: str) -> None:
        pieces: list[str] = []
        self._places: dict[int, tuple[int, int]] = {}
        self._gather(body, pieces, 0)
        joined = "".join(pieces)
        self._words = _WORD.findall(joined)
        self._starts = [word.start() for word in _WORD.finditer(joined)]
        lines = [_WORD.findall(line) for line in _folded(text).splitlines()]
        self.sought = sum(map(len, lines))
        self._marks = bytearray(len(self._words))
        self._mark_grams(lines)
        self._mark_short_lines(lines, joined)
        self._last = self._marks.rfind(1)
        self.settle()

    def settle(self) -> None:
        """
        Count the words again after calls of `keep`.
        """
        self._found = [0, *accumulate(self._marks)]

    def count_in(self, node: LexborNode) -> int:
        """
        Return how many words are in *node*.
        """
        start, end = self._span(node)
        return end - start

    def found_in(self, node: LexborNode) -> int:
        """
        Return how many words in *node* belong to the text.
        """
        start, end = self._span(node)
        return self._found[end] - self._found[start]

    def is_before_end(self, node: LexborNode) -> bool:
        """
        Return True if words of the text come after *node*.
        """
        return self._span(node)[1] <= self._last

    def is_inside(self, node: LexborNode, outer: LexborNode) -> bool:
        """
        Return True if words of the text come before and after *node* in *outer*.
        """
        start, end = self._span(node)
        first, last = self._span(outer)
        found = self._found
        return found[first] < found[start] and found[end] < found[last]

    def keep(self, node: LexborNode) -> None:
        """
        Let the words in *node* belong to the text, from the next `settle` on.
        """
        start, end = self._span(node)
        self._marks[start:end] = b"\1" * (end - start)

    def _span(self, node: LexborNode) -> tuple[int, int]:
        start, end = self._places.get(node.mem_id, (0, 0))
        return bisect.bisect_left(self._starts, start), bisect.bisect_left(self._starts, end)

    def _mark_grams(self, lines: list[list[str]]) -> None:
        sought = [word for line in lines for word in line]
        grams = set(zip(sought, sought[1:], sought[2:], strict=False))
        words = self._words
        for place, gram in enumerate(zip(words, words[1:], words[2:], strict=False)):
            if gram in grams:
                self._marks[place : place + _GRAM] = b"\1\1\1"

    def _mark_short_lines(self, lines: list[list[str]], joined: str) -> None:
        short = {tuple(line) for line in lines if len(line) < _GRAM}
        ends = [place for place, character in enumerate(joined) if character == "\n"]
        start = 0
        for end in (bisect.bisect_left(self._starts, place) for place in [*ends, len(joined)]):
            if 0 < end - start < _GRAM and tuple(self._words[start:end]) in short:
                self._marks[start:end] = b"\1" * (end - start)
            start = end

    def _gather(self, node: LexborNode, pieces: list[str], length: int) -> int:
        """
        Append the text in *node* to *pieces*, whose length so far is *length*; return the new one.
        """
        start = length
        for child in html_tree.children(node):
            is_line = child.tag in html_tree.BLOCKS or child.tag in _CELLS
            edge = "\n" if is_line else ""
            pieces.append(edge)
            length += len(edge)
            if child.is_text_node:
                pieces.append(_folded(child.text_content or "").replace("\n", " "))
                length += len(pieces[-1])
            elif child.tag not in _SILENT:
                length = self._gather(child, pieces, length)
            pieces.append(edge)
            length += len(edge)
        self._places[node.mem_id] = (start, length)
        return length


def _folded(text: str) -> str:
    return normal_form("NFC", text).translate(_UNSEEN).casefold()
