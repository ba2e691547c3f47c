"""
Store which notices stand: the issues that people can be added to, by kind, list and language.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import IssueState
from newsletter.model.notice import NoticeKind, StandingNotice
from newsletter.store.tables import epoch, issue, standing_notice
from subscribers.database.tables import mailing_list
from subscribers.errors import UnknownList
from subscribers.text.phrases import phrase

_n = standing_notice


@dataclass(frozen=True, kw_only=True)
class NoticeKey:
    """
    What a standing notice is for: its kind, the list that it is about (None if about none or
    several), and its language.
    """

    kind: NoticeKind
    list_id: int | None
    language: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """
    A notice that stands, with the hash of its content, and when it failed over, if it did.
    """

    notice: StandingNotice
    content_hash: str
    failed_over_at: dt.datetime | None


def find_standing(connection: sa.Connection, key: NoticeKey) -> Found | None:
    """
    Return the notice that stands for *key*. One that was cancelled does not stand any more.
    """
    row = connection.execute(_standing(key)).one_or_none()
    if row is None:
        return None
    notice = StandingNotice(
        issue_id=row.issue_id,
        kind=key.kind,
        list_id=key.list_id,
        language=key.language,
        batch_size=row.batch_size,
    )
    return Found(notice=notice, content_hash=row.content_hash, failed_over_at=row.failed_over_at)


def slug_of(connection: sa.Connection, list_id: int) -> str:
    """
    Return the slug of the list that a notice is about.

    Raises:
        UnknownList: there is no such list any more.
    """
    found = sa.select(mailing_list.c.slug).where(mailing_list.c.id == list_id)
    slug = connection.execute(found).scalar_one_or_none()
    if slug is None:
        raise UnknownList(phrase("there is no list with the number {list}", list=list_id))
    return str(slug)


def lock_creation(connection: sa.Connection) -> None:
    """
    Let only one process begin a notice at a time, until its transaction ends.
    """
    connection.execute(sa.select(epoch.c.id).with_for_update())


def lock_standing(connection: sa.Connection, notice: StandingNotice) -> int | None:
    """
    Keep *notice* standing until the transaction ends, or the one that has replaced it. Return the
    number of its issue, or None if there is none any more.
    """
    key = NoticeKey(kind=notice.kind, list_id=notice.list_id, language=notice.language)
    row = connection.execute(
        _standing(key).with_for_update(read=True, key_share=True, of=_n)
    ).one_or_none()
    return None if row is None else row.issue_id


def stand(connection: sa.Connection, notice: StandingNotice, *, content_hash: str) -> None:
    """
    Let *notice* stand instead of any other for the same key. The other is submitted once its
    batches are settled.
    """
    key = NoticeKey(kind=notice.kind, list_id=notice.list_id, language=notice.language)
    connection.execute(sa.delete(_n).where(*_matches(key)))
    connection.execute(
        sa.insert(_n).values(
            issue_id=notice.issue_id,
            kind=notice.kind.value,
            list_id=notice.list_id,
            language=notice.language,
            content_hash=content_hash,
            batch_size=notice.batch_size,
        )
    )


def end_all_standing(connection: sa.Connection) -> None:
    """
    Let no notice stand any more: new ones begin when they are needed.
    """
    connection.execute(sa.delete(_n))


def _standing(key: NoticeKey) -> sa.Select[Any]:
    return (
        sa.select(_n.c.issue_id, _n.c.batch_size, _n.c.content_hash, issue.c.failed_over_at)
        .join(issue, issue.c.id == _n.c.issue_id)
        .where(*_matches(key), issue.c.state.in_([IssueState.SENDING, IssueState.PAUSED]))
    )


def _matches(key: NoticeKey) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _n.c.kind == key.kind.value,
        _n.c.list_id.is_(None) if key.list_id is None else _n.c.list_id == key.list_id,
        _n.c.language == key.language,
    )
