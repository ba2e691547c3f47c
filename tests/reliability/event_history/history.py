"""
What really became of the mails of one issue, by seed, as a provider tells it in its own form, and
what an observer who misses nothing would know of it. No code of the product.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

READERS = 6
BATCH = 2
# One life a reader, as kinds in the order they happen; every mail that was taken begins so.
LIVES = (
    (),
    ("delivered",),
    ("delivered", "opened", "opened", "clicked"),
    ("deferred", "deferred", "delivered"),
    ("deferred", "bounced_soft"),
    ("bounced_hard",),
    ("blocked",),
    ("delivered", "opened", "complained"),
    ("delivered", "bounced_hard", "complained"),
    ("delivered", "clicked", "unsubscribed"),
)
RESEND: Mapping[str, tuple[str, dict[str, Any]]] = {
    "accepted": ("email.sent", {}),
    "deferred": ("email.delivery_delayed", {}),
    "delivered": ("email.delivered", {}),
    "bounced_hard": ("email.bounced", {"bounce": {"type": "Permanent", "subType": "NoEmail"}}),
    "bounced_soft": ("email.bounced", {"bounce": {"type": "Transient", "subType": "MailboxFull"}}),
    "blocked": ("email.bounced", {"bounce": {"type": "Transient", "subType": "ContentRejected"}}),
    "complained": ("email.complained", {}),
    "opened": ("email.opened", {}),
    "clicked": ("email.clicked", {}),
}
POSTMARK: Mapping[str, tuple[str, dict[str, Any]]] = {
    "deferred": ("Bounce", {"Type": "Transient"}),
    "delivered": ("Delivery", {}),
    "bounced_hard": ("Bounce", {"Type": "HardBounce"}),
    "bounced_soft": ("Bounce", {"Type": "SoftBounce"}),
    "blocked": ("Bounce", {"Type": "Blocked"}),
    "complained": ("SpamComplaint", {}),
    "opened": ("Open", {}),
    "clicked": ("Click", {}),
    "unsubscribed": (
        "SubscriptionChange",
        {"SuppressSending": True, "SuppressionReason": "ManualSuppression"},
    ),
}
MOMENTS = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SpamComplaint": "BouncedAt",
           "SubscriptionChange": "ChangedAt"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HistoryEvent:
    """
    One thing that happened to one reader's mail (their place in the audience), so many seconds
    after the submission.
    """

    reader: int
    kind: str
    at_s: int


@dataclass(frozen=True, kw_only=True)
class History:
    """
    Everything that happened and was reported at least once. Of a batch in `unanswered` no response
    came; it was taken all the same, or not (`lost`).
    """

    events: tuple[HistoryEvent, ...]
    unanswered: frozenset[int]
    lost: frozenset[int]


def make_history(seed: int, kind: str) -> History:
    """
    Draw a history of a provider of *kind*; a tenth of what happened is never reported.
    """
    rng = random.Random(f"history {seed} {kind}")
    batches = range(READERS // BATCH)
    unanswered = frozenset(b for b in batches if rng.random() < 0.6)
    lost = frozenset(b for b in unanswered if rng.random() < 0.3)
    forms = POSTMARK if kind == "postmark" else RESEND
    events = []
    for reader in range(READERS):
        if reader // BATCH in lost:
            continue
        life = ("accepted", *rng.choice(LIVES))
        moments = sorted(rng.sample(range(1, 40_000), len(life)))
        events += [
            HistoryEvent(reader=reader, kind=what, at_s=at_s)
            for what, at_s in zip(life, moments, strict=True)
            if what in forms and rng.random() >= 0.1
        ]
    return History(events=tuple(events), unanswered=unanswered, lost=lost)


@dataclass(frozen=True, kw_only=True)
class ReaderRecord:
    """
    What is known of one reader: the delivery's state, the first second of each kind of event, the
    reason they are never mailed for, and whether the subscription goes on.
    """

    state: str
    first: Mapping[str, int]
    suppressed: str
    is_active: bool


def expected_records(history: History, kind: str) -> tuple[ReaderRecord, ...]:
    """
    Return what is to be known in the end. A provider with a key or a search answers for every batch
    at last; without either, whoever an event names was accepted, and the others stay uncertain.
    """
    return tuple(_of(reader, history, kind) for reader in range(READERS))


def _of(reader: int, history: History, kind: str) -> ReaderRecord:
    theirs = [one for one in history.events if one.reader == reader]
    first: dict[str, int] = {}
    for one in theirs:
        first[one.kind] = min(one.at_s, first.get(one.kind, one.at_s))
    is_known = reader // BATCH not in history.unanswered or kind != "plain" or bool(theirs)
    reason = "bounce" if "bounced_hard" in first else ""
    return ReaderRecord(
        state="accepted" if is_known else "uncertain",
        first=first,
        suppressed="complaint" if "complained" in first else reason,
        is_active="unsubscribed" not in first,
    )


def webhook_bodies(
    history: History, kind: str, *, labels: Sequence[str], moments: Mapping[int, str]
) -> list[bytes]:
    """
    Return the webhooks that report it, each once and in order; *labels* are those of the mails,
    *moments* the seconds of `at_s` written out.
    """
    ordered = sorted(history.events, key=lambda one: one.at_s)
    return [body(one, kind, label=labels[one.reader], at=moments[one.at_s]) for one in ordered]


def body(one: HistoryEvent, kind: str, *, label: str, at: str, **more: Any) -> bytes:
    if kind == "postmark":
        record, fields = POSTMARK[one.kind]
        content = {"RecordType": record, "Metadata": {"delivery": label}, **fields, **more}
        return json.dumps(content | {MOMENTS.get(record, "ReceivedAt"): at}).encode()
    name, fields = RESEND[one.kind]
    data = {"email_id": f"re-{one.reader}", "tags": {"delivery": label.replace(".", "_")}}
    return json.dumps({"type": name, "created_at": at, "data": data | fields | more}).encode()


def resent(raw: bytes, number: int) -> bytes:
    """
    Return the same webhook in other bytes, as a provider's own retry may be.
    """
    return json.dumps(json.loads(raw) | {"attempt": number}).encode()


def shuffled(once: Iterable[bytes], rng: random.Random) -> list[bytes]:
    """
    Return each webhook up to five times, some in other bytes, in any order.
    """
    webhooks = [
        raw if rng.random() < 0.5 else resent(raw, number)
        for raw in once
        for number in range(rng.randint(1, 5))
    ]
    rng.shuffle(webhooks)
    return webhooks
