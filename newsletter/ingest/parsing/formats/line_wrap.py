"""
Tell lines that a program wrapped from lines that people ended, and join the first.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Sequence

STOPS = '.!?…:;,)”"’»。！？：；،؛؟۔।॥'
_ENDS = ".!?…。！？؟۔।॥"
_CLOSING = "”\"’'»)]」』"
# Below this width, lines are verses or an address; above the other, each is a paragraph.
_NARROWEST = 55
_WIDEST = 100
_FULL = 0.85
_LONG_WORD = 40
_NARROWEST_BREAK = 45
_NARROWER = 25
_MOST_HEADLINE_LINES = 4


def ends_sentence(line: str) -> bool:
    """
    Return True if *line* ends with the end of a sentence, before closing quotes or brackets.
    """
    return line.rstrip().rstrip(_CLOSING)[-1:] in tuple(_ENDS)


def paragraphs(lines: Sequence[str], *, belongs: Callable[[str, str], bool]) -> list[str]:
    """
    Return the paragraphs of *lines*, between which is no empty line. A line that *belongs* to the
    text before it never starts one. Short lines are one paragraph with `<br>`.
    """
    lines = [line.strip() for line in lines]
    widths = [_width(line) for line in lines]
    widest = max(widths)
    if widest < _NARROWEST:
        return ["<br>".join(lines)]
    is_unwrapped = widest > _WIDEST or all(map(ends_sentence, lines))
    found = [lines[0]]
    for index, line in enumerate(lines[1:]):
        is_ended = is_unwrapped or (
            ends_sentence(lines[index])
            and widths[index] + 1 + _width(_first_word(line)) <= _FULL * widest
        )
        if is_ended and not belongs(found[-1], line):
            found.append(line)
        else:
            found[-1] = joined(found[-1], line)
    return found


def joined(start: str, end: str) -> str:
    """
    Join two lines of one sentence, with a space unless both are Chinese or Japanese.
    """
    is_spaced = not (start and end and _is_wide(start[-1]) and _is_wide(end[0]))
    return f"{start} {end}" if is_spaced else start + end


def in_one(lines: Sequence[str]) -> str:
    """
    Join *lines* of one sentence; the spaces before the first one stay.
    """
    return functools.reduce(joined, (line.strip() for line in lines[1:]), lines[0].rstrip())


def headline_lines(lines: Sequence[str], *, is_other: Callable[[str], bool]) -> int:
    """
    Return how many of *lines* the headline takes that the first one starts; a line that *is_other*
    ends it.
    """
    count = 1
    while (
        count < min(len(lines), _MOST_HEADLINE_LINES)
        and goes_on(lines[count - 1], lines[count], _NARROWEST_BREAK if count == 1 else _NARROWER)
        and not is_other(lines[count])
    ):
        count += 1
    return count


def goes_on(line: str, after: str, narrowest: int = _NARROWEST_BREAK) -> bool:
    """
    Return True if the line *after* continues the sentence of *line*, judged by its end, the next
    letter and its width, which is at least *narrowest* for a line that was wrapped.
    """
    line, after = line.strip(), after.strip()
    if line.endswith((",", "-", "–", "—", "&")) or after[:1].islower():
        return not ends_sentence(line)
    is_long = _width(line) >= narrowest and _width(after) <= _width(line) + 10
    return is_long and not ends_sentence(line) and not ends_sentence(after)


def _first_word(line: str) -> str:
    return line.split(maxsplit=1)[0] if line.strip() else ""


def _width(line: str) -> int:
    """
    Return the columns of *line*. An address counts as a long word, since it cannot be wrapped.
    """
    if "://" in line:
        line = " ".join(word[:_LONG_WORD] if "://" in word else word for word in line.split())
    return len(line) + (0 if line.isascii() else sum(map(_is_wide, line)))


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF" and not "\uac00" <= char <= "\ud7a3"
