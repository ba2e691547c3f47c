"""
Poll a source without storing anything, to show what it would bring before somebody adds it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from newsletter.errors import SourceError
from newsletter.ingest.collect import CUT
from newsletter.ingest.intake_rules import classify_new
from newsletter.ingest.parse_items import read_poll
from newsletter.ingest.parsing.data_urls import with_embedded
from newsletter.ingest.prepared_items import prepare_items
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.decision import Unparsable
from newsletter.model.known_item import ParsedItem
from newsletter.model.source import SourceSettings
from newsletter.settings.plugins import last_line
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class TriedItem:
    """
    An item of a source that was tried. `brief` is None if it cannot be read; `status` is what it
    would be stored with, None if it would be left out; `why` is the reason for either.
    """

    brief: Brief | None
    status: BriefStatus | None
    dated_at: dt.datetime | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class SourceTrial:
    """
    What a first poll of a source would bring, in its order. `problem` says why that is not all of
    it.
    """

    settings: SourceSettings
    items: tuple[TriedItem, ...]
    notes: tuple[str, ...] = ()
    problem: str | None = None


def try_source(
    settings: SourceSettings, source: Source, *, sandbox: Sandbox, now: dt.datetime
) -> SourceTrial:
    """
    Poll *source* and return what that would bring. Nothing is stored; it waits for other servers.

    Raises:
        SourceError: it cannot be polled.
    """
    try:
        poll = with_embedded(source.fetch({}))
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(phrase("reading it crashed: {error}", error=last_line(error))) from error
    rules = replace(settings.reading, timezone=settings.timezone)
    read = read_poll(sandbox, poll, rules, too_slow={})
    items = prepare_items(settings, read.items, read.results, now=now)
    return SourceTrial(
        settings=settings,
        items=tuple(_tried(settings, item, now) for item in items),
        notes=poll.notes,
        problem=CUT if poll.is_cut else read.problem,
    )


def _tried(settings: SourceSettings, item: ParsedItem | Unparsable, now: dt.datetime) -> TriedItem:
    if isinstance(item, Unparsable):
        return TriedItem(brief=None, status=None, why=item.reason)
    intake = classify_new(settings, item.brief, item.dated_at, now)
    return TriedItem(
        brief=item.brief,
        status=intake.status if intake else None,
        dated_at=item.dated_at,
        why=intake.why if intake else "",
    )
