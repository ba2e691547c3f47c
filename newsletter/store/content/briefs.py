"""
Store briefs, change their status, and select those a schedule may still send.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.errors import Refused, UnknownBrief
from newsletter.model.brief import Brief, BriefStatus, StatusCause
from newsletter.model.decision import New
from newsletter.model.issue import AudienceRule, IssueKind, IssueState
from newsletter.model.known_item import KnownKey
from newsletter.model.schedule import Order
from newsletter.store.content.item_keys import add_item_keys
from newsletter.store.content.sent_briefs import taken_briefs
from newsletter.store.outgoing.issue_events import add_collected_events
from newsletter.store.tables import brief, issue, issue_brief, item_key
from subscribers.database.columns import is_numbered
from subscribers.text.phrases import phrase
from subscribers.text.stored_phrases import stored_reason, with_phrases

BY_HAND = "by hand"


@dataclass(frozen=True, kw_only=True)
class StoredBrief:
    """
    A brief as stored. Briefs are ordered by `dated_at`: the brief's own date, else when it was
    first seen. One that is dated in the future waits. A pinned brief comes first in its next issue.
    `edited` names the fields that a person set.
    """

    id: int
    source: str
    key: str
    status: BriefStatus
    status_reason: str
    content_hash: str
    first_seen_at: dt.datetime
    changed_at: dt.datetime
    dated_at: dt.datetime
    is_pinned: bool = False
    edited: tuple[str, ...] = ()
    brief: Brief

    @property
    def day(self) -> dt.date:
        """
        The date that is shown of the brief.
        """
        return self.brief.date or self.dated_at.date()

    def as_json(self) -> dict[str, Any]:
        """
        Return the brief's fields as JSON values, with its id, source, key and status before them.
        """
        return {
            "id": self.id,
            "source": self.source,
            "key": self.key,
            "status": self.status,
            "status_reason": self.status_reason,
            "pinned": self.is_pinned,
            "edited": list(self.edited),
            **self.brief.as_json(),
        }


def add_briefs(connection: sa.Connection, new: Sequence[New], *, now: dt.datetime) -> list[int]:
    """
    Store the *new* briefs, each with its first key, and return their numbers in the same order.
    """
    if not new:
        return []
    inserted = connection.execute(
        sa.insert(brief).returning(brief.c.id, sort_by_parameter_order=True),
        [_new_row(decision, now) for decision in new],
    )
    ids = [int(brief_id) for brief_id in inserted.scalars()]
    add_item_keys(
        connection,
        [
            KnownKey(
                key=decision.item.key,
                brief_id=brief_id,
                is_new=decision.status is BriefStatus.NEW,
            )
            for decision, brief_id in zip(new, ids, strict=True)
        ],
    )
    found = zip(ids, new, strict=True)
    add_collected_events(connection, (_report(brief_id, each) for brief_id, each in found), now=now)
    return ids


def _report(brief_id: int, new: New) -> dict[str, Any]:
    """
    Return what webhooks are sent about a brief.
    """
    item = new.item
    return {
        "brief_id": brief_id,
        "source": item.key.source,
        "title": item.brief.title,
        "url": item.brief.url,
        "status": new.status.value,
    }


def _new_row(new: New, now: dt.datetime) -> dict[str, Any]:
    item = new.item
    return {
        "source_name": item.key.source,
        "key": str(item.key),
        "site_key": item.key.site_key,
        "content_hash": item.content_hash,
        "link": item.link,
        "text_hash": item.text_hash,
        "status": new.status,
        **with_phrases({"status_reason": new.why}),
        "first_seen_at": now,
        "changed_at": now,
        "dated_at": item.dated_at,
        "edited": [],
        "fields": item.brief.as_json(),
    }


def load_brief(connection: sa.Connection, brief_id: int) -> StoredBrief:
    """
    Return the brief with the id *brief_id*.

    Raises:
        UnknownBrief: there is none.
    """
    row = connection.execute(sa.select(brief).where(brief.c.id == brief_id)).one_or_none()
    if row is None:
        raise UnknownBrief(
            phrase("no brief {brief}: `newsletter brief list` shows them", brief=brief_id)
        )
    return stored_brief(row)


def latest_briefs(
    connection: sa.Connection, *, status: BriefStatus | None, most: int | None
) -> list[StoredBrief]:
    """
    Return the newest briefs, at most *most*, with *status* or with any if it is None.
    """
    wanted = sa.select(brief).order_by(brief.c.dated_at.desc(), brief.c.id.desc()).limit(most)
    if status is not None:
        wanted = wanted.where(brief.c.status == status)
    return [stored_brief(row) for row in connection.execute(wanted)]


def briefs_after(
    connection: sa.Connection,
    after: int | None,
    *,
    order: Order = Order.NEWEST,
    status: BriefStatus | None = None,
    source: str | None = None,
    most: int,
) -> list[StoredBrief]:
    """
    Return the briefs that come after the number *after* (None: all) in an order, at most *most*;
    with *status* or *source*, only those that have it.
    """
    number = brief.c.id
    wanted = sa.select(brief).where(*_which_have(status, source)).limit(most)
    if after is not None:
        wanted = wanted.where(number < after if order is Order.NEWEST else number > after)
    wanted = wanted.order_by(number.desc() if order is Order.NEWEST else number)
    return [stored_brief(row) for row in connection.execute(wanted)]


def count_briefs(
    connection: sa.Connection, *, status: BriefStatus | None = None, source: str | None = None
) -> int:
    """
    Return how many briefs `briefs_after` finds in all, from an index alone.
    """
    counted = sa.select(sa.func.count()).select_from(brief)
    return connection.scalar(counted.where(*_which_have(status, source))) or 0


def _which_have(status: BriefStatus | None, source: str | None) -> list[sa.ColumnElement[bool]]:
    wanted = ((brief.c.status, status), (brief.c.source_name, source))
    return [column == value for column, value in wanted if value is not None]


def hold_brief(connection: sa.Connection, brief_id: int, *, reason: str, by: str | None) -> None:
    """
    Hold a brief on behalf of the person *by*, if they have a name, so that no schedule sends it.
    """
    words = phrase("held by {name}", name=by) if by else phrase("held by a person")
    if reason and by:
        words = phrase("held by {name}: {reason}", name=by, reason=reason)
    elif reason:
        words = phrase("held by a person: {reason}", reason=reason)
    set_status(connection, [brief_id], BriefStatus.HELD, reason=words)


def release_brief(connection: sa.Connection, brief_id: int) -> None:
    """
    Free a held or recorded brief for issues on behalf of a person. If it was sent before it was
    held, it becomes used again.

    Raises:
        Refused: it was sent, and is not held.
    """
    if load_brief(connection, brief_id).status is BriefStatus.USED:
        raise Refused(
            phrase(
                "brief {brief} was sent: `newsletter issue new --brief` sends it again",
                brief=brief_id,
            )
        )
    was_sent = (
        sa.select(issue.c.id)
        .join(issue_brief, issue_brief.c.issue_id == issue.c.id)
        .where(
            issue_brief.c.brief_id == brief_id,
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state == IssueState.SUBMITTED,
        )
    )
    is_used = connection.execute(was_sent).first() is not None
    status = BriefStatus.USED if is_used else BriefStatus.NEW
    set_status(
        connection, [brief_id], status, reason=phrase("freed by a person"), cause=StatusCause.FREED
    )
    connection.execute(
        sa.update(item_key).where(item_key.c.brief_id == brief_id).values(is_new=True)
    )


def set_status(
    connection: sa.Connection,
    brief_ids: Collection[int],
    status: BriefStatus,
    *,
    reason: str,
    cause: StatusCause | None = None,
) -> None:
    """
    Set the status of briefs, with the reason as text, and with a *cause* where later steps depend
    on it.
    """
    connection.execute(
        sa.update(brief)
        .where(brief.c.id.in_(brief_ids))
        .values(status=status, cause=cause, **with_phrases({"status_reason": reason}))
    )


def set_pinned(connection: sa.Connection, brief_id: int, *, pinned: bool) -> None:
    """
    Pin the brief until an issue with it is submitted, or unpin it.
    """
    connection.execute(sa.update(brief).where(brief.c.id == brief_id).values(is_pinned=pinned))


def candidates(
    connection: sa.Connection,
    *,
    sources: Sequence[str],
    schedule_id: int,
    readers: AudienceRule,
    repeats: bool,
) -> list[StoredBrief]:
    """
    Return the briefs a schedule may still send, newest first: those of its sources that are free,
    in none of its own issues, and (unless it *repeats*) in no other schedule's issue to some of its
    *readers*. Issues that were cancelled before any submission do not count.
    """
    news = sa.select(item_key.c.brief_id).where(
        item_key.c.source_name.in_(list(sources)), item_key.c.is_new
    )
    newest_first = brief.c.dated_at.desc(), brief.c.id.desc()
    may_be_sent = brief.c.status.in_([BriefStatus.NEW, BriefStatus.USED])
    found = connection.scalars(sa.select(brief.c.id).where(brief.c.id.in_(news), may_be_sent))
    free = set(found) - taken_briefs(connection, schedule_id, readers, repeats=repeats)
    # After years, nearly all are taken: of those, nothing but the number is read.
    rows = connection.execute(
        sa.select(brief).where(is_numbered(connection, brief.c.id, free)).order_by(*newest_first)
    )
    return [stored_brief(row) for row in rows]


def stored_brief(row: Any, brief: Brief | None = None) -> StoredBrief:
    """
    Return the brief of a row that was selected. *brief* is what it says, if the row lacks its
    fields.
    """
    return StoredBrief(
        id=row.id,
        source=row.source_name,
        key=row.key,
        status=BriefStatus(row.status),
        status_reason=stored_reason(row, "status_reason"),
        content_hash=row.content_hash,
        first_seen_at=row.first_seen_at,
        changed_at=row.changed_at,
        dated_at=row.dated_at,
        is_pinned=row.is_pinned,
        edited=tuple(row.edited),
        brief=brief or Brief.from_json(row.fields),
    )


def remove_brief(connection: sa.Connection, brief_id: int) -> None:
    """
    Remove a brief that is in no issue, with what recognises it.
    """
    connection.execute(sa.delete(brief).where(brief.c.id == brief_id))
