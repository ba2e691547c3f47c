"""
Select the briefs that staff look through: by state, source and day, by words in title and text, a
page at a time, with the issues that each is in.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.errors import UnknownBrief
from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.image import ImageInfo
from newsletter.model.issue import AudienceRule, IssueKind, IssueState
from newsletter.store.content.briefs import StoredBrief, stored_brief
from newsletter.store.content.images import copy_weight, find_images
from newsletter.store.tables import brief, issue, issue_brief
from subscribers.text.phrases import phrase

# So many briefs are read for one page of a search.
MOST_SEARCHED = 2_000


@dataclass(frozen=True, kw_only=True)
class InboxFilter:
    """
    Which briefs to show: with one of the *states* (None: all), of a source, dated from the day
    *since* to the day *until*, and with all *words* somewhere in title and text.
    """

    states: tuple[BriefStatus, ...] | None = None
    source: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InboxPage:
    """
    The briefs of one page, newest first. `older` and `newer` are the numbers of the briefs that the
    pages beside it begin after, if there are any. `is_cut`: the search did not read all briefs; it
    continues on the page of older ones.
    """

    briefs: Sequence[StoredBrief] = ()
    older: int | None = None
    newer: int | None = None
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class BriefUse:
    """
    An issue that a brief is in. `number` is its number for readers, and `sent_at` when its sending
    ended, or else began; None before.
    """

    brief_id: int
    issue_id: int
    state: IssueState
    subject: str | None
    lists: tuple[str, ...]
    number: int | None = None
    sent_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BriefSides:
    """
    A brief as it is, beside what its source gave: the same, unless a person edited it. `image` is
    its lead image, if it was measured, `copy_weight` how many bytes the copy has that readers load.
    """

    stored: StoredBrief
    given: Brief
    image: ImageInfo | None
    copy_weight: int | None
    uses: Sequence[BriefUse]


def load_sides(connection: sa.Connection, brief_id: int) -> BriefSides:
    """
    Return a brief with what its source gave, its image and the issues it is in.

    Raises:
        UnknownBrief: there is none.
    """
    row = connection.execute(sa.select(brief).where(brief.c.id == brief_id)).one_or_none()
    if row is None:
        raise UnknownBrief(
            phrase("no brief {brief}: `newsletter brief list` shows them", brief=brief_id)
        )
    stored = stored_brief(row)
    address = stored.brief.image_url
    image = find_images(connection, [address]).get(address) if address else None
    return BriefSides(
        stored=stored,
        given=Brief.from_json(row.given or row.fields),
        image=image,
        copy_weight=copy_weight(connection, image.id) if image and image.is_copied else None,
        uses=uses_of(connection, [brief_id]),
    )


def find_briefs(connection: sa.Connection, brief_ids: Sequence[int]) -> list[StoredBrief]:
    """
    Return those of the briefs *brief_ids* that exist, in this order.
    """
    if not brief_ids:
        return []
    rows = connection.execute(sa.select(brief).where(brief.c.id.in_(brief_ids)))
    known = {row.id: stored_brief(row) for row in rows}
    return [known[each] for each in brief_ids if each in known]


def load_page(
    connection: sa.Connection,
    wanted: InboxFilter,
    *,
    beside: int | None,
    is_newer: bool = False,
    most: int,
) -> InboxPage:
    """
    Return at most *most* briefs that are older than the brief *beside* (None: the newest), or with
    *is_newer* those directly before it.
    """
    query = _beside(_filtered(wanted), beside, is_newer=is_newer)
    if wanted.words:
        found, end = _search(connection, query, wanted.words, most=most + 1)
    else:
        found, end = list(connection.execute(query.add_columns(brief).limit(most + 1))), None
    has_more = len(found) > most
    shown = found[:most]
    briefs = [stored_brief(row) for row in (reversed(shown) if is_newer else shown)]
    further = (briefs[0 if is_newer else -1].id if briefs else None) if has_more else end
    back = briefs[-1 if is_newer else 0].id if briefs and beside is not None else None
    older, newer = (back, further) if is_newer else (further, back)
    return InboxPage(
        briefs=briefs, older=older, newer=newer, is_cut=not has_more and end is not None
    )


def _filtered(wanted: InboxFilter) -> sa.Select[Any]:
    query = sa.select()
    if wanted.states is not None:
        query = query.where(brief.c.status.in_(wanted.states))
    if wanted.source is not None:
        query = query.where(brief.c.source_name == wanted.source)
    if wanted.since is not None:
        query = query.where(_day_is(operator.ge, wanted.since))
    if wanted.until is not None:
        query = query.where(_day_is(operator.lt, wanted.until + dt.timedelta(days=1)))
    return query


def _day_is(
    compare: Callable[[Any, Any], sa.ColumnElement[bool]], day: dt.date
) -> sa.ColumnElement[bool]:
    """
    Compare the date that is shown of a brief with *day*: its own, or that on which it came (UTC).
    """
    own = brief.c.fields["date"].as_string()
    came = compare(brief.c.dated_at, dt.datetime.combine(day, dt.time(), dt.UTC))
    return sa.or_(compare(own, day.isoformat()), sa.and_(own.is_(None), came))


def _beside(query: sa.Select[Any], beside: int | None, *, is_newer: bool) -> sa.Select[Any]:
    place = sa.tuple_(brief.c.dated_at, brief.c.id)
    if beside is not None:
        at = sa.select(brief.c.dated_at).where(brief.c.id == beside).scalar_subquery()
        here = sa.tuple_(at, sa.literal(beside))
        query = query.where(place > here if is_newer else place < here)
    if is_newer:
        return query.order_by(brief.c.dated_at, brief.c.id)
    return query.order_by(brief.c.dated_at.desc(), brief.c.id.desc())


def _search(
    connection: sa.Connection, query: sa.Select[Any], words: Sequence[str], *, most: int
) -> tuple[list[Any], int | None]:
    """
    Return the rows with all *words*, and the last brief that was read if there are more.
    """
    texts = query.add_columns(
        brief.c.id,
        brief.c.fields["title"].as_string().label("title"),
        brief.c.fields["body_text"].as_string().label("text"),
    )
    # Compared here, because SQLite folds the case of ASCII alone.
    folded = [word.casefold() for word in words]
    read = connection.execute(texts.limit(MOST_SEARCHED)).all()
    ids = [row.id for row in read if _has_all(f"{row.title}\n{row.text}".casefold(), folded)][:most]
    rows = connection.execute(sa.select(brief).where(brief.c.id.in_(ids))) if ids else ()
    by_id = {row.id: row for row in rows}
    end = read[-1].id if len(read) == MOST_SEARCHED else None
    return [by_id[each] for each in ids], end


def _has_all(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)


def count_by_state(connection: sa.Connection) -> dict[str, dict[BriefStatus, int]]:
    """
    Count the briefs of each source by state.
    """
    rows = connection.execute(
        sa.select(brief.c.source_name, brief.c.status, sa.func.count().label("number")).group_by(
            brief.c.source_name, brief.c.status
        )
    )
    counts: dict[str, dict[BriefStatus, int]] = {}
    for row in rows:
        counts.setdefault(row.source_name, {})[BriefStatus(row.status)] = row.number
    return counts


def uses_of(connection: sa.Connection, brief_ids: Collection[int]) -> list[BriefUse]:
    """
    Return the issues that briefs are in, except test mails and cancelled ones, the newest first.
    """
    if not brief_ids:
        return []
    rows = connection.execute(
        sa.select(
            issue_brief.c.brief_id,
            issue.c.id,
            issue.c.state,
            issue.c.subject,
            issue.c.audience,
            issue.c.number,
            sa.func.coalesce(issue.c.submitted_at, issue.c.frozen_at).label("sent_at"),
        )
        .join(issue, issue.c.id == issue_brief.c.issue_id)
        .where(
            issue_brief.c.brief_id.in_(brief_ids),
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state != IssueState.CANCELLED,
        )
        .order_by(issue.c.id.desc())
    )
    return [
        BriefUse(
            brief_id=row.brief_id,
            issue_id=row.id,
            state=IssueState(row.state),
            subject=row.subject,
            lists=AudienceRule.from_json(row.audience).lists,
            number=row.number,
            sent_at=row.sent_at,
        )
        for row in rows
    ]
