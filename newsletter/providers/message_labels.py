"""
Build the labels that each message carries, so that the provider's events can be matched to it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from newsletter.model.mail import Recipient

# SES and Resend accept only these characters in a tag, at most 256; Postmark's metadata takes 80.
_NOT_IN_TAG = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 80


class MessageLabels(NamedTuple):
    """
    The labels of one message: its issue, its batch (the call key) and its delivery.

    Each has at most 80 letters, digits, `_` and `-`, which every provider accepts.
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
    Replace the characters of *name* that are not allowed in a label, and cut it to 80.
    """
    return _NOT_IN_TAG.sub("_", name)[:_LONGEST]
