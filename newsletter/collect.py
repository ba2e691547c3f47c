"""
The first step of the road: polls sources and decides, for each item, what it is to us.

Fetching and reading happen outside any transaction; the decisions of one poll are one. An edit
never makes a second brief, and every poll leaves a line that says what it decided.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from newsletter.errors import SourceError
from newsletter.items import read_items
from newsletter.model.brief import Brief, BriefStatus, Poll, RawItem, ReadingRules
from newsletter.model.source import CollectReport, FirstPoll, SourceSettings
from newsletter.sandbox import Sandbox
from newsletter.sources import Source
from newsletter.store import briefs, changes, sightings, sources
from newsletter.store.briefs import StoredBrief
from newsletter.store.database import Database
from newsletter.store.hashing import content_hash, dated_at
from newsletter.store.sightings import Sighting
from newsletter.verdicts import is_anybodys, is_reused, judge_unseen

logger = logging.getLogger(__name__)

LONGEST_WAIT = dt.timedelta(hours=24)


@dataclass(kw_only=True)
class _Tally:
    """
    The decisions of one poll while they are being made.
    """

    keys: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, decision: str, key: str) -> None:
        self.keys.setdefault(decision, []).append(key)

    def report(self, source: str) -> CollectReport:
        def decided(word: str) -> tuple[str, ...]:
            return tuple(self.keys.get(word, ()))

        return CollectReport(
            source=source,
            recorded=decided("recorded"),
            new=decided("new"),
            changed=decided("changed"),
            unchanged=decided("unchanged"),
            held=decided("held"),
            notes=tuple(self.notes),
        )


def collect_source(
    database: Database,
    settings: SourceSettings,
    source: Source,
    *,
    sandbox: Sandbox,
    now: dt.datetime,
) -> CollectReport:
    """
    What one poll of *source* decided. A poll that fails is a report too, never an exception.
    """
    try:
        poll = source.fetch(settings.state)
    except SourceError as error:
        return keep_failure(database, settings, error, now)
    except Exception as error:
        # One broken source must not stop the others, nor the schedules behind them.
        logger.exception("source %s broke", settings.name, extra={"event": "source.broke"})
        told = SourceError(f"its reading broke ({type(error).__name__}); see the log")
        return keep_failure(database, settings, told, now)
    read = read_items(sandbox, poll.items, _reading(settings))
    with database.write() as connection:
        sources.wait_turn(connection)
        report = _decide(connection, settings, poll, read, now)
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
        return _decide(connection, as_first, poll, read, now)


def _decide(
    connection: sa.Connection,
    settings: SourceSettings,
    poll: Poll,
    read: Sequence[Brief | str],
    now: dt.datetime,
) -> CollectReport:
    tally = _Tally(notes=list(poll.notes))
    for item, brief in zip(poll.items, read, strict=True):
        if isinstance(brief, str):
            tally.notes.append(brief if item.key in brief else f"{item.key}: {brief}")
            continue
        seen = Sighting(
            source=settings.name,
            key=item.key,
            second_key=item.second_key,
            site_key=item.site_key,
        )
        known = briefs.find_known(connection, seen)
        if known is not None and is_reused(known.brief, brief):
            seen = Sighting(source=settings.name, key=f"{item.key} | {brief.url}")
            first_use, known = known.brief.title, briefs.find_known(connection, seen)
            if known is None:
                why = f"its id was used before, for “{first_use}”"
                _hold(connection, settings, seen, brief, why=why, tally=tally, now=now)
                continue
        if known is None:
            _meet(connection, settings, seen, brief, tally=tally, now=now)
        else:
            # Where its page is not here again, what was read from it stands.
            digest = known.content_hash if item.is_kept else content_hash(brief)
            _meet_again(
                connection, settings, seen, brief, known=known, digest=digest, tally=tally, now=now
            )
    return tally.report(settings.name)


def _meet(
    connection: sa.Connection,
    settings: SourceSettings,
    seen: Sighting,
    brief: Brief,
    *,
    tally: _Tally,
    now: dt.datetime,
) -> None:
    when = dated_at(brief, settings.timezone, now)
    verdict = judge_unseen(settings, brief, when, now)
    if verdict is None:
        return
    status, why = verdict
    briefs.add_brief(
        connection,
        brief,
        seen=seen,
        content_hash=content_hash(brief),
        status=status,
        why=why,
        dated_at=when,
        now=now,
    )
    tally.add(status.value, seen.key)
    if status is BriefStatus.HELD:
        tally.notes.append(f"{seen.key}: held, {why}")


def _hold(
    connection: sa.Connection,
    settings: SourceSettings,
    seen: Sighting,
    brief: Brief,
    *,
    why: str,
    tally: _Tally,
    now: dt.datetime,
) -> None:
    briefs.add_brief(
        connection,
        brief,
        seen=seen,
        content_hash=content_hash(brief),
        status=BriefStatus.HELD,
        why=why,
        dated_at=dated_at(brief, settings.timezone, now),
        now=now,
    )
    tally.add(BriefStatus.HELD.value, seen.key)
    tally.notes.append(f"{seen.key}: held, {why}")


def _meet_again(
    connection: sa.Connection,
    settings: SourceSettings,
    seen: Sighting,
    brief: Brief,
    *,
    known: StoredBrief,
    digest: str,
    tally: _Tally,
    now: dt.datetime,
) -> None:
    """
    A brief that is stored already: through this source, or first seen here through another.
    *digest* is the hash of its content now.
    """
    if not sightings.is_seen(connection, seen):
        _join(connection, settings, seen, brief, known=known, now=now)
    if known.content_hash == digest:
        tally.add("unchanged", known.key)
        return
    if known.source != settings.name:
        # Two doors of one site word the same post differently: the first door's words stand.
        tally.add("unchanged", known.key)
        return
    briefs.change_brief(connection, known.id, brief, content_hash=digest, now=now)
    tally.add("changed", known.key)
    if known.status is BriefStatus.NEW and is_anybodys(settings):
        why = "came by mail once more, in other words"
        briefs.set_status(connection, known.id, BriefStatus.HELD, why=why)
        tally.notes.append(f"{known.key}: held, {why}")
    tally.notes += [
        f"{known.key}: changed after issue {issue_id} was sent; "
        f"`newsletter issue correct {issue_id}` tells its readers"
        for issue_id in changes.issues_to_correct(connection, known.id)
    ]


def _join(
    connection: sa.Connection,
    settings: SourceSettings,
    seen: Sighting,
    brief: Brief,
    *,
    known: StoredBrief,
    now: dt.datetime,
) -> None:
    """
    Notes a new key of a known brief. What a source once showed as no news stays no news there.
    """
    is_news = sightings.was_news(connection, known.id, settings.name)
    if is_news is None:
        verdict = judge_unseen(settings, brief, known.dated_at, now)
        is_news = verdict is not None and verdict[0] is BriefStatus.NEW
        if is_news and known.status is BriefStatus.RECORDED:
            why = f"new in {settings.name}"
            briefs.set_status(connection, known.id, BriefStatus.NEW, why=why)
    sightings.note_sighting(connection, known.id, seen, is_news=is_news)


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
