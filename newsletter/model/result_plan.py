"""
What is recorded after a provider call: the plan that `delivery/results` makes and
`store/delivery/results` writes. Data only.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.model.delivery import DeliveryState, SettledBy
from newsletter.model.failover import RefusalPlan


class BatchStep(enum.StrEnum):
    """
    What happens to the batch: it is settled, it is submitted again unchanged, or its outcome is
    uncertain and its provider is asked later.
    """

    SETTLE = "settle"
    RETRY = "retry"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, kw_only=True)
class NewBatch:
    """
    Deliveries that are moved to a batch of their own and submitted again.
    """

    delivery_ids: tuple[int, ...]
    reason: str


class DeliveryException(NamedTuple):
    """
    The state or id that one delivery has of its own. If `state` is None, its state is that of its
    batch.

    A tuple, because one may be made for every recipient.
    """

    delivery_id: int
    state: DeliveryState | None
    reason: str = ""
    settled_by: SettledBy | None = None
    provider_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ResultPlan:
    """
    Everything that follows from one result.

    `not_before` is for the batch (RETRY, UNCERTAIN) and for the `new_batches`. With RETRY the
    `new_batches` are used only if another worker has marked the batch as uncertain in the meantime:
    such a batch is settled, and is never submitted again with its own key. `refusal` is what
    follows for the issue if the provider refused the account or the call, `rejections_reason` is
    why the issue is paused because all its readers are rejected. With
    `key_is_no_proof`, the provider may know the batch's key although it accepted nobody.
    """

    step: BatchStep
    not_before: dt.datetime
    reason: str = ""
    counts_as_attempt: bool = True
    new_batches: tuple[NewBatch, ...] = ()
    exceptions: tuple[DeliveryException, ...] = ()
    suppressed: tuple[str, ...] = ()
    refusal: RefusalPlan | None = None
    rejections_reason: str | None = None
    key_is_no_proof: bool = False


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """
    What changed besides the batch, for the log. `is_lost`: another worker had settled the batch,
    and nothing of the plan was written for it.
    """

    is_lost: bool = False
    is_submitted: bool = False
    is_paused: bool = False
    has_failed_over: bool = False
