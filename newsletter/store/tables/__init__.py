"""
The publishing side's tables. Their foreign keys point the way imports do: to people, never back.

Importing this package registers every table, so that `metadata` is complete.
"""

from __future__ import annotations

from newsletter.store.tables.content import brief, item_key, poll, source
from newsletter.store.tables.delivery import account, batch, delivery, exclusion, pace, worker
from newsletter.store.tables.events import inbox, night, outcome
from newsletter.store.tables.images import picture, picture_address
from newsletter.store.tables.issues import issue, issue_brief, issue_check, list_publishing, mail
from newsletter.store.tables.operations import original, sent_alert, stop
from newsletter.store.tables.scheduling import schedule, slot

__all__ = [
    "account",
    "batch",
    "brief",
    "delivery",
    "exclusion",
    "inbox",
    "issue",
    "issue_brief",
    "issue_check",
    "item_key",
    "list_publishing",
    "mail",
    "night",
    "original",
    "outcome",
    "pace",
    "picture",
    "picture_address",
    "poll",
    "schedule",
    "sent_alert",
    "slot",
    "source",
    "stop",
    "worker",
]
