"""
Split a text at its marks once, and join it with each recipient's values.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

# A comment or a tag; a quoted value in a tag may contain `>` and `<`. A comment that is never
# closed ends with the text.
_TAG = re.compile(r"""<!--.*?(?:-->|\Z)|<[A-Za-z/!](?:"[^"]*"|'[^']*'|[^'"<>])*+>""", re.DOTALL)


@dataclass(frozen=True)
class Fragments:
    """
    A text split at its marks; `slots` has a place in `texts` and the number of its field.
    """

    texts: tuple[str, ...]
    slots: tuple[tuple[int, int], ...]

    def fill(self, values: Mapping[int, str]) -> str:
        """
        Return the text with the values inserted unescaped.
        """
        if not self.slots:
            return self.texts[0]
        texts = list(self.texts)
        for place, number in self.slots:
            texts[place] = values[number]
        return "".join(texts)


@dataclass(frozen=True)
class HtmlFragments:
    """
    HTML split at its marks: those between elements, and those in a tag or comment.
    """

    texts: tuple[str, ...]
    in_text: tuple[tuple[int, int], ...]
    in_tags: tuple[tuple[int, int], ...]

    def fill(self, values: Mapping[int, str]) -> str:
        """
        Return the HTML with each value escaped for its place.

        In text it is escaped in the way of premailer, so that a copy has the same bytes as if it
        had been rendered with the value.
        """
        texts = list(self.texts)
        for place, number in self.in_text:
            texts[place] = escape_in_text(values[number])
        for place, number in self.in_tags:
            texts[place] = escape_in_tag(values[number])
        return "".join(texts)


def escape_in_text(value: str) -> str:
    """
    Escape *value* for a place between elements.
    """
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_in_tag(value: str) -> str:
    """
    Escape *value* for a place in a tag or comment.
    """
    return html.escape(value)


def split_at_marks(text: str, mark: re.Pattern[str]) -> Fragments:
    """
    Split *text* at each *mark*, a pattern with one group for the field's number.
    """
    texts = mark.split(text)
    slots = tuple((place, int(texts[place])) for place in range(1, len(texts), 2))
    return Fragments(tuple(texts), slots)


def split_html_at_marks(text: str, mark: re.Pattern[str]) -> HtmlFragments:
    """
    Split the HTML *text* at each *mark*.
    """
    whole = split_at_marks(text, mark)
    free = _are_between_elements(text, mark)
    slots = list(zip(whole.slots, free, strict=True))
    return HtmlFragments(
        texts=whole.texts,
        in_text=tuple(slot for slot, is_free in slots if is_free),
        in_tags=tuple(slot for slot, is_free in slots if not is_free),
    )


def _are_between_elements(text: str, mark: re.Pattern[str]) -> list[bool]:
    """
    Return for each mark, in order, whether it is between elements.

    If that is not certain, the mark counts as inside a tag.
    """
    found: list[bool] = []
    end = 0
    for tag in [*_TAG.finditer(text), None]:
        between = text[end : tag.start() if tag else len(text)]
        found += ["<" not in between] * len(mark.findall(between))
        found += [False] * len(mark.findall(tag[0]) if tag else [])
        end = tag.end() if tag else end
    return found
