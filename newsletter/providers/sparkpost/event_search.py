"""
Request SparkPost's event search (https://developers.sparkpost.com/api/events/), to find events that
no webhook reported; it goes back ten days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from urllib.parse import urlencode

import orjson

from newsletter.providers.event_search import EventSearch
from newsletter.providers.sparkpost.events import BOUNCES

PATH = "/api/v1/events/message"
PAGE = 1_000
MOST_PAGES = 50
# The events that a backfill needs; deliveries are left out, because there are many.
REPORTED_EVENTS = (
    *BOUNCES,
    "spam_complaint",
    "list_unsubscribe",
    "link_unsubscribe",
    "policy_rejection",
    "generation_failure",
    "generation_rejection",
)


def events_since(search: EventSearch, base_url: str, since: dt.datetime) -> Iterator[bytes]:
    """
    Yield each reported event since *since*, in the form of its webhook.

    Raises:
        ProviderError: a page cannot be fetched, or there are too many.
    """
    parameters = {
        "from": since.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "events": ",".join(REPORTED_EVENTS),
        "per_page": PAGE,
        "cursor": "initial",
    }
    path = f"{PATH}?{urlencode(parameters)}"
    for _ in range(MOST_PAGES):
        events, page = search.page(f"{base_url}{path}", "results")
        yield from (orjson.dumps([{"msys": {"message_event": event}}]) for event in events)
        links = page.get("links")
        next_path = links.get("next") if isinstance(links, dict) else None
        if next_path is None:
            return
        # Follow links in responses only to this search.
        if not str(next_path).startswith(f"{PATH}?"):
            raise search.no_next_page()
        path = str(next_path)
    raise search.too_many_events(MOST_PAGES * PAGE)
