"""
Set the fallback provider that a person names for one issue.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.issues.context import PublishingContext
from newsletter.model.issue import IssueState
from newsletter.store.delivery.failover import set_fallback_provider
from newsletter.store.issues.issues import load_issue


def set_fallback(
    context: PublishingContext, connection: sa.Connection, issue_id: int, name: str
) -> IssueState:
    """
    Let the issue fail over to the provider *name*, or to none, and return the issue's state.

    Raises:
        NotFound: there is no such issue.
        SettingsError: that provider cannot continue what the provider of the issue began.
    """
    issue = load_issue(connection, issue_id)
    provider = context.fallback_provider(name, primary=issue.provider)
    set_fallback_provider(connection, issue_id, provider)
    return issue.state
