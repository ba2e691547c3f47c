"""
Store the settings of sources, and the report of each poll.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.errors import Refused, UnknownSource
from newsletter.model.brief import BriefStatus, ReadingRules
from newsletter.model.source import (
    CollectReport,
    FirstPoll,
    SourceSettings,
    SourceStanding,
)
from newsletter.store.content.poll_reports import error_in, save_report
from newsletter.store.tables import brief, poll, source
from subscribers.text.phrases import pack_text, phrase, unpack_text
from subscribers.text.stored_phrases import stored_reason


def add_source(connection: sa.Connection, settings: SourceSettings, *, now: dt.datetime) -> None:
    """
    Add a source (its `id` is ignored).

    Raises:
        Refused: there is already one with that name.
    """
    if settings.name in {found.name for found in all_sources(connection)}:
        raise Refused(
            phrase(
                "a source named {settings} already exists: change it with `newsletter "
                "source edit {settings}`, or choose another name",
                settings=settings.name,
            )
        )
    values = {**_columns_of(settings), "state": {}, "created_at": now}
    connection.execute(sa.insert(source).values(values))


def change_source(connection: sa.Connection, settings: SourceSettings) -> None:
    """
    Replace the settings of the source with the id of *settings*. If its location changes, the
    source is polled from the beginning and no longer counts as gone.
    """
    here = source.c.id == settings.id
    moved = sa.update(source).where(here, source.c.location != settings.location)
    connection.execute(
        moved.values(
            state={},
            failures=0,
            failing_since=None,
            is_gone=False,
            held_since=None,
            hold_reason=None,
            hold_phrase=None,
            next_poll_at=None,
        )
    )
    connection.execute(sa.update(source).where(here).values(_columns_of(settings)))


def _columns_of(settings: SourceSettings) -> dict[str, Any]:
    return {
        "name": settings.name,
        "kind": settings.kind,
        "location": settings.location,
        "every_s": int(settings.every.total_seconds()),
        "first_poll": settings.first_poll,
        "look_back_s": int(settings.look_back.total_seconds()),
        "settle_s": int(settings.settle.total_seconds()),
        "timezone": settings.timezone,
        "categories": list(settings.categories),
        "secret": settings.key,
        "reading": settings.reading.as_json(),
    }


def remove_source(connection: sa.Connection, name: str) -> None:
    """
    Remove a source; its briefs stay.

    Raises:
        UnknownSource: there is none with that name.
    """
    found = find_source(connection, name)
    connection.execute(sa.delete(source).where(source.c.id == found.id))


def all_sources(connection: sa.Connection) -> list[SourceSettings]:
    """
    Return all sources, ordered by name.
    """
    return [_source(row) for row in connection.execute(sa.select(source).order_by(source.c.name))]


def find_source(connection: sa.Connection, name: str) -> SourceSettings:
    """
    Return the source called *name*.

    Raises:
        UnknownSource: there is none; the message suggests the nearest name.
    """
    row = connection.execute(sa.select(source).where(source.c.name == name)).one_or_none()
    if row is None:
        known = [found.name for found in all_sources(connection)]
        nearest = difflib.get_close_matches(name, known, n=1)
        advice = phrase("add one with `newsletter source add`")
        if nearest:
            advice = phrase("did you mean {near}?", near=nearest[0])
        elif known:
            advice = phrase("the sources are {names}", names=", ".join(known))
        raise UnknownSource(phrase("no source {name}: {advice}", name=name, advice=advice))
    return _source(row)


def standings(connection: sa.Connection) -> list[SourceStanding]:
    """
    Return the status of every source, ordered by name.
    """
    last_polls = connection.execute(
        sa.select(source.c.id, poll.c.report).join(
            poll, (poll.c.source_id == source.c.id) & (poll.c.at == source.c.last_polled_at)
        )
    )
    errors = {row.id: error_in(row.report) for row in last_polls}
    counted = connection.execute(
        sa.select(brief.c.source_name, brief.c.status, sa.func.count().label("number")).group_by(
            brief.c.source_name, brief.c.status
        )
    )
    counts: dict[str, dict[str, int]] = {}
    for row in counted:
        counts.setdefault(row.source_name, {})[row.status] = row.number
    warned = _briefs_with_warnings(connection)
    return [
        SourceStanding(
            source=found,
            error=errors.get(found.id),
            briefs=counts.get(found.name, {}),
            with_warnings=tuple(warned.get(found.name, ())),
        )
        for found in all_sources(connection)
    ]


def with_last_error(
    connection: sa.Connection, which: sa.ColumnElement[bool]
) -> list[SourceStanding]:
    """
    Return the sources that fit *which*, with the error of the last poll of each, ordered by name.
    """
    last = (poll.c.source_id == source.c.id) & (poll.c.at == source.c.last_polled_at)
    rows = connection.execute(
        sa.select(source, poll.c.report)
        .outerjoin(poll, last)
        .where(which)
        .order_by(source.c.name, poll.c.id)
    )
    # Two polls may have the same time: the later one counts.
    last_of = {row.id: row for row in rows}
    return [
        SourceStanding(source=_source(row), error=error_in(row.report)) for row in last_of.values()
    ]


def _briefs_with_warnings(connection: sa.Connection) -> dict[str, list[int]]:
    """
    Find the unsent briefs with a warning, by source.
    """
    rows = connection.execute(
        sa.select(brief.c.source_name, brief.c.id)
        .where(
            brief.c.status.in_([BriefStatus.NEW, BriefStatus.HELD]),
            brief.c.fields["warnings"].as_string() != "[]",
        )
        .order_by(brief.c.id)
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.source_name, []).append(row.id)
    return found


def failing(connection: sa.Connection, names: Sequence[str]) -> list[SourceStanding]:
    """
    Return the status of each of the named sources that failed at its last poll, or is held; not of
    those that staff paused.
    """
    last_report = (
        sa.select(poll.c.report)
        .where(poll.c.source_id == source.c.id)
        .order_by(poll.c.at.desc(), poll.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(source, last_report.label("report"))
        .where(
            source.c.name.in_(list(names)),
            source.c.paused_at.is_(None),
            (source.c.failures > 0) | source.c.held_since.is_not(None),
        )
        .order_by(source.c.name)
    )
    return [SourceStanding(source=_source(row), error=error_in(row.report)) for row in rows]


def lock_sources(connection: sa.Connection) -> None:
    """
    Lock all sources until the transaction ends, so that on PostgreSQL two concurrent polls do not
    both store the same brief as new.
    """
    every = sa.select(source.c.id).order_by(source.c.id).with_for_update(key_share=True)
    connection.execute(every).all()


def save_poll(
    connection: sa.Connection,
    polled: SourceSettings,
    report: CollectReport,
    *,
    state: Mapping[str, str] | None,
    now: dt.datetime,
    wait: dt.timedelta,
    is_gone: bool = False,
    is_whole: bool = True,
    too_slow: Mapping[str, str] | None = None,
) -> None:
    """
    Save the report of one poll, and when the next is due. If *state* or *too_slow* is None (a
    failed poll), the previous one is kept. An incomplete poll does not count as the first one,
    because the items it left out existed before the source was added and are not news.
    """
    save_report(connection, polled, report, now=now)
    values: dict[str, Any] = {"last_polled_at": now, "next_poll_at": now + wait}
    if report.error is None:
        first = polled.first_polled_at or (now if is_whole else None)
        values |= {"failures": 0, "failing_since": None, "first_polled_at": first}
        if is_whole:
            values["ids_changed_at"] = None
    else:
        since = polled.failing_since or now
        values |= {"failures": polled.failures + 1, "failing_since": since, "is_gone": is_gone}
    if state is not None:
        values["state"] = dict(state)
    if too_slow is not None:
        values["too_slow"] = {digest: pack_text(why) for digest, why in too_slow.items()}
    connection.execute(sa.update(source).where(source.c.id == polled.id).values(values))


def _source(row: Any) -> SourceSettings:
    return SourceSettings(
        id=row.id,
        name=row.name,
        kind=row.kind,
        location=row.location,
        every=dt.timedelta(seconds=row.every_s),
        first_poll=FirstPoll(row.first_poll),
        look_back=dt.timedelta(seconds=row.look_back_s),
        settle=dt.timedelta(seconds=row.settle_s),
        timezone=row.timezone,
        categories=tuple(row.categories),
        key=row.secret,
        reading=ReadingRules.from_json(row.reading),
        state=row.state,
        first_polled_at=row.first_polled_at,
        last_polled_at=row.last_polled_at,
        next_poll_at=row.next_poll_at,
        failures=row.failures,
        is_gone=row.is_gone,
        failing_since=row.failing_since,
        held_since=row.held_since,
        hold_reason=stored_reason(row, "hold_reason"),
        ids_changed_at=row.ids_changed_at,
        too_slow={digest: unpack_text(why) for digest, why in row.too_slow.items()},
        paused_at=row.paused_at,
        pause_reason=row.pause_reason,
    )
