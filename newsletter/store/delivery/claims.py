"""
Claim batches. A claim is the first move of a batch and gives it to one worker; `batches` has the
other moves.
"""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, HoldReason
from newsletter.model.issue import IssueKind, IssueState
from newsletter.store.delivery.batches import BATCH_COLUMNS, ClaimedBatch
from newsletter.store.delivery.failover import CURRENT_PROVIDER
from newsletter.store.delivery.leases import LEASE
from newsletter.store.flow_control.kill_switch import NOT_STOPPED
from newsletter.store.tables import batch, issue
from subscribers.database.columns import UtcDateTime

# How often a worker looks for batches that go ahead of a long issue if there were none.
LOOK_EVERY_S = 2.0


@dataclass(kw_only=True)
class Claims:
    """
    Claim batches for the worker `worker_id`. Notices, and batches whose wait is over, alternate
    with those of a long issue, which may take hours. The halves of a refused batch come first, the
    latest before the others, so that one refused recipient is found in as few calls as possible.
    """

    worker_id: str
    monotonic_s: Callable[[], float] = time.monotonic
    _has_priority_batches: bool = False
    _last_was_priority: bool = False
    _looked_at_s: float = float("-inf")
    _split_issues: list[int] = field(default_factory=list)

    @property
    def has_split(self) -> bool:
        """
        Whether a call of this worker was split, and its halves may still be waiting.
        """
        return bool(self._split_issues)

    def take_split_first(self, issue_id: int) -> None:
        """
        Claim the halves of a batch of *issue_id* before anything else except notices.
        """
        if issue_id not in self._split_issues:
            self._split_issues.append(issue_id)

    def claim_next(
        self,
        connection: sa.Connection,
        *,
        now: dt.datetime,
        issue_id: int | None = None,
        batch_id: int | None = None,
        blocked: Sequence[str] = (),
    ) -> ClaimedBatch | None:
        """
        Claim the next batch as `claim_batch` does, alternating with those that go ahead.
        """
        if blocked and not _has_unblocked(connection, blocked):
            return None
        claim = functools.partial(
            claim_batch, connection, worker_id=self.worker_id, now=now, lease=LEASE, blocked=blocked
        )
        if batch_id is not None:
            return claim(batch_id=batch_id)
        while self._split_issues and issue_id in (None, self._split_issues[-1]):
            half = claim(issue_id=issue_id, split_of=self._split_issues[-1])
            if half is not None:
                return half
            self._split_issues.pop()
        if issue_id is not None:
            return claim(issue_id=issue_id)
        now_s, claimed = self.monotonic_s(), None
        is_due = self._has_priority_batches or now_s - self._looked_at_s >= LOOK_EVERY_S
        if is_due and not self._last_was_priority:
            claimed = claim(ahead=True)
            self._has_priority_batches, self._looked_at_s = claimed is not None, now_s
        self._last_was_priority = claimed is not None
        return claimed or claim()


def claim_batch(
    connection: sa.Connection,
    *,
    worker_id: str,
    now: dt.datetime,
    lease: dt.timedelta,
    issue_id: int | None = None,
    batch_id: int | None = None,
    blocked: Sequence[str] = (),
    ahead: bool = False,
    split_of: int | None = None,
) -> ClaimedBatch | None:
    """
    Claim the next batch of a sending issue, or the one with *batch_id*, for *worker_id* and for the
    provider that its issue goes through now. Return None when no batch may be submitted, and while
    the kill switch is on. Batches for the *blocked* providers are not claimed. With *ahead*, claim
    only what goes ahead of a long issue: notices, and batches that have waited. With *split_of*,
    claim only notices, and the latest batch of that issue that has waited.
    """
    parameters = {"claimer": worker_id, "at": now, "until": now + lease}
    choices = {"of_issue": issue_id, "of_batch": batch_id, "blocked": list(blocked) or None}
    only = {name: value for name, value in choices.items() if value is not None}
    notices = ("notices",) if ahead or split_of is not None else ()
    split = {"split_of": split_of} if split_of is not None else {}
    for state, names, values in (
        (BatchState.PENDING, (*only, *notices), only),
        (BatchState.WAITING, (*only, *split), {**only, **split}),
    ):
        row = connection.execute(_claim(state, names), {**parameters, **values}).one_or_none()
        if row is not None:
            return ClaimedBatch(**row._mapping)
    return None


# Otherwise each claim would read all batches of a long issue only to find none.
_UNBLOCKED = sa.select(
    sa.exists().where(
        issue.c.state == IssueState.SENDING,
        CURRENT_PROVIDER.not_in(sa.bindparam("blocked", expanding=True)),
    )
)


def _has_unblocked(connection: sa.Connection, blocked: Sequence[str]) -> bool:
    """
    Return whether an issue is sending through a provider that is not *blocked*.
    """
    return bool(connection.execute(_UNBLOCKED, {"blocked": list(blocked)}).scalar_one())


# Notices and test mails, of which there are few.
_NOTICES = sa.select(issue.c.id).where(
    issue.c.state == IssueState.SENDING, issue.c.kind != IssueKind.ISSUE
)


# Built once, because building it takes SQLAlchemy longer than running it takes SQLite.
@functools.cache
def _claim(state: BatchState, only: tuple[str, ...]) -> Any:
    """
    Build the claim of a batch in *state*. Its parameters are `claimer`, `at`, `until`, and those
    named in *only*: `of_issue`, `of_batch`, `blocked` and `split_of` narrow the choice, as does
    `notices`, which has no value. Of an issue's halves the latest is chosen.
    """
    now = sa.bindparam("at", type_=UtcDateTime)
    number = batch.c.no.desc() if "split_of" in only else batch.c.no
    candidate = (
        sa.select(batch.c.id)
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(
            batch.c.state == state,
            batch.c.not_after.is_(None) | (batch.c.not_after > now),
            issue.c.state == IssueState.SENDING,
            NOT_STOPPED,
        )
        .order_by(batch.c.issue_id, number)
        .limit(1)
        .with_for_update(skip_locked=True, of=batch)
    )
    if state is BatchState.WAITING:
        candidate = candidate.where(batch.c.not_before <= now)
    narrowed = {
        "of_issue": batch.c.issue_id == sa.bindparam("of_issue"),
        "split_of": batch.c.issue_id == sa.bindparam("split_of"),
        "of_batch": batch.c.id == sa.bindparam("of_batch"),
        "notices": batch.c.issue_id.in_(_NOTICES),
        "blocked": CURRENT_PROVIDER.not_in(sa.bindparam("blocked", expanding=True)),
    }
    candidate = candidate.where(*(narrowed[name] for name in only))
    return (
        sa.update(batch)
        .where(batch.c.id == candidate.scalar_subquery())
        .values(
            state=BatchState.CLAIMED,
            # The canary hold stays, because it shows which batches do not belong to the canary.
            hold=sa.func.nullif(batch.c.hold, HoldReason.TIME_OF_DAY),
            worker=sa.bindparam("claimer"),
            provider=sa.select(CURRENT_PROVIDER)
            .where(issue.c.id == batch.c.issue_id)
            .scalar_subquery(),
            epoch=batch.c.epoch + 1,
            lease_until=sa.bindparam("until"),
        )
        .returning(*BATCH_COLUMNS)
    )
