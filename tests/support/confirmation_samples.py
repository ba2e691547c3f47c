"""
Steps that the tests of confirmations by events share.
"""

from __future__ import annotations

from webhook_calls import ReportedIssue

from newsletter.delivery.reconciliation.reconcile import reconcile_next


def look_again(reported: ReportedIssue) -> None:
    """
    Reconcile the uncertain batches that are due, as a sending process does.
    """
    while reconcile_next(reported.dispatcher):
        pass
