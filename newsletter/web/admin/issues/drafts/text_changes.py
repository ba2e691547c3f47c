"""
The lines of a unified diff, put side by side.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

# "---" and "+++".
_HEADER_LINES = 2


@dataclass(frozen=True, kw_only=True)
class ChangedLine:
    """
    A line as it was and as it is; None where there was or is none. In a line that `is_same`, both
    are equal.
    """

    before: str | None
    after: str | None

    @property
    def is_same(self) -> bool:
        """
        Return True if the line did not change.
        """
        return self.before == self.after


def pair_changes(diff: Sequence[str]) -> list[ChangedLine]:
    """
    Return the lines of *diff* side by side, without its headers and empty lines.
    """
    lines = [line for line in diff[_HEADER_LINES:] if not line.startswith("@@")]
    pairs: list[ChangedLine] = []
    removed: list[str] = []
    added: list[str] = []
    for line in [*lines, ""]:
        kind, text = line[:1], line[1:]
        if kind == "-":
            removed.append(text)
        elif kind == "+":
            added.append(text)
        else:
            both = itertools.zip_longest(removed, added)
            pairs += [ChangedLine(before=old, after=new) for old, new in both]
            removed, added = [], []
            pairs.append(ChangedLine(before=text, after=text))
    return [pair for pair in pairs if pair.before or pair.after]
