"""
Pause an issue if a bug crashes the handling of one of its batches, so that other issues continue.
"""

from __future__ import annotations

import datetime as dt
import logging

from newsletter.store.database import Database
from newsletter.store.delivery import batches
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.issues.pauses import try_pause

logger = logging.getLogger(__name__)


def pause_crashed(
    database: Database,
    claimed: ClaimedBatch,
    what: str,
    *,
    not_before: dt.datetime,
    now: dt.datetime,
) -> None:
    """
    Log the current exception, pause the issue, and release its batch. If the call was already made,
    its outcome is uncertain and is looked up from *not_before* on.
    """
    extra = {"event": "batch.failed", "issue_id": claimed.issue_id, "batch": claimed.no}
    message = "issue %s is paused because of a bug: %s"
    logger.exception(message, claimed.issue_id, what, extra=extra)
    reason = f"{what} because of a bug: see the log and report it"
    with database.write() as connection:
        try_pause(connection, claimed.issue_id, reason, now=now)
        if not batches.release_claim(connection, claimed):
            batches.mark_uncertain(connection, claimed, not_before=not_before, reason=reason)
