"""
Our names on each copy of a mail, for providers that carry such things along and say them again in
their events: of the issue, of the batch (its key), of the delivery.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from newsletter.model.mail import Recipient

# SES and Resend take nothing else in a tag, and 256 characters; Postmark 80 in metadata.
_NOT_IN_TAG = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 80


class Labels(NamedTuple):
    """
    Letters, digits, `_` and `-`, at most 80 of them, so that one form fits every provider.
    """

    issue: str
    batch: str
    delivery: str


def labels_of(recipient: Recipient, key: str) -> Labels:
    """
    What the copy of *recipient* in the batch *key* is called: the delivery after its Message-ID
    (`i12-d7_0a1b…`), whose first word is the issue.
    """
    delivery = label(recipient.message_id.strip("<>").rpartition("@")[0])
    return Labels(issue=delivery.partition("-")[0], batch=label(key), delivery=delivery)


def label(name: str) -> str:
    """
    *name* in the letters a label may have.
    """
    return _NOT_IN_TAG.sub("_", name)[:_LONGEST]
