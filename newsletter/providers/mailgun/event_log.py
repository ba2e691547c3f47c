"""
Search Mailgun's event log
(https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/events) for the result of
a call, and for events that no webhook reported.

Only an empty page is the last one; any other page may have few entries
(https://documentation.mailgun.com/docs/mailgun/user-manual/events/events).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from newsletter.model.delivery import Attempt
from newsletter.providers.event_search import EventSearch
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.mailgun.responses import LogEntry, LogPage, read_page
from newsletter.providers.message_labels import to_label

# One page of the documentation says that events are kept for at least three days, another that a
# free account's are kept for one; and a message that is not found later may have been accepted.
LOG_RETENTION = dt.timedelta(hours=20)
BEFORE, AFTER = dt.timedelta(minutes=5), dt.timedelta(minutes=15)
# A search by tag covers these hours before and after the call: if this machine's clock was wrong, a
# narrow search would find nothing, which would be taken as proof.
AROUND = dt.timedelta(hours=6)
# 300 is the maximum; a full call has four pages and the empty one, and some entries come twice.
PAGE = 300
MOST_PAGES = 12
TAGS = 1_000
# The events that a backfill needs; deliveries are left out, because there are many.
REPORTED_EVENTS = "failed OR rejected OR complained OR unsubscribed"
MOST_BACKFILL_PAGES = 100


def tag_of(batch: str) -> str:
    """
    Return the tag of the batch label *batch*, one of a thousand.

    A domain may have only a limited number of tags. Together with the time, a tag leaves few other
    calls to search through.
    """
    return f"batch-{int(hashlib.sha256(batch.encode()).hexdigest(), 16) % TAGS}"


@dataclass(frozen=True)
class EventLog:
    """
    The event log of the domain at *url*; *get* requests one page.
    """

    url: str
    get: Callable[[str], HttpResponse | HttpFailure]

    def find_deliveries(self, attempt: Attempt, *, now: dt.datetime) -> frozenset[str] | str:
        """
        Return the labels of all deliveries of *attempt* in the log, or a text that says why they
        cannot be found.
        """
        if now - attempt.submitted_at > LOG_RETENTION:
            return "submitted too long ago to be looked up"
        batch = to_label(attempt.key)
        tagged = self._entries(self._search(attempt, AROUND, AROUND, tags=tag_of(batch)))
        if tagged is None:
            return "its event log cannot be read in full"
        # Finding nothing by the tag proves nothing if tags were lost, so also search without it.
        return _deliveries_of(batch, tagged) or self._without_tag(attempt, batch)

    def _without_tag(self, attempt: Attempt, batch: str) -> frozenset[str] | str:
        """
        Search without the tag, because finding nothing by the tag proves nothing if the domain has
        lost its tags.
        """
        page = self._page(self._search(attempt))
        if page is None:
            return "its event log cannot be read in full"
        ours = [entry for entry in page.entries if entry.batch]
        if ours and all(tag_of(entry.batch) in entry.tags for entry in ours):
            return _deliveries_of(batch, ours)
        entries = self._entries(self._search(attempt))
        if entries is None:
            return "its event log has no tags to find a call by: check the domain's tag limit"
        return _deliveries_of(batch, entries)

    def _entries(self, url: str) -> Sequence[LogEntry] | None:
        """
        Return the entries of the page at *url* and all pages after it; None if a page is missing.
        """
        entries: list[LogEntry] = []
        for _ in range(MOST_PAGES):
            page = self._page(url)
            if page is None:
                return None
            if not page.entries:
                return entries
            entries += page.entries
            url = page.next_url
        return None

    def _page(self, url: str) -> LogPage | None:
        # Follow links in responses only to the log of this domain.
        if not url.startswith(f"{self.url}/events"):
            return None
        response = self.get(url)
        return None if isinstance(response, HttpFailure) else read_page(response)

    def _search(
        self,
        attempt: Attempt,
        before: dt.timedelta = BEFORE,
        after: dt.timedelta = AFTER,
        **filters: str,
    ) -> str:
        parameters = {
            "begin": f"{(attempt.submitted_at - before).timestamp():.0f}",
            "end": f"{(attempt.submitted_at + after).timestamp():.0f}",
            "limit": PAGE,
            # A recipient on Mailgun's suppression lists may have only "failed".
            "event": "accepted OR rejected OR failed",
            **filters,
        }
        return f"{self.url}/events?{urlencode(parameters)}"


def _deliveries_of(batch: str, entries: Sequence[LogEntry]) -> frozenset[str]:
    return frozenset(entry.delivery for entry in entries if entry.batch == batch)


def events_since(
    search: EventSearch, domain_url: str, since: dt.datetime, *, now: dt.datetime
) -> Iterator[bytes]:
    """
    Yield each logged refusal, complaint and unsubscription since *since*, in the form of its
    webhook.

    Raises:
        ProviderError: a page cannot be fetched, or there are too many.
    """
    parameters = {
        "begin": f"{since.timestamp():.0f}",
        "end": f"{now.timestamp():.0f}",
        "limit": PAGE,
        "event": REPORTED_EVENTS,
    }
    url = f"{domain_url}/events?{urlencode(parameters)}"
    for _ in range(MOST_BACKFILL_PAGES):
        items, page = search.page(url, "items")
        if not items:
            return
        yield from (orjson.dumps({"event-data": item}) for item in items)
        paging = page.get("paging")
        url = str(paging.get("next")) if isinstance(paging, dict) else ""
        if not url.startswith(f"{domain_url}/events"):
            raise search.no_next_page()
    raise search.too_many_events(MOST_BACKFILL_PAGES * PAGE)
