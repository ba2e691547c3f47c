"""
The provider of the simulated world, which survives the crashes of senders: it remembers whom it
took, in the sink's words, and ends each call as it is set to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    Idempotency,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Mail, Recipient

MOST = 2
KEY_LIFE = dt.timedelta(hours=24)
CAPABILITIES = {
    "resend": Capabilities(
        max_recipients=MOST, max_bytes=10**9, idempotency=Idempotency.REPLAY, key_life=KEY_LIFE
    ),
    "postmark": Capabilities(max_recipients=MOST, max_bytes=10**9, look_up=LookUp.OWN_ID),
    "plain": Capabilities(max_recipients=MOST, max_bytes=10**9),
}
# How a call can end. The process dies before or after `die` and `taken, die` reached the provider.
ENDS = ("ok", "ok", "refused one", "429", "401", "reset", "lost", "die", "taken, die")
_TAKEN = {"ok", "refused one", "lost", "taken, die"}
_DEADLY = {"die", "taken, die"}
_UNKNOWN = {"reset", "lost", "die", "taken, die"}


class ProcessCrash(BaseException):
    """
    The end of a process: no Exception, so that nothing in it can go on.
    """


def _all(kind: ReceiptKind, recipients: Sequence[Recipient]) -> tuple[Receipt, ...]:
    return tuple(Receipt(kind=kind, reason="as the simulation has it") for _ in recipients)


@dataclass(kw_only=True)
class SimulatedProvider:
    """
    A provider of one *kind*. `clock` gives the seconds that really passed. `calls` are lines as the
    sink writes them, with deliveries' numbers for addresses; `unknown` counts the recipients of
    calls without a known end.
    """

    kind: str
    clock: Callable[[], float]
    name: str = "bulk"
    end: str = "ok"
    calls: list[dict[str, Any]] = field(default_factory=list)
    unknown: int = 0
    misused_keys: int = 0

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES[self.kind]

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        end, self.end = self.end, "ok"
        if end in _UNKNOWN:
            self.unknown += len(recipients)
        known = self._known(key) if self.kind == "resend" else None
        if end in _TAKEN and known is None:
            known = self._take(recipients, key, refuses=end == "refused one")
        if known is not None and known["to"] != _numbers(recipients):
            self.misused_keys += 1
        if end in _DEADLY:
            raise ProcessCrash
        if known is not None and end in ("ok", "refused one"):
            return BatchResult(receipts=_receipts(known, recipients))
        if end in _UNKNOWN:
            return BatchResult(receipts=_all(ReceiptKind.UNCERTAIN, recipients))
        pause = "the key is wrong" if end == "401" else None
        return BatchResult(receipts=_all(ReceiptKind.RETRY, recipients), account_problem=pause)

    def look_up(self, attempt: Attempt) -> BatchResult:
        known = self._known(attempt.key)
        if known is None:
            return BatchResult(receipts=_all(ReceiptKind.RETRY, attempt.recipients))
        return BatchResult(receipts=_receipts(known, attempt.recipients))

    def _known(self, key: str) -> dict[str, Any] | None:
        """
        Find the call of that key; a provider with keys forgets them after their life.
        """
        since = self.clock() - KEY_LIFE.total_seconds() if self.kind == "resend" else float("-inf")
        found = (call for call in self.calls if call["key"] == key and call["at"] >= since)
        return next(found, None)

    def _take(self, recipients: Sequence[Recipient], key: str, *, refuses: bool) -> dict[str, Any]:
        numbers = _numbers(recipients)
        accepted = numbers[1:] if refuses else numbers
        call = {"at": self.clock(), "key": key, "to": numbers, "accepted": accepted}
        self.calls.append(call)
        return call


def _numbers(recipients: Sequence[Recipient]) -> list[str]:
    return [str(recipient.delivery_id) for recipient in recipients]


def _receipts(call: dict[str, Any], recipients: Sequence[Recipient]) -> tuple[Receipt, ...]:
    kinds = {True: ReceiptKind.ACCEPTED, False: ReceiptKind.REJECTED}
    return tuple(
        Receipt(kind=kinds[str(one.delivery_id) in call["accepted"]]) for one in recipients
    )
