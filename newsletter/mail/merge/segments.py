"""
A text cut at its marks once, to be joined with each reader's values. `merge` does both.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

# A comment or a tag; what is quoted in a tag may hold a `>`.
_TAG = re.compile(r"""<!--.*?-->|<[A-Za-z/!](?:"[^"]*"|'[^']*'|[^'">])*>""", re.DOTALL)


@dataclass(frozen=True)
class Fragments:
    """
    A text cut at its marks: `slots` says which field's value goes to which place of `pieces`.
    """

    pieces: tuple[str, ...]
    slots: tuple[tuple[int, int], ...]

    def filled(self, values: Mapping[int, str]) -> str:
        """
        The text with each value as it is.
        """
        if not self.slots:
            return self.pieces[0]
        pieces = list(self.pieces)
        for place, number in self.slots:
            pieces[place] = values[number]
        return "".join(pieces)


@dataclass(frozen=True)
class HtmlFragments:
    """
    HTML cut at its marks: those between elements, and those inside of a tag or comment.
    """

    pieces: tuple[str, ...]
    in_text: tuple[tuple[int, int], ...]
    in_tags: tuple[tuple[int, int], ...]

    def filled(self, values: Mapping[int, str]) -> str:
        """
        The HTML with each value escaped for its place: as premailer writes it in text, so that a
        copy is the same to the byte as one that was rendered with the value.
        """
        pieces = list(self.pieces)
        for place, number in self.in_text:
            pieces[place] = escaped_in_text(values[number])
        for place, number in self.in_tags:
            pieces[place] = escaped_in_tag(values[number])
        return "".join(pieces)


def escaped_in_text(value: str) -> str:
    """
    *value* as it stands between elements.
    """
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_in_tag(value: str) -> str:
    """
    *value* as it stands in a tag or comment.
    """
    return html.escape(value)


def split_at_marks(text: str, mark: re.Pattern[str]) -> Fragments:
    """
    *text* cut at each *mark*, whose one group is a field's number.
    """
    pieces = mark.split(text)
    slots = tuple((place, int(pieces[place])) for place in range(1, len(pieces), 2))
    return Fragments(tuple(pieces), slots)


def split_html_at_marks(text: str, mark: re.Pattern[str]) -> HtmlFragments:
    """
    The HTML *text* cut at each *mark*.
    """
    whole = split_at_marks(text, mark)
    free = _are_between_elements(text, mark)
    slots = list(zip(whole.slots, free, strict=True))
    return HtmlFragments(
        pieces=whole.pieces,
        in_text=tuple(slot for slot, is_free in slots if is_free),
        in_tags=tuple(slot for slot, is_free in slots if not is_free),
    )


def _are_between_elements(text: str, mark: re.Pattern[str]) -> list[bool]:
    """
    Whether each mark, in order, stands between elements. What is not surely there counts as inside
    of a tag.
    """
    found: list[bool] = []
    end = 0
    for tag in [*_TAG.finditer(text), None]:
        between = text[end : tag.start() if tag else len(text)]
        found += ["<" not in between] * len(mark.findall(between))
        found += [False] * len(mark.findall(tag[0]) if tag else [])
        end = tag.end() if tag else end
    return found
