"""
An import as the commands print it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from newsletter.cli.session import Session


def words_in_lines(words: Mapping[str, Mapping[str, int]]) -> list[str]:
    """
    Return how a file calls the status of its people, and what that is here: `2 member (active)`.
    """
    return [
        f"{count} {word} ({status})"
        for word, statuses in sorted(words.items())
        for status, count in statuses.items()
    ]


@contextmanager
def saying_where_it_stopped(session: Session) -> Iterator[None]:
    """
    End the run with the line of an import that a person stopped.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        session.refuse(str(stop) or "stopped", status=130)
