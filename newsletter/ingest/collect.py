"""
The first step of the pipeline: polls sources and decides, for each item, what it is to us.

Fetching and reading happen outside any transaction; the decisions of one poll are one. An edit
never makes a second brief, and every poll leaves a line that says what it decided.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from newsletter.errors import SourceError
from newsletter.ingest.images.illustrator import Illustrator
from newsletter.ingest.images.measure import with_measured
from newsletter.ingest.matching import decide, news_in
from newsletter.ingest.parse_items import read_items
from newsletter.ingest.parsing.data_urls import with_embedded
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Poll, RawItem, ReadingRules
from newsletter.model.source import CollectReport, FirstPoll, SourceSettings
from newsletter.store.content import sources
from newsletter.store.database import Database

logger = logging.getLogger(__name__)

LONGEST_WAIT = dt.timedelta(hours=24)


def collect_source(
    database: Database,
    settings: SourceSettings,
    source: Source,
    *,
    sandbox: Sandbox,
    illustrator: Illustrator,
    now: dt.datetime,
) -> CollectReport:
    """
    What one poll of *source* decided. A poll that fails is a report too, never an exception.
    """
    try:
        poll = with_embedded(source.fetch(settings.state))
    except SourceError as error:
        return keep_failure(database, settings, error, now)
    except Exception as error:
        # One broken source must not stop the others, nor the schedules behind them.
        logger.exception("source %s broke", settings.name, extra={"event": "source.broke"})
        told = SourceError(f"its reading broke ({type(error).__name__}); see the log")
        return keep_failure(database, settings, told, now)
    read = read_items(sandbox, poll.items, _reading(settings))
    read = illustrator.attach_images(poll, read)
    with database.read() as connection:
        news = news_in(connection, settings, poll, read, now)
    measured = with_measured(illustrator, list(news.values()), location=settings.location)
    for place, brief in zip(news, measured, strict=True):
        read[place] = brief
    with database.write() as connection:
        sources.lock_sources(connection)
        report = decide(connection, settings, poll, read, now)
        sources.keep_poll(
            connection,
            settings,
            report,
            state=poll.state,
            now=now,
            wait=settings.every,
            is_whole=not (poll.is_cut or poll.is_waiting),
        )
    counts = _counts(report)
    logger.info(
        "source %s collected: %s",
        settings.name,
        ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing new",
        extra={"event": "source.collected", "source": settings.name, **counts},
    )
    return report


def record_archive(
    database: Database,
    settings: SourceSettings,
    items: Sequence[RawItem],
    *,
    notes: Sequence[str],
    sandbox: Sandbox,
    now: dt.datetime,
) -> CollectReport:
    """
    What became of an archive's *items*: recorded as seen in that source, never sent.
    """
    as_first = replace(settings, first_polled_at=None, first_poll=FirstPoll.RECORD)
    read = read_items(sandbox, items, _reading(settings))
    with database.write() as connection:
        poll = Poll(items=tuple(items), notes=tuple(notes))
        return decide(connection, as_first, poll, read, now)


def _reading(settings: SourceSettings) -> ReadingRules:
    return replace(settings.reading, timezone=settings.timezone)


def keep_failure(
    database: Database, settings: SourceSettings, error: SourceError, now: dt.datetime
) -> CollectReport:
    """
    The report of a poll that failed, written down with when to try again: later each time.
    """
    report = CollectReport(source=settings.name, error=str(error))
    wait = min(settings.every * 2 ** min(settings.failures, 10), LONGEST_WAIT)
    if error.retry_after_s is not None:
        wait = max(wait, dt.timedelta(seconds=error.retry_after_s))
    with database.write() as connection:
        sources.keep_poll(
            connection, settings, report, state=None, now=now, wait=wait, is_gone=error.is_gone
        )
    logger.warning("source %s failed: %s", settings.name, error, extra={"event": "source.failed"})
    return report


def _counts(report: CollectReport) -> Mapping[str, object]:
    counts = report.as_json()
    return {name: counts[name] for name in ("new", "changed", "held", "recorded")}
