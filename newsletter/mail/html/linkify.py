"""
Turn web addresses that stand in a text into links.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"(?<![a-z0-9_/@])https?://(?=[\w\[])"
    # Until a space, a quote, an entity of one, or the punctuation of another script.
    r"(?:[^\s<>&\"“”„«»‹›|—、。，！？；：（）【】「」『』《》]"
    r"|&(?!(?:lt|gt|quot|nbsp|apos|#39|#34|#160|#171|#187);)){1,2000}",
    re.IGNORECASE,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_TRAILING = re.compile(r"(?:[.,:!?'’‘…*({\[–]|(?<!&amp);)")


def linkify(escaped: str) -> str:
    """
    Return the text *escaped*, which contains no tags, with its addresses as links. Punctuation
    after an address and a bracket opened before it do not belong to it.
    """
    return _ADDRESS.sub(_link, escaped)


def _link(found: re.Match[str]) -> str:
    address = _without_punctuation(_balanced(found[0]))
    return f'<a href="{address}">{address}</a>{found[0][len(address) :]}'


def _balanced(address: str) -> str:
    """
    Return *address* up to the first bracket that closes none, or that opens a shortcode's end.
    """
    opened: list[str] = []
    for index, char in enumerate(address):
        if char in _PAIRS.values():
            if address.startswith("[/", index):
                return address[:index]
            opened.append(char)
        elif char in _PAIRS and (not opened or opened.pop() != _PAIRS[char]):
            return address[:index]
    return address


def _without_punctuation(address: str) -> str:
    end = len(address)
    while _TRAILING.match(address, end - 1):
        end -= 1
    return address[:end]
