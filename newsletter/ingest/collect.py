"""
Poll sources, and decide for each item whether it is a new, updated or known brief: the first step
of the pipeline.

Fetching and parsing happen outside any transaction; the decisions of one poll are saved in one. An
edit never makes a second brief, and every poll records a summary of what it decided.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from newsletter.errors import SourceError
from newsletter.ingest.images.illustrator import Illustrator
from newsletter.ingest.images.measure import with_measured
from newsletter.ingest.matching import match_items
from newsletter.ingest.new_ids import hold_reason
from newsletter.ingest.parse_items import read_items, read_poll
from newsletter.ingest.parsing.data_urls import with_embedded
from newsletter.ingest.poll_report import report_poll
from newsletter.ingest.prepared_items import prepare_items
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import BriefStatus, Poll, RawItem, ReadingRules
from newsletter.model.decision import Decision, Missing, New, Unparsable, Updated
from newsletter.model.issue import EDITABLE
from newsletter.model.known_item import ParsedItem
from newsletter.model.source import CollectReport, FirstPoll, SourceSettings
from newsletter.settings.plugins import last_line
from newsletter.store.content import source_holds, sources
from newsletter.store.content.known_items import load_known, save_decisions
from newsletter.store.database import Database
from newsletter.store.issues import corrections
from subscribers.text.phrases import phrase

logger = logging.getLogger(__name__)

LONGEST_WAIT = dt.timedelta(hours=24)
# The error of a poll whose complete items are taken.
CUT = "the document breaks off; only its complete items were taken"


def collect_source(
    database: Database,
    settings: SourceSettings,
    source: Source,
    *,
    sandbox: Sandbox,
    illustrator: Illustrator,
    now: dt.datetime,
    clock: Callable[[], float] = time.monotonic,
) -> CollectReport:
    """
    Poll *source* once, save the decisions, and return the report.

    A poll that fails raises nothing: its report holds the error. So does that of a poll whose items
    could be taken in part only. A held or paused source is not polled.
    """
    if settings.pause or settings.hold:
        return CollectReport(source=settings.name, error=settings.pause or settings.hold)
    try:
        poll = with_embedded(source.fetch(settings.state))
    except SourceError as error:
        return save_failure(database, settings, error, now)
    except Exception as error:
        # One broken source must not stop the others, or the schedules that run after them.
        extra = {"event": "source.crashed", "source": settings.name}
        logger.exception("reading source %s crashed", settings.name, extra=extra)
        failure = SourceError(phrase("reading it crashed: {error}", error=last_line(error)))
        return save_failure(database, settings, failure, now)
    read = read_poll(sandbox, poll, _reading(settings), too_slow=settings.too_slow, clock=clock)
    poll = replace(poll, items=read.items)
    parsed = illustrator.attach_images(poll, read.results)
    items = prepare_items(settings, poll.items, parsed, now=now)
    items = _measure_images(database, settings, items, illustrator=illustrator, now=now)
    with database.write() as connection:
        sources.lock_sources(connection)
        report = _save_poll(connection, settings, poll, items, now=now)
        if report.error is not None:
            return report
        report = replace(report, error=CUT if poll.is_cut else read.problem)
        sources.save_poll(
            connection,
            settings,
            report,
            # With its old state, the source gives the waiting items again.
            state=None if read.waiting else poll.state,
            too_slow=read.too_slow,
            now=now,
            wait=settings.every,
            is_whole=not (poll.is_cut or poll.is_waiting or read.waiting),
        )
    if report.error is not None:
        _log_failure(settings, report.error)
    counts = _counts(report)
    logger.info(
        "collected source %s: %s",
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
    Record the *items* of an archive as seen in the source, so that none of them is sent.
    """
    as_first = replace(settings, first_polled_at=None, first_poll=FirstPoll.RECORD)
    parsed = read_items(sandbox, items, _reading(settings))
    prepared = prepare_items(as_first, items, parsed, now=now)
    poll = Poll(items=tuple(items), notes=tuple(notes))
    with database.write() as connection:
        return _save_poll(connection, as_first, poll, prepared, now=now)


