"""
Message labels and call keys: each format is written and parsed here.
"""

from __future__ import annotations

import hashlib
import re

from newsletter.model.event import Named

# What stands before the @ of our Message-IDs; a provider that takes no dots in tags has `_` there.
_LABEL = re.compile(r"i([0-9]{1,18})-d([0-9]{1,18})[._]([0-9a-f]{10})")


_KEY = re.compile(r"([0-9a-f]{10})-i([0-9]{1,18})-b[0-9]+-[0-9]+")


def instance_name(secret: bytes) -> str:
    """
    A short name of this installation, the same as long as its secret: it keeps the keys and
    Message-IDs of two installations apart.
    """
    return hashlib.sha256(b"instance:" + secret).hexdigest()[:10]


def delivery_named(
    label: str, batch_key: str, email_key: str, *, message: str = "", instance: str
) -> Named | None:
    """
    The delivery that an event names, by the label of its message, else by the key of its call and
    the address, else by the provider's name for the *message* and the address; None where it names
    none of this installation.
    """
    # PostgreSQL cannot even be asked for a name with a NUL in it.
    if message and message.isprintable() and email_key:
        return Named(email_key=email_key, provider_id=message)
    found = _LABEL.fullmatch(label)
    if found is not None:
        is_ours = found[3] == instance
        return Named(issue_id=int(found[1]), delivery_id=int(found[2])) if is_ours else None
    called = _KEY.fullmatch(batch_key)
    if called is None or called[1] != instance or not email_key:
        return None
    return Named(issue_id=int(called[2]), email_key=email_key)
