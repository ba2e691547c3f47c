"""
Batches, deliveries and receipts, their states, and which moves between states are allowed.

The rule behind them: a batch leaves SUBMITTING only with receipts, or with proof that nothing was
sent.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from newsletter.model.event import WebhookReceiver
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import RateFeedback, RateHeaders


class BatchState(enum.StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    UNCERTAIN = "uncertain"
    SETTLED = "settled"


BATCH_MOVES: Mapping[BatchState, frozenset[BatchState]] = {
    # PENDING goes to WAITING in quiet hours or for a canary, by other statements.
    BatchState.PENDING: frozenset({BatchState.CLAIMED, BatchState.SETTLED}),
    # CLAIMED goes to WAITING in a cooldown of its provider.
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
    The state of one recipient's delivery. All start as PENDING and end in one of the others.
    """

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"


class HoldReason(enum.StrEnum):
    """
    Why a waiting batch is held back although its provider could accept it: CANARY, until the first
    readers of the issue have received it; TIME_OF_DAY, until the readers' local sending time or the
    end of their quiet hours.
    """

    CANARY = "canary"
    TIME_OF_DAY = "time_of_day"


class SettledBy(enum.StrEnum):
    """
    What settled a delivery of uncertain outcome, if not its provider.
    """

    PERSON = "person"
    EVENT = "event"


class ReceiptKind(enum.StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETRY = "retry"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """
    The result of a call for one recipient.

    ACCEPTED may carry the provider's own id; REJECTED carries a reason and says whether the address
    must be suppressed. RETRY proves that nothing was accepted, and may say when to try again.
    """

    kind: ReceiptKind
    provider_id: str | None = None
    reason: str = ""
    suppress: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """
    The result of a call: one receipt per recipient, in the order submitted. `account_problem` is
    set when the provider refuses the whole account (its key or quota). It says why, and what a
    person should do about it; the places that show a pause add how to resume the issue. With
    `split` the call was refused as a whole, because of one of its recipients or because of its
    size. The recipients to retry are then submitted in two halves, so that in the end only the one
    at fault is refused. `rate` is what the response says about the rate limit. If no call was made,
    `counts_as_attempt` is False. `is_server_error`: the server said that it failed. `is_known_key`:
    it refused the call because its key was used before. `crash` is the error that the adapter
    raised, empty if it raised none.
    """

    receipts: tuple[Receipt, ...]
    account_problem: str | None = None
    split: bool = False
    rate: RateFeedback | None = None
    counts_as_attempt: bool = True
    is_server_error: bool = False
    is_known_key: bool = False
    crash: str = ""


class Idempotency(enum.StrEnum):
    """
    What a provider does with a key it has seen before: treat it like any other, repeat the
    response, or refuse the call.
    """

    NONE = "none"
    REPLAY = "replay"
    REJECT = "reject"


class LookUp(enum.StrEnum):
    """
    How a provider can be asked later about the result of an attempt, if at all.
    """

    NONE = "none"
    OWN_ID = "own_id"
    EVENTS = "events"


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """
    What a provider can do, as data. `key_life` is how long a key is remembered (None: forever);
    `look_up_lag` how long to wait before a look-up is reliable. `rate_unit` is what the provider
    counts (requests or recipients), `rate_per_s` how many of them per second it documents for every
    account, and `rate_headers` names the response headers that say more. With `writes_replies` it
    sends to one recipient after the other, and writes down each reply before it goes on.
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
    writes_replies: bool = False


# The largest batch if neither a key nor a look-up can settle an uncertain outcome.
FEW = 25


def batch_size(capabilities: Capabilities, mail_bytes: int, *, value_bytes: int = 0) -> int:
    """
    Return how many recipients go into one call, at least 1. It is limited by number, and by the
    bytes of all copies, or of all values (*value_bytes* a recipient) if they share their content.
    """
    can_reconcile = (
        capabilities.idempotency is Idempotency.REPLAY or capabilities.look_up is not LookUp.NONE
    )
    most = capabilities.max_recipients if can_reconcile else min(FEW, capabilities.max_recipients)
    by_bytes = capabilities.max_bytes // mail_bytes
    if capabilities.shares_content:
        by_bytes = (capabilities.max_bytes - mail_bytes) // value_bytes if value_bytes else most
    return max(1, min(most, by_bytes))


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """
    A submission as it was recorded before the call, for a look-up.
    """

    key: str
    submitted_at: dt.datetime
    recipients: tuple[Recipient, ...]


# Writes down the reply to the mail of that position in a call: whether it was accepted. Returns
# False if that failed.
WriteReply = Callable[[int, bool], bool]
# Returns what writes down the replies to the call of a key; None if they are not kept.
ReplyWriter = Callable[[str], WriteReply | None]


def keep_no_replies(key: str) -> None:
    """
    Keep the replies of no call.
    """


class Provider(WebhookReceiver, Protocol):
    """
    A provider of mail. It never retries, sleeps, logs addresses or uses the database; one call of
    `send` is one request with one overall deadline. Its events come through `WebhookReceiver`.
    """

    name: str

    @property
    def capabilities(self) -> Capabilities: ...

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send the mail, and return one receipt per recipient, in order. The same mail, recipients and
        key always give the same bytes.
        """
        ...

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Look up the result of *attempt*, and return one receipt per recipient. RETRY is proof that
        the mail was never accepted.
        """
        ...


@runtime_checkable
class SelfCheck(Protocol):
    """
    A provider that can check whether it would accept mail, without sending any.
    """

    def check(self) -> str:
        """
        Check the account or server, and return what was found, for a person.

        Raises:
            SettingsError: it cannot be used with its settings; the message says what to do.
        """
        ...
