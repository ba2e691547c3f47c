"""
What changes in a draft with its audience rule.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.drafts import new_issue
from newsletter.model.issue import AudienceRule, Issue, IssueKind
from subscribers.text.phrases import phrase


def audience_values(
    context: PublishingContext,
    connection: sa.Connection,
    draft: Issue,
    audience: AudienceRule,
) -> dict[str, Any]:
    """
    Return the columns of *draft* that change with its *audience*. Its sender, reply-to and
    providers follow its first list, and it needs approval if any of them requires that or if it was
    approved.

    Raises:
        UnknownList, UnknownSegment: one of the lists, or the segment, does not exist.
        Refused: the draft is a correction or a notice, or there is no sender address.
    """
    if draft.audience.sent_to_issue is not None:
        raise Refused(
            phrase(
                "issue {issue} corrects issue {sent} and goes to its readers: "
                "its lists cannot be changed",
                issue=draft.id,
                sent=draft.audience.sent_to_issue,
            )
        )
    if draft.kind is IssueKind.NOTICE:
        raise Refused(phrase("issue {issue} is a notice: it goes to no list", issue=draft.id))
    new = new_issue(context, connection, audience=audience, template=draft.template)
    is_same_first = audience.lists[0] == draft.audience.lists[0]
    identity = draft if is_same_first else new
    return {
        "audience": asdict(audience),
        "sender_name": identity.sender.name,
        "sender_address": identity.sender.address,
        "reply_to": identity.reply_to,
        "provider": identity.provider,
        "fallback_provider": identity.fallback_provider,
        "needs_approval": new.needs_approval
        or draft.needs_approval
        or draft.approved_hash is not None,
    }
