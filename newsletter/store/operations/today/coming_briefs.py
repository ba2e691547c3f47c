"""
Read what the next slots of several schedules choose from, and what was sent before: each in one
statement, with as much of a brief as the rules look at. `briefs.candidates` and `sent_briefs` read
the same for the one slot that is run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.issue import AudienceRule, IssueKind
from newsletter.model.schedule import Schedule
from newsletter.store.content.briefs import StoredBrief, stored_brief
from newsletter.store.content.sent_briefs import GAVE_BACK, LEAVING
from newsletter.store.tables import brief, issue, issue_brief, item_key

# Of more briefs than these, the oldest are not looked at.
MOST = 500


@dataclass(frozen=True, kw_only=True)
class OfferedBrief:
    """
    A brief that is free, and the source that offers it.
    """

    source: str
    brief: StoredBrief


@dataclass(frozen=True, kw_only=True)
class EarlierUse:
    """
    An issue that a brief is in. `is_alone`: it is the only brief there.
    """

    brief_id: int
    issue_id: int
    schedule_id: int | None
    audience: AudienceRule
    created_at: dt.datetime
    is_alone: bool
    has_slot: bool
    is_part: bool
    is_leaving: bool

    def takes(self, rule: Schedule) -> bool:
        """
        Return whether the brief is taken for *rule*, as `sent_briefs.taken_briefs` says.
        """
        if not self.has_slot and (self.is_alone or not self.is_leaving):
            return False
        return self.schedule_id == rule.id or (not rule.repeat and self._reaches(rule))

    def is_draft_beside(self, rule: Schedule) -> bool:
        """
        Return whether it is an open draft that somebody made, for readers of *rule* too: the
        schedule takes the brief all the same.
        """
        is_by_hand = not self.has_slot and not self.is_leaving
        return is_by_hand and not self.takes(rule) and self._reaches(rule)

    def is_single(self, rule: Schedule) -> bool:
        """
        Return whether the brief was sent on its own, as `sent_briefs.sent_singly` says.
        """
        is_own = self.is_alone and self.is_leaving and (self.is_part or not self.has_slot)
        return is_own and self.audience.sent_to_issue is None and self._reaches(rule)

    def _reaches(self, rule: Schedule) -> bool:
        return self.audience.may_share_readers_with(rule.readers)


def offered_briefs(connection: sa.Connection, sources: Collection[str]) -> list[OfferedBrief]:
    """
    Return the newest free briefs of *sources*, newest first; one that several offer comes several
    times.
    """
    offers = sa.select(item_key.c.key).where(item_key.c.brief_id == brief.c.id, *_are_news(sources))
    # By their dates alone, from an index: what they say is long, and is read of few.
    newest = (
        sa.select(brief.c.id)
        .where(brief.c.status.in_([BriefStatus.NEW, BriefStatus.USED]), offers.exists())
        .order_by(brief.c.dated_at.desc(), brief.c.id.desc())
        .limit(MOST)
        .subquery()
    )
    rows = connection.execute(
        sa.select(
            *(column for column in brief.c if column.name not in ("fields", "given")),
            item_key.c.source_name.label("offered_by"),
            brief.c.fields["title"].as_string().label("title"),
            brief.c.fields["series"].as_string().label("series"),
            brief.c.fields["categories"].label("categories"),
        )
        .join(item_key, item_key.c.brief_id == brief.c.id)
        .where(brief.c.id.in_(sa.select(newest.c.id)), *_are_news(sources))
        .order_by(brief.c.dated_at.desc(), brief.c.id.desc())
    )
    return [OfferedBrief(source=row.offered_by, brief=_read(row)) for row in rows]


def _are_news(sources: Collection[str]) -> list[sa.ColumnElement[bool]]:
    """
    Return the conditions that a key is one under which *sources* offer a brief.
    """
    return [item_key.c.source_name.in_(list(sources)), item_key.c.is_new]


def earlier_uses(connection: sa.Connection, briefs: Collection[int]) -> list[EarlierUse]:
    """
    Return the issues that the *briefs* are in, in their order, without those that were cancelled
    before any submission.
    """
    chosen = issue_brief.alias("chosen")
    count = sa.select(sa.func.count()).where(chosen.c.issue_id == issue.c.id).scalar_subquery()
    rows = connection.execute(
        sa.select(
            issue_brief.c.brief_id,
            issue_brief.c.issue_id,
            issue.c.schedule_id,
            issue.c.audience,
            issue.c.created_at,
            issue.c.slot,
            issue.c.part,
            issue.c.state,
            count.label("briefs"),
        )
        .join(issue, issue.c.id == issue_brief.c.issue_id)
        .where(
            issue_brief.c.brief_id.in_(list(briefs)),
            issue.c.kind == IssueKind.ISSUE,
            ~GAVE_BACK,
        )
        .order_by(issue.c.id)
    )
    return [
        EarlierUse(
            brief_id=row.brief_id,
            issue_id=row.issue_id,
            schedule_id=row.schedule_id,
            audience=AudienceRule.from_json(row.audience),
            created_at=row.created_at,
            is_alone=row.briefs == 1,
            has_slot=row.slot is not None,
            is_part=row.part != "",
            is_leaving=row.state in LEAVING,
        )
        for row in rows
    ]


def last_issues_at(
    connection: sa.Connection, schedules: Sequence[Schedule]
) -> dict[int, dt.datetime]:
    """
    Return when each of the *schedules* last made an issue, as `sent_briefs.last_issue_at` does.
    """
    rows = connection.execute(
        sa.select(issue.c.schedule_id, sa.func.max(issue.c.created_at).label("at"))
        .where(issue.c.schedule_id.in_([rule.id for rule in schedules]), ~GAVE_BACK)
        .group_by(issue.c.schedule_id)
    )
    return {row.schedule_id: row.at for row in rows}


def _read(row: Any) -> StoredBrief:
    brief = Brief(title=row.title, series=row.series, categories=tuple(row.categories or ()))
    return stored_brief(row, brief)
