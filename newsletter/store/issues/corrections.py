"""
Find the briefs of a frozen issue that have changed since its mail was sent.

The freeze stores a hash of each brief beside the mail, so that an edit that was undone does not
count. The mail itself never changes; a corrected rendering for the browser is stored next to it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from newsletter.model.brief import Brief
from newsletter.model.issue import ChosenBrief, IssueKind, IssueState
from newsletter.model.mail import Mail
from newsletter.store.content.fingerprints import content_hash
from newsletter.store.tables import brief, issue, issue_brief, mail

# Where the hashes are in the JSON of a frozen mail.
HASHES = "briefs"


@dataclass(frozen=True, kw_only=True)
class SentBrief:
    """
    A brief of a frozen issue as it is stored now; `is_changed` if the mail shows something else.
    """

    id: int
    title: str
    changed_at: dt.datetime
    is_changed: bool


@dataclass(frozen=True, kw_only=True)
class ShownContent:
    """
    What an issue shows: `hashes` of its briefs by number, and their `layout`: the order, how much
    of each is shown, and its heading. `number` is its own for readers, None in a test mail.
    """

    hashes: Mapping[str, str]
    layout: tuple[tuple[int, str, str | None], ...]
    number: int | None = None


def shown_now(
    connection: sa.Connection, issue_id: int, *, number: int | None = None
) -> ShownContent:
    """
    Read what an issue shows now, with the *number* that it has.
    """
    found = connection.execute(
        sa.select(brief.c.id, brief.c.fields, issue_brief.c.shown_as, issue_brief.c.heading)
        .join(issue_brief, issue_brief.c.brief_id == brief.c.id)
        .where(issue_brief.c.issue_id == issue_id)
        .order_by(issue_brief.c.position)
    ).all()
    return ShownContent(
        hashes={str(row.id): _seen_hash(Brief.from_json(row.fields)) for row in found},
        layout=tuple((row.id, row.shown_as, row.heading) for row in found),
        number=number,
    )


def shown_by(briefs: Sequence[ChosenBrief], *, number: int | None = None) -> ShownContent:
    """
    Describe what an issue of *briefs* shows, as `shown_now` does from the database.
    """
    return ShownContent(
        hashes={str(chosen.brief_id): _seen_hash(chosen.brief) for chosen in briefs},
        layout=tuple((chosen.brief_id, chosen.shown_as, chosen.heading) for chosen in briefs),
        number=number,
    )


def sent_briefs(connection: sa.Connection, issue_id: int) -> list[SentBrief]:
    """
    Return the briefs of a frozen issue in order; none before the freeze.
    """
    found = connection.execute(
        _frozen().where(issue.c.id == issue_id).order_by(issue_brief.c.position)
    )
    return [
        SentBrief(
            id=row.brief_id,
            title=row.fields["title"],
            changed_at=row.changed_at,
            is_changed=_is_changed(row),
        )
        for row in found
    ]


def changed_briefs(connection: sa.Connection, issue_id: int) -> list[SentBrief]:
    """
    Return, in order, the briefs of a frozen issue that have changed since its mail was sent.
    """
    return [sent for sent in sent_briefs(connection, issue_id) if sent.is_changed]


def issues_with(connection: sa.Connection, brief_id: int) -> list[tuple[int, IssueState]]:
    """
    Return the number and state of each issue that contains the brief, except test mails.
    """
    found = connection.execute(
        sa.select(issue.c.id, issue.c.state)
        .join(issue_brief, issue_brief.c.issue_id == issue.c.id)
        .where(issue_brief.c.brief_id == brief_id, issue.c.kind == IssueKind.ISSUE)
        .order_by(issue.c.id)
    )
    return [(row.id, IssueState(row.state)) for row in found]


def issues_to_correct(connection: sa.Connection, brief_id: int) -> list[int]:
    """
    Return the submitted issues whose mail shows the brief differently from how it is now. A
    corrected issue is left out: its correction counts instead.
    """
    found = connection.execute(
        _frozen()
        .where(
            brief.c.id == brief_id,
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state == IssueState.SUBMITTED,
        )
        .order_by(issue.c.id)
    ).all()
    corrected = {row.audience.get("sent_to_issue") for row in found}
    return [row.issue_id for row in found if row.issue_id not in corrected and _is_changed(row)]


def lock_corrections(connection: sa.Connection, issue_id: int) -> None:
    """
    Lock the issue until the transaction ends, so that two people on PostgreSQL do not both start a
    correction.
    """
    locked = sa.select(issue.c.id).where(issue.c.id == issue_id).with_for_update(key_share=True)
    connection.execute(locked)


def corrections_of(connection: sa.Connection, issue_id: int) -> list[tuple[int, IssueState]]:
    """
    Return the number and state of each issue made to correct this one, without test mails.
    """
    found = connection.execute(
        sa.select(issue.c.id, issue.c.state)
        .where(
            issue.c.kind == IssueKind.ISSUE,
            issue.c.audience["sent_to_issue"].as_integer() == issue_id,
        )
        .order_by(issue.c.id)
    )
    return [(row.id, IssueState(row.state)) for row in found]


def store_corrected(
    connection: sa.Connection, issue_id: int, rendered: Mail, *, at: dt.datetime
) -> None:
    """
    Store the rendering of the issue with its briefs as they were at *at*.
    """
    connection.execute(
        sa.update(mail)
        .where(mail.c.issue_id == issue_id)
        .values(corrected=rendered.as_json(), corrected_at=at)
    )


def load_corrected(connection: sa.Connection, issue_id: int, *, at: dt.datetime) -> Mail | None:
    """
    Load the corrected rendering that was stored for *at*, if there is one.
    """
    kept = connection.execute(
        sa.select(mail.c.corrected).where(mail.c.issue_id == issue_id, mail.c.corrected_at == at)
    ).scalar_one_or_none()
    return None if kept is None else Mail.from_json(kept)


def _frozen() -> sa.Select[Any]:
    """
    Select every brief of every frozen issue, with the hashes that show whether it changed.
    """
    return (
        sa.select(
            issue_brief.c.issue_id,
            issue_brief.c.brief_id,
            issue.c.audience,
            brief.c.fields,
            brief.c.changed_at,
            mail.c.mail[HASHES].label("hashes"),
        )
        .join(issue, issue.c.id == issue_brief.c.issue_id)
        .join(brief, brief.c.id == issue_brief.c.brief_id)
        .join(mail, mail.c.issue_id == issue.c.id)
    )


def _is_changed(row: Any) -> bool:
    return bool(row.hashes[str(row.brief_id)] != _seen_hash(Brief.from_json(row.fields)))


def _seen_hash(shown: Brief) -> str:
    """
    Hash what a reader sees of a brief: its content, and what staff can edit around it.
    """
    day = shown.date.isoformat() if shown.date else None
    around = [shown.series, day, shown.image_alt, shown.url, shown.cta.url if shown.cta else None]
    return hashlib.sha256(orjson.dumps([content_hash(shown), around])).hexdigest()
