"""
Confirmation samples that several tests share.
"""

from __future__ import annotations

from webhook_calls import ReportedIssue

from newsletter.delivery.reconciliation.reconcile import reconcile_next


def look_again(reported: ReportedIssue) -> None:
    """
    What a sending process does about doubt that is due.
    """
    while reconcile_next(reported.dispatcher):
        pass
