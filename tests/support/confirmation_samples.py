"""
Confirmation samples that several tests share.
"""

from __future__ import annotations

from webhook_calls import Heard

from newsletter.delivery.reconciliation import resolve_doubt


def look_again(heard: Heard) -> None:
    """
    What a sending process does about doubt that is due.
    """
    while resolve_doubt(heard.dispatcher):
        pass
