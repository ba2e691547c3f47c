"""
Build the labels that each message carries, so that the provider's events name our delivery.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from newsletter.model.mail import Recipient

# SES and Resend take nothing else in a tag, and 256 characters; Postmark 80 in metadata.
_NOT_IN_TAG = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 80


class MessageLabels(NamedTuple):
    """
    The labels of one message: its issue, its batch (the call key) and its delivery.

    Each has at most 80 characters, letters, digits, `_` and `-`, a form that fits every provider.
    """

    issue: str
    batch: str
    delivery: str


def message_labels(recipient: Recipient, key: str) -> MessageLabels:
    """
    Return the labels of the message for *recipient* in the call *key*.

    The delivery label is the local part of the Message-ID (`i12-d7_0a1b…`), which starts with the
    issue.
    """
    delivery = to_label(recipient.message_id.strip("<>").rpartition("@")[0])
    return MessageLabels(issue=delivery.partition("-")[0], batch=to_label(key), delivery=delivery)


def to_label(name: str) -> str:
    """
    Replace the characters of *name* that a label may not have, and cut it to 80.
    """
    return _NOT_IN_TAG.sub("_", name)[:_LONGEST]
