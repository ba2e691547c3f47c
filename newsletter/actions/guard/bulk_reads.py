"""
Record in the audit trail that the data of many people was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.actions.guard.audit import record_entry
from newsletter.app import App
from newsletter.model.access import Actor, Target

# Reading the data of more people leaves an entry.
NOTED_FROM = 100
_NOTED_EVERY = 10_000
# Of people who are shown while somebody types, each letter shows others.
_NOTED_WHILE_TYPING = 1_000


def record_bulk_read(
    app: App,
    by: Actor,
    action: str,
    target: Target,
    *,
    count: int,
    seen: int = 0,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """
    Record that the data of *count* people was read, if those are many. Of a list that is read in
    parts, *seen* is the number of people in the parts before, whom *count* contains too: the part
    with which more than 100 were read is recorded, and then one in each ten thousand. Of requests
    that read fewer, the one is recorded with which they are more than 100 within an hour.
    """
    reader = by.key if by.token_id is None else f"token {by.token_id}"
    changes = {**(facts or {}), "people": count}
    if not (seen <= NOTED_FROM < count or seen // _NOTED_EVERY != count // _NOTED_EVERY):
        if seen > NOTED_FROM or count == seen:
            return
        hour = app.hourly_reads.add(reader, count - seen, now=app.clock())
        if hour.people <= NOTED_FROM:
            return
        changes = {"people": hour.people, "requests": hour.requests}
    app.hourly_reads.forget(reader)
    with app.database.write() as connection:
        record_entry(app, connection, by, action, target, changes=changes)


def record_page_read(
    app: App,
    by: Actor,
    action: str,
    target: Target,
    *,
    found: int,
    limit: int,
    seen: int,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """
    Record that a page of a long list was read, if it is to be recorded. Of the people who were
    *found*, at most *limit*, the last one is asked for only to know whether there are more.
    """
    count = seen + min(found, max(limit - 1, 1))
    record_bulk_read(app, by, action, target, count=count, seen=seen, facts=facts)


def record_search(app: App, by: Actor, action: str, target: Target, *, count: int) -> None:
    """
    Record that a search showed the data of people, with the one with which they are more than a
    thousand within an hour.
    """
    searcher = f"{by.key} searching"
    hour = app.hourly_reads.add(searcher, count, now=app.clock())
    if hour.people <= _NOTED_WHILE_TYPING:
        return
    app.hourly_reads.forget(searcher)
    changes = {"people": hour.people, "requests": hour.requests}
    with app.database.write() as connection:
        record_entry(app, connection, by, action, target, changes=changes)
