"""
The ledger's nouns: batches, deliveries, receipts, and which moves are allowed.

The law in one line: a batch leaves HANDING only by receipts, or by proof that nothing left.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from newsletter.model.event import WebhookReceiver
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import RateFeedback, RateHeaders


class BatchState(enum.StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    SUBMITTING = "handing"
    WAITING = "waiting"
    UNCERTAIN = "uncertain"
    SETTLED = "settled"


BATCH_MOVES: Mapping[BatchState, frozenset[BatchState]] = {
    # PENDING goes to WAITING in quiet hours, or while others go alone, by a statement of its own.
    BatchState.PENDING: frozenset({BatchState.CLAIMED, BatchState.SETTLED}),
    # CLAIMED goes to WAITING where its provider asked everybody for a rest.
    BatchState.CLAIMED: frozenset(
        {BatchState.PENDING, BatchState.SUBMITTING, BatchState.WAITING, BatchState.SETTLED}
    ),
    BatchState.SUBMITTING: frozenset(
        {BatchState.SETTLED, BatchState.WAITING, BatchState.UNCERTAIN}
    ),
    BatchState.WAITING: frozenset({BatchState.CLAIMED, BatchState.SETTLED}),
    BatchState.UNCERTAIN: frozenset({BatchState.SETTLED, BatchState.UNCERTAIN}),
    BatchState.SETTLED: frozenset(),
}


class DeliveryState(enum.StrEnum):
    """
    One recipient's place in the ledger. Everybody starts PENDING and ends in one of the rest.
    """

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"


class HoldReason(enum.StrEnum):
    """
    Why a waiting batch is held back, whatever its provider could accept.
    """

    CANARY = "canary"


class SettledBy(enum.StrEnum):
    """
    What settled a delivery of uncertain outcome, where it was not its provider.
    """

    PERSON = "person"
    EVENT = "event"


class ReceiptKind(enum.StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETRY = "wait"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """
    The provider's answer for one recipient.

    ACCEPTED may carry the provider's own id; REJECTED a reason and whether the address must be
    suppressed; WAIT proves that nothing was taken and may name when to try again.
    """

    kind: ReceiptKind
    provider_id: str | None = None
    reason: str = ""
    suppress: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """
    One receipt a recipient, in the order handed over. `pause` is set when the provider refuses
    the whole account (key, quota): it says why, and what a person should do about that; how the
    issue goes on is said where a pause is shown. With `halve` the call was refused as a whole, for
    somebody in it or for its size: those told to wait go again in two halves, so that in the end
    only who was meant is refused. `rate` is what the answer says of how fast calls may come. What
    `counts_as_attempt` is False for (no call was made) counts against nobody.
    """

    receipts: tuple[Receipt, ...]
    account_problem: str | None = None
    split: bool = False
    rate: RateFeedback | None = None
    counts_as_attempt: bool = True


class Idempotency(enum.StrEnum):
    """
    What a provider does with a key it has seen: nothing special, answer the same again, refuse.
    """

    NONE = "none"
    REPLAY = "replay"
    REJECT = "reject"


class LookUp(enum.StrEnum):
    """
    Whether a provider can be asked later what became of an attempt, and by what.
    """

    NONE = "none"
    OWN_ID = "own_id"
    EVENTS = "events"


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """
    What a provider can do, as data. `key_life` is how long a key is remembered (None: for ever);
    `look_up_lag` how long to wait before a look-up tells the truth. `rate_unit` is what the
    provider counts (requests or recipients), `rate_per_s` how many of them a second its pages allow
    everybody, `rate_headers` where its answers say more.
    """

    max_recipients: int
    max_bytes: int
    shares_content: bool = False
    idempotency: Idempotency = Idempotency.NONE
    key_life: dt.timedelta | None = None
    look_up: LookUp = LookUp.NONE
    look_up_lag: dt.timedelta = dt.timedelta(0)
    gives_ids: bool = False
    rate_unit: str = "requests"
    rate_per_s: float | None = None
    rate_headers: RateHeaders | None = None


# Where neither a key nor a look-up can end a doubt, no more people than this share one.
FEW = 25


def batch_size(capabilities: Capabilities, mail_bytes: int) -> int:
    """
    How many recipients go in one call, at least 1: by number, and by the bytes of a copy each
    where the content is not shared.
    """
    can_end_doubt = (
        capabilities.idempotency is Idempotency.REPLAY or capabilities.look_up is not LookUp.NONE
    )
    most = capabilities.max_recipients if can_end_doubt else min(FEW, capabilities.max_recipients)
    by_bytes = most if capabilities.shares_content else capabilities.max_bytes // mail_bytes
    return max(1, min(most, by_bytes))


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """
    One hand-over as it was written down before the call: what a look-up has to go by.
    """

    key: str
    handed_at: dt.datetime
    recipients: tuple[Recipient, ...]


class Provider(WebhookReceiver, Protocol):
    """
    The company whose API carries mail. It never retries, sleeps, logs addresses or touches the
    database; one call of `send` is one request with one overall deadline. What it says later is
    heard through `Hearing`.
    """

    name: str

    @property
    def capabilities(self) -> Capabilities: ...

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        One receipt a recipient, in order. The same mail, recipients and key make the same bytes.
        """
        ...

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        What became of *attempt*, one receipt a recipient: WAIT means proved never taken.
        """
        ...


@runtime_checkable
class SelfCheck(Protocol):
    """
    A provider that can tell whether it would take mails, without being handed any.
    """

    def check(self) -> str:
        """
        What was found of the account or server, for a person.

        Raises:
            SettingsError: it cannot be used as it is set up; the line says what to do.
        """
        ...
