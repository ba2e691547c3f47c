"""
Say who can log in to the newsroom, and what is missing.
"""

from __future__ import annotations

from subscribers.text.phrases import joined, phrase, plural


def staff_words(members: int, *, owners: int, unsafe: int, invited: int) -> str:
    """
    Describe the staff: how many are owners, how many of these have no second factor (*unsafe*), and
    how many were *invited* and have not logged in.
    """
    found = [phrase("{number}, {owners} of them owners", number=members, owners=owners)]
    if unsafe:
        found.append(
            plural(
                "{n} owner has no second factor: add one under Your account",
                "{n} owners have no second factor: add one each under Your account",
                unsafe,
            )
        )
    if invited:
        found.append(
            phrase(
                "{number} invited who have not logged in: `newsletter staff list` shows who",
                number=invited,
            )
        )
    return joined("; ", found)
