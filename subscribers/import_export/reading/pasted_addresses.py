"""
Split text that was pasted from an email or an address book, such as
`Ada <ada@example.org>; bert@example.org`.
"""

from __future__ import annotations

from collections.abc import Iterator

_SEPARATORS = ",;\t\n"


def split_addresses(line: str) -> list[str]:
    """
    Return the addresses in *line*, with the names before them, and what is neither. Commas,
    semicolons, tabs, and spaces after an address separate them; a name may have a comma.
    """
    found: list[str] = []
    before = ""
    for part in _split(line):
        whole = f"{before}, {part}" if before else part
        if "@" in part:
            found += _split_at_spaces(whole) if "<" not in whole else [whole]
            before = ""
        else:
            # The family name of "Lovelace, Ada <ada@example.org>", or no address at all.
            before = whole
    return [*found, before] if before else found


def _split(line: str) -> Iterator[str]:
    """
    Yield the parts between separators outside of quotes, and after each `>`.
    """
    start, is_quoted = 0, False
    for place, letter in enumerate(line):
        if letter == '"':
            is_quoted = not is_quoted and line.find('"', place + 1) > 0
        if is_quoted or (letter not in _SEPARATORS and letter != ">"):
            continue
        if part := line[start : place + (letter == ">")].strip():
            yield part
        start = place + 1
    if part := line[start:].strip():
        yield part


def _split_at_spaces(text: str) -> list[str]:
    words = text.split()
    return words if all("@" in word for word in words) else [text]
