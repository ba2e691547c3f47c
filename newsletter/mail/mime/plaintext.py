"""
Format plain text for mail: wrapping at 78 columns without breaking URLs, and excerpts of HTML.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from html.parser import HTMLParser

WIDTH = 78
_QUOTE = re.compile(r"(?:> ?)*")
# `<address>` as `ingest.parsing` writes it, or a bare URL, which ends at a space.
_ADDRESS = re.compile(r"<[^<>\s]+>|[A-Za-z][A-Za-z0-9+.-]{0,30}://\S+")
# A line may begin with letters, digits and opening brackets, but not with small kana.
_STARTS = frozenset({"Lo", "Ll", "Lu", "Nd", "Ps", "Pi", "So"})
_SMALL = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々")
# Spaces that a line may end at. A no-break space is kept where French uses one, in `« texte »` and
# before `:`; elsewhere it counts as an ordinary space.
_SPACE = re.compile(r"(?:[^\S\u00a0\u202f]|(?<!«)\u00a0(?![?!:;»]))+")
_BULLET = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)]|\[\d+\])\s+")
_SENTENCE_END = re.compile(r"[.!?…。！？؟][\"'”’»)\]]*(?=\s|$)|[。！？]")
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "table",
        "figure",
        "pre",
    ]
)
# Elements whose text would make no sense in the middle of an excerpt.
_SILENT = frozenset({"style", "script", "figcaption", "table", "h1", "h2", "h3", "h4", "h5", "h6"})


def wrap78(text: str, first: str = "", rest: str | None = None) -> str:
    """
    Wrap *text* to lines of at most 78 columns, led by *first* and then by *rest* (default: spaces).

    Line breaks stay, and lines that fit do not change. An address is never broken, however long it
    is. Each line of a quotation keeps its `> `.
    """
    rest = " " * len(first) if rest is None else rest
    lines: list[str] = []
    for line in text.split("\n"):
        quote = _QUOTE.match(line).group()  # type: ignore[union-attr]  # it may be empty
        lead = (rest if lines else first) + quote
        words = line[len(quote) :].rstrip()
        fits = columns(lead + words) <= WIDTH
        lines += [lead + words] if fits else _wrapped(words, lead, rest + quote)
    return "\n".join(line.rstrip() for line in lines)


def underlined(text: str, mark: str) -> str:
    """
    Wrap *text*, and add a line of *mark* as long as its longest line.
    """
    wrapped = wrap78(text)
    longest = max(columns(line) for line in wrapped.split("\n"))
    return f"{wrapped}\n{mark * min(longest, WIDTH)}"


def shortened(text: str, max_chars: int) -> str:
    """
    Shorten *text* to *max_chars*: after a sentence, or after a word with `…`.
    """
    text = " ".join(text.split())
    if len(text) <= max_chars:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text[: max_chars + 1])]
    ends = [end for end in ends if end <= max_chars]
    if ends and ends[-1] >= max_chars // 3:
        return text[: ends[-1]]
    cut = text[: max_chars - 1]
    head = cut.rpartition(" ")[0] if not text[max_chars - 1].isspace() else cut
    return (head or cut).rstrip(" ,;:–-") + "…"


def excerpt(body_html: str, max_chars: int) -> str:
    """
    Return the first words of *body_html* as plain text, up to the end of a sentence if possible.
    """
    reader = _Text()
    reader.feed(body_html)
    reader.close()
    blocks = [" ".join(block.split()) for block in "".join(reader.pieces).split("\n")]
    return shortened(" ".join(block for block in blocks if block), max_chars)


class _Text(HTMLParser):
    """
    Parser that collects the visible text of HTML, with a line break around each block.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent -= 1
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._silent <= 0:
            self.pieces.append(data.replace("\n", " "))


def _wrapped(line: str, lead: str, rest: str) -> list[str]:
    bullet = _BULLET.match(line)
    own = bullet.group() if bullet else line[: len(line) - len(line.lstrip())]
    lead, rest = lead + own, rest + " " * len(own)
    lines, current, used = [], lead, columns(lead)
    is_empty = True
    for word, space in _words(line[len(own) :]):
        width = columns(word)
        if not is_empty and used + len(space) + width > WIDTH:
            lines.append(current)
            current, used, is_empty = rest, columns(rest), True
        current += word if is_empty else space + word
        used += width + (0 if is_empty else len(space))
        is_empty = False
    return [*lines, current]


def _words(line: str) -> list[tuple[str, str]]:
    """
    Return each unbreakable piece with the space before it, which is "" between wide characters.
    """
    words: list[tuple[str, str]] = []
    for word in filter(None, _SPACE.split(line)):
        first, *others = _pieces(word)
        words += [(first, " "), *((piece, "") for piece in others)]
    return words


def _pieces(word: str) -> list[str]:
    """
    Split *word* where a line may end, because Chinese and Japanese have no spaces.
    """
    whole, start = [], 0
    for address in _ADDRESS.finditer(word):
        whole += [*word[start : address.start()], address[0]]
        start = address.end()
    whole += word[start:]
    ends = [
        number
        for number, (before, after) in enumerate(itertools.pairwise(whole), start=1)
        if _may_end_between(before, after)
    ]
    return ["".join(whole[start:end]) for start, end in itertools.pairwise([0, *ends, len(whole)])]


def _may_end_between(before: str, after: str) -> bool:
    """
    Return whether a line may end between two characters or addresses.

    It may between wide ones, but not after an opening bracket, or before a closing one or a small
    kana (JIS X 4051 has more rules).
    """
    if not all(len(piece) > 1 or _is_wide(piece) for piece in (before, after)):
        return False
    last, first = unicodedata.category(before[-1]), unicodedata.category(after[0])
    is_open = len(before) == 1 and last in ("Ps", "Pi")
    return not is_open and (len(after) > 1 or (first in _STARTS and after not in _SMALL))


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def columns(text: str) -> int:
    """
    Return the width of *text* in a fixed-width font, where Chinese, Japanese and Korean characters
    count twice.
    """
    if text.isascii():
        return len(text)
    # Accents, joiners and direction marks have no width.
    shown = (c for c in text if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return sum(2 if _is_wide(c) else 1 for c in shown)
