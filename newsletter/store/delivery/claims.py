"""
The ledger's first move: a batch becomes one owner's, and nobody else's. `batches` has the others.
"""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.issue import IssueKind, IssueState
from newsletter.store.delivery.batches import BATCH_COLUMNS, ClaimedBatch
from newsletter.store.delivery.failover import CURRENT_PROVIDER
from newsletter.store.delivery.leases import LEASE
from newsletter.store.flow_control.kill_switch import NOT_STOPPED
from newsletter.store.tables import batch, issue
from subscribers.database.columns import UtcDateTime

# Those who go ahead of a long issue are looked for so often while there are none.
LOOK_EVERY_S = 2.0


@dataclass(kw_only=True)
class Claims:
    """
    The claims of the process called `owner`. A notice, and readers whose time has come, take turns
    with a long issue, which may take hours.
    """

    owner: str
    monotonic_s: Callable[[], float] = time.monotonic
    _are_some: bool = False
    _had_one: bool = False
    _looked_at_s: float = float("-inf")

    def claim_next(
        self,
        connection: sa.Connection,
        *,
        now: dt.datetime,
        issue_id: int | None = None,
        batch_id: int | None = None,
        resting: Sequence[str] = (),
    ) -> ClaimedBatch | None:
        """
        As `claim_batch`, in turn.
        """
        if resting and not _others_send(connection, resting):
            return None
        claim = functools.partial(
            claim_batch, connection, owner=self.owner, now=now, lease=LEASE, resting=resting
        )
        if issue_id is not None or batch_id is not None:
            return claim(issue_id=issue_id, batch_id=batch_id)
        now_s, held = self.monotonic_s(), None
        is_due = self._are_some or now_s - self._looked_at_s >= LOOK_EVERY_S
        if is_due and not self._had_one:
            held = claim(ahead=True)
            self._are_some, self._looked_at_s = held is not None, now_s
        self._had_one = held is not None
        return held or claim()


def claim_batch(
    connection: sa.Connection,
    *,
    owner: str,
    now: dt.datetime,
    lease: dt.timedelta,
    issue_id: int | None = None,
    batch_id: int | None = None,
    resting: Sequence[str] = (),
    ahead: bool = False,
) -> ClaimedBatch | None:
    """
    The next batch of a sending issue, or the one numbered *batch_id*, now claimed by *owner*; None
    when there is none that may go, and while everything is stopped. It is claimed for whoever
    carries its issue now, its provider or its second one; what goes to those that are *resting* is
    left alone. With *ahead* only what goes ahead of a long issue: notices, and who has waited.
    """
    told = {"claimer": owner, "at": now, "until": now + lease}
    named = {"of_issue": issue_id, "of_batch": batch_id, "resting": list(resting) or None}
    only = {name: value for name, value in named.items() if value is not None}
    for state in (BatchState.PENDING, BatchState.WAITING):
        is_notice = ahead and state is BatchState.PENDING
        claim = _claim(state, (*only, "notices") if is_notice else tuple(only))
        row = connection.execute(claim, {**told, **only}).one_or_none()
        if row is not None:
            return ClaimedBatch(**row._mapping)
    return None


# All batches of a long issue would else be gone through, to find none, at each look.
_OTHERS = sa.select(
    sa.exists().where(
        issue.c.state == IssueState.SENDING,
        CURRENT_PROVIDER.not_in(sa.bindparam("resting", expanding=True)),
    )
)


def _others_send(connection: sa.Connection, resting: Sequence[str]) -> bool:
    """
    Whether an issue is on its way by a provider that is none of those *resting*.
    """
    return bool(connection.execute(_OTHERS, {"resting": list(resting)}).scalar_one())


# Notices and test mails: a few at a time.
_NOTICES = sa.select(issue.c.id).where(
    issue.c.state == IssueState.SENDING, issue.c.kind != IssueKind.ISSUE
)


# Put together once: SQLAlchemy takes longer for that than SQLite takes to run it.
@functools.cache
def _claim(state: BatchState, only: tuple[str, ...]) -> Any:
    """
    Claims a batch in *state*. Its values are `claimer`, `at`, `until`, and those named in *only*:
    `of_issue`, `of_batch` and `resting` narrow the choice, and `notices`, which has no value.
    """
    now = sa.bindparam("at", type_=UtcDateTime)
    candidate = (
        sa.select(batch.c.id)
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(
            batch.c.state == state,
            batch.c.not_after.is_(None) | (batch.c.not_after > now),
            issue.c.state == IssueState.SENDING,
            NOT_STOPPED,
        )
        .order_by(batch.c.issue_id, batch.c.no)
        .limit(1)
        .with_for_update(skip_locked=True, of=batch)
    )
    if state is BatchState.WAITING:
        candidate = candidate.where(batch.c.not_before <= now)
    narrowed = {
        "of_issue": batch.c.issue_id == sa.bindparam("of_issue"),
        "of_batch": batch.c.id == sa.bindparam("of_batch"),
        "notices": batch.c.issue_id.in_(_NOTICES),
        "resting": CURRENT_PROVIDER.not_in(sa.bindparam("resting", expanding=True)),
    }
    candidate = candidate.where(*(narrowed[name] for name in only))
    return (
        sa.update(batch)
        .where(batch.c.id == candidate.scalar_subquery())
        .values(
            state=BatchState.CLAIMED,
            owner=sa.bindparam("claimer"),
            provider=sa.select(CURRENT_PROVIDER)
            .where(issue.c.id == batch.c.issue_id)
            .scalar_subquery(),
            epoch=batch.c.epoch + 1,
            lease_until=sa.bindparam("until"),
        )
        .returning(*BATCH_COLUMNS)
    )
