"""
Recorders of events that are known to be wrong, to see that the `events` suite notices. No code of
the product.

`last_event_wins` keeps one status for each delivery, which every event overwrites.
`every_telling_counts` counts an event as often as it is told.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Callable, Iterable, Mapping

Book = dict[str, object]
Recorder = Callable[[Book, str, str], None]


def last_event_wins(book: Book, who: str, kind: str) -> None:
    book[who] = kind


def every_telling_counts(book: Book, who: str, kind: str) -> None:
    counts = book.setdefault(who, collections.Counter())
    assert isinstance(counts, collections.Counter)
    counts[kind] += 1


RECORDERS: Mapping[str, Recorder] = {
    "last_event_wins": last_event_wins,
    "every_telling_counts": every_telling_counts,
}


def end_state(recorder: Recorder, told: Iterable[bytes]) -> Book:
    """
    What *recorder* has in its book after it was told these webhooks of Resend's form.
    """
    book: Book = {}
    for raw in told:
        body = json.loads(raw)
        recorder(book, body["data"]["tags"]["delivery"], body["type"])
    return book
