"""
Write and parse the names that we give to messages and calls.

A message label is `i7-d19.0a1b2c3d4e`: issue, delivery, and the installation in the epoch in which
the issue was frozen. It stands before the @ of the Message-ID. A call key is `0a1b2c3d4e-i7-b3-1`:
the same installation, issue, batch, number of the claim. If a person gets the same notice again,
both name the occasion: `i7-d23-o2.0a1b2c3d4e` and `0a1b2c3d4e-i7-o2-b4-1`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.model.event import DeliveryRef

# For a provider that does not allow dots in tags, the label has `_` instead.
_LABEL = re.compile(r"i([0-9]{1,18})-d([0-9]{1,18})(?:-o[0-9]{1,9})?[._]([0-9a-f]{10})")
_INSTANCE_DIGITS = 6
_KEY = re.compile(r"([0-9a-f]{10})-i([0-9]{1,18})(?:-o([0-9]{1,9}))?-b[0-9]+-[0-9]+")


def instance_name(secret: bytes) -> str:
    """
    Derive the short name of a secret. The installation is called by the name of its first one.

    It keeps the keys and Message-IDs of two installations apart.
    """
    return hashlib.sha256(b"instance:" + secret).hexdigest()[:10]


@dataclass(frozen=True)
class SigningKeys:
    """
    The names of the secrets that sign links, the current one first. Former ones stay valid.
    """

    names: tuple[str, ...]

    @property
    def current(self) -> str:
        """
        Return the name of the secret that signs new links.
        """
        return self.names[0]

    @property
    def instance(self) -> str:
        """
        Return the name of the installation.
        """
        return self.names[-1]


def instance_in(instance: str, epoch: str) -> str:
    """
    Return the name of the installation in an *epoch*, which has four digits, or none if the issue
    was frozen before there were epochs.
    """
    return f"{instance[:_INSTANCE_DIGITS]}{epoch}" if epoch else instance


def call_key(instance: str, issue_id: int, batch_no: int, claim: int, *, occasion: int = 0) -> str:
    """
    Return the idempotency key of one call, the *claim*th of its batch.
    """
    return f"{instance}-i{issue_id}{_occasion(occasion)}-b{batch_no}-{claim}"


def message_ids(
    issue_id: int, deliveries: Iterable[tuple[int, int]], *, instance: str, domain: str
) -> list[str]:
    """
    Return the Message-ID (RFC 5322 section 3.6.4) of each delivery of an issue, in order, given
    their numbers and occasions.
    """
    start, end = f"<i{issue_id}-d", f".{instance}@{domain}>"
    return [f"{start}{number}{_occasion(occasion)}{end}" for number, occasion in deliveries]


def _occasion(occasion: int) -> str:
    return f"-o{occasion}" if occasion else ""


def delivery_named(
    label: str, batch_key: str, email_key: str, *, message: str = "", instance: str
) -> DeliveryRef | None:
    """
    Return the delivery that an event is about, or None if it is not about one of this
    installation's.

    The provider's ID of the *message* and the address come first, then the label of the message,
    then the key of its call and the address.
    """
    # PostgreSQL does not accept a NUL even in a query.
    if message and message.isprintable() and email_key:
        return DeliveryRef(email_key=email_key, provider_id=message)
    found = _LABEL.fullmatch(label)
    if found is not None:
        epoch = _epoch_in(found[3], instance)
        if epoch is None:
            return None
        return DeliveryRef(issue_id=int(found[1]), delivery_id=int(found[2]), epoch=epoch)
    called = _KEY.fullmatch(batch_key)
    if called is None or not email_key:
        return None
    epoch = _epoch_in(called[1], instance)
    if epoch is None:
        return None
    occasion = int(called[3] or 0)
    return DeliveryRef(issue_id=int(called[2]), email_key=email_key, occasion=occasion, epoch=epoch)


def _epoch_in(name: str, instance: str) -> str | None:
    """
    Return the epoch in *name*, which `instance_in` made; None if it is another installation's.
    """
    if name == instance:
        return ""
    return name[_INSTANCE_DIGITS:] if name.startswith(instance[:_INSTANCE_DIGITS]) else None
