"""
Request Postmark's list of bounces (https://postmarkapp.com/developer/api/bounce-api), to find those
that no webhook reported.

It includes complaints. Its entries carry no labels of ours, so a message is found by its MessageID.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from urllib.parse import urlencode

import orjson

from newsletter.providers.event_search import EventSearch

PAGE = 500
# Count and offset together may be at most 10,000 (the same page).
MOST_PAGES = 20
# The search accepts days, in New York time.
TIMEZONE_TOLERANCE = dt.timedelta(days=1)


def events_since(
    search: EventSearch, base_url: str, since: dt.datetime, *, stream: str
) -> Iterator[bytes]:
    """
    Yield each bounce of *stream* since *since*, the latest first, in the form of its webhook.

    A bounce that arrives in between moves the others down: some are then yielded twice, but none is
    missed.

    Raises:
        ProviderError: a page cannot be fetched, or there are too many.
    """
    for number in range(MOST_PAGES):
        parameters = {
            "count": PAGE,
            "offset": number * PAGE,
            "fromdate": (since - TIMEZONE_TOLERANCE).date().isoformat(),
            # Without this, only the stream for transactional mail is searched.
            "messagestream": stream,
        }
        entries, _ = search.page(f"{base_url}/bounces?{urlencode(parameters)}", "Bounces")
        yield from (orjson.dumps({**entry, "RecordType": "Bounce"}) for entry in entries)
        if len(entries) < PAGE:
            return
    raise search.too_many_events(MOST_PAGES * PAGE)
