"""
Postmark's list of bounces (https://postmarkapp.com/developer/api/bounce-api), asked for what no
webhook brought. It has complaints too, and nothing of ours: a message is known by its MessageID.
`postmark` holds the account.
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
    Each bounce of *stream*, in the form of its webhook, the latest first. One that comes while
    they are asked for moves the others on: some are told twice then, and none is left out.

    Raises:
        ProviderError: a page is missing, or there are too many.
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
