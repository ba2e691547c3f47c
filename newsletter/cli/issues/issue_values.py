"""
An issue as plain values, for the `--json` of commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletter.model.issue import Issue


def issue_json(issue: Issue) -> dict[str, Any]:
    """
    Return what was chosen for an issue, as plain JSON values.
    """
    return {
        "id": issue.id,
        "number": issue.number,
        "state": issue.state,
        "lists": list(issue.audience.lists),
        "not_lists": list(issue.audience.minus),
        "cadences": list(issue.audience.cadences),
        "segment": issue.audience.segment,
        "corrects": issue.audience.sent_to_issue,
        "template": issue.template,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "intro": issue.intro,
        "from": f"{issue.sender.name} <{issue.sender.address}>",
        "provider": issue.provider,
        "fallback_provider": issue.fallback_provider,
        "failed_over_at": issue.failed_over_at.isoformat() if issue.failed_over_at else None,
        "needs_approval": issue.needs_approval,
        "approved": issue.approved_hash is not None,
        "send_at": issue.send_at.isoformat() if issue.send_at else None,
        "sent_at": issue.frozen_at.isoformat() if issue.frozen_at else None,
        "deadline": issue.deadline.isoformat() if issue.deadline else None,
        "at_deadline": issue.at_deadline,
        "slot": issue.slot,
        "reason": issue.pause_reason,
    }
