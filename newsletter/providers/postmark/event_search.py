"""
Request Postmark's list of bounces (https://postmarkapp.com/developer/api/bounce-api), to find those
that no webhook reported.

It lists complaints too, and carries no labels of ours: a message is known by its MessageID.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from urllib.parse import urlencode

import orjson

from newsletter.providers.event_search import EventSearch

PAGE = 500
# Count and offset together are 10,000 at most (the same page).
MOST_PAGES = 20
# It takes days, and reckons them in New York.
TIMEZONE_TOLERANCE = dt.timedelta(days=1)


def events_since(
    search: EventSearch, base_url: str, since: dt.datetime, *, stream: str
) -> Iterator[bytes]:
    """
    Yield each bounce of *stream* since *since*, the latest first, in the form of its webhook.

    A bounce that arrives in between moves the others to later places: some are then yielded twice,
    and none is left out.

    Raises:
        ProviderError: a page cannot be had, or there are too many.
    """
    for number in range(MOST_PAGES):
        parameters = {
            "count": PAGE,
            "offset": number * PAGE,
            "fromdate": (since - TIMEZONE_TOLERANCE).date().isoformat(),
            # Without one, only the stream of transactional mail is searched.
            "messagestream": stream,
        }
        entries, _ = search.page(f"{base_url}/bounces?{urlencode(parameters)}", "Bounces")
        yield from (orjson.dumps({**entry, "RecordType": "Bounce"}) for entry in entries)
        if len(entries) < PAGE:
            return
    raise search.too_many_events(MOST_PAGES * PAGE)
