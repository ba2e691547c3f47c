"""
Recorders of events that are known to be wrong, to see that the `events` suite notices. No code of
the product.

`last_event_wins` keeps one status for each delivery, which every event overwrites.
`every_repeat_counts` counts an event as often as it is delivered.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Callable, Iterable, Mapping

Records = dict[str, object]
Recorder = Callable[[Records, str, str], None]


def last_event_wins(records: Records, who: str, kind: str) -> None:
    records[who] = kind


def every_repeat_counts(records: Records, who: str, kind: str) -> None:
    counts = records.setdefault(who, collections.Counter())
    assert isinstance(counts, collections.Counter)
    counts[kind] += 1


RECORDERS: Mapping[str, Recorder] = {
    "last_event_wins": last_event_wins,
    "every_repeat_counts": every_repeat_counts,
}


def end_state(recorder: Recorder, webhooks: Iterable[bytes]) -> Records:
    """
    Return what *recorder* has recorded after these *webhooks* of Resend's form.
    """
    records: Records = {}
    for raw in webhooks:
        body = json.loads(raw)
        recorder(records, body["data"]["tags"]["delivery"], body["type"])
    return records
