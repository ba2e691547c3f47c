"""
Say what is wrong with a file of people, or with that of the rows with errors.
"""

from __future__ import annotations

from pathlib import Path

from subscribers.text.phrases import phrase


def not_writable(path: Path, reason: str | None) -> str:
    return phrase(
        "{path}: cannot write the rows with errors there ({reason}): copy the file to a writable "
        "folder",
        path=path,
        reason=reason,
    )


def rejects_are_gone(path: Path) -> str:
    return phrase(
        "{path}: the rows with errors that were written so far are gone; import the file again "
        "from its start",
        path=path,
    )


def too_many_columns(number: int, limit: int) -> str:
    return phrase(
        "the file has {number} columns, and an import reads at most {limit}: remove those that "
        "are not needed",
        number=number,
        limit=limit,
    )
