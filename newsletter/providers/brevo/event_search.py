"""
Request Brevo's list of events (https://developers.brevo.com/reference/getemaileventreport-1), to
find those that no webhook reported.

Its entries carry no labels of ours, so a message is found by its messageId.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import orjson

from newsletter.providers.event_search import EventSearch

PATH = "/v3/smtp/statistics/events"
PAGE = 2_500
MOST_PAGES = 10
# The events that a backfill needs, each with its name in webhooks. One request returns one kind.
REPORTED_EVENTS: Mapping[str, str] = {
    "hardBounces": "hard_bounce",
    "softBounces": "soft_bounce",
    "invalid": "invalid_email",
    "blocked": "blocked",
    "error": "error",
    "spam": "spam",
    "unsubscribed": "unsubscribe",
}


def events_since(
    search: EventSearch, base_url: str, since: dt.datetime, *, now: dt.datetime
) -> Iterator[bytes]:
    """
    Yield each reported event since *since*, in the form of its webhook.

    Raises:
        ProviderError: a page cannot be fetched, or there are too many.
    """
    # `days` counts whole days including today, in an undocumented time zone.
    days = (now - since).days + 2
    for kind, event_name in REPORTED_EVENTS.items():
        for number in range(MOST_PAGES):
            parameters = {"event": kind, "days": days, "limit": PAGE, "offset": number * PAGE}
            events, _ = search.page(f"{base_url}{PATH}?{urlencode(parameters)}", "events")
            yield from (orjson.dumps({**event, "event": event_name}) for event in events)
            if len(events) < PAGE:
                break
        else:
            raise search.too_many_events(MOST_PAGES * PAGE)