def _measure_images(
    database: Database,
    settings: SourceSettings,
    items: Sequence[ParsedItem | Unparsable],
    *,
    illustrator: Illustrator,
    now: dt.datetime,
) -> list[ParsedItem | Unparsable]:
    """
    Measure the images of the new and updated briefs that issues may show.
    """
    if illustrator.get is None or not items:
        return list(items)
    with database.read() as connection:
        known = load_known(connection, settings.name, _parsed(items))
    to_show = [
        decision.item
        for decision in match_items(settings, items, known, now=now)
        if isinstance(decision, Updated)
        or (isinstance(decision, New) and decision.status is not BriefStatus.RECORDED)
    ]
    briefs = with_measured(
        illustrator, [item.brief for item in to_show], location=settings.location
    )
    measured = {item.place: brief for item, brief in zip(to_show, briefs, strict=True)}
    return [
        replace(item, brief=measured[place])
        if isinstance(item, ParsedItem) and place in measured
        else item
        for place, item in enumerate(items)
    ]


def _save_poll(
    connection: sa.Connection,
    settings: SourceSettings,
    poll: Poll,
    items: Sequence[ParsedItem | Unparsable],
    *,
    now: dt.datetime,
) -> CollectReport:
    """
    Match the items again inside a transaction, so that no other poll can store the same brief, and
    save the decisions.
    """
    known = load_known(connection, settings.name, _parsed(items), present=poll.present)
    decisions = match_items(settings, items, known, now=now)
    reason = hold_reason(decisions)
    if reason is not None and settings.first_polled_at and settings.ids_changed_at is None:
        return _hold(connection, settings, reason, now=now)
    save_decisions(connection, settings.name, decisions, now=now)
    return report_poll(
        settings,
        decisions,
        notes=poll.notes,
        briefs=[item.brief for item in items if isinstance(item, ParsedItem)],
        drafts=_drafts(connection, decisions),
        to_correct=_issues_to_correct(connection, decisions),
    )


def _hold(
    connection: sa.Connection, settings: SourceSettings, reason: str, *, now: dt.datetime
) -> CollectReport:
    """
    Hold the source: nothing of this poll is saved, and it is not polled until a person resumes it.
    """
    source_holds.hold_source(connection, settings, reason=reason, now=now)
    extra = {"event": "source.held", "source": settings.name}
    logger.warning("source %s is held: %s", settings.name, reason, extra=extra)
    return CollectReport(
        source=settings.name,
        error=phrase(
            "held: {reason}, and nothing was taken; if the source is in order, run "
            "`newsletter source resume {source}`",
            reason=reason,
            source=settings.name,
        ),
    )


def _parsed(items: Sequence[ParsedItem | Unparsable]) -> list[ParsedItem]:
    return [item for item in items if isinstance(item, ParsedItem)]


def _drafts(connection: sa.Connection, decisions: Sequence[Decision]) -> dict[int, list[int]]:
    """
    Find the drafts that hold a missing brief, by the number of the brief.
    """
    return {
        decision.brief_id: [
            issue_id
            for issue_id, state in corrections.issues_with(connection, decision.brief_id)
            if state in EDITABLE
        ]
        for decision in decisions
        if isinstance(decision, Missing)
    }


def _issues_to_correct(
    connection: sa.Connection, decisions: Sequence[Decision]
) -> dict[int, list[int]]:
    """
    Find the sent issues whose content differs from an updated brief, by the number of the brief.
    """
    return {
        decision.brief_id: corrections.issues_to_correct(connection, decision.brief_id)
        for decision in decisions
        if isinstance(decision, Updated)
    }


def _reading(settings: SourceSettings) -> ReadingRules:
    return replace(settings.reading, timezone=settings.timezone)


def save_failure(
    database: Database, settings: SourceSettings, error: SourceError, now: dt.datetime
) -> CollectReport:
    """
    Save that a poll failed and when to poll again, and return the report.

    The wait doubles with each failure, up to LONGEST_WAIT; a longer Retry-After takes precedence.
    """
    report = CollectReport(source=settings.name, error=str(error))
    wait = min(settings.every * 2 ** min(settings.failures, 10), LONGEST_WAIT)
    if error.retry_after_s is not None:
        wait = max(wait, dt.timedelta(seconds=error.retry_after_s))
    with database.write() as connection:
        sources.save_poll(
            connection, settings, report, state=None, now=now, wait=wait, is_gone=error.is_gone
        )
    _log_failure(settings, str(error))
    return report


def _log_failure(settings: SourceSettings, error: str) -> None:
    extra = {"event": "source.failed", "source": settings.name}
    logger.warning("source %s cannot be read: %s", settings.name, error, extra=extra)


def _counts(report: CollectReport) -> Mapping[str, object]:
    counts = report.as_json()
    return {name: counts[name] for name in ("new", "changed", "held", "recorded")}
