"""
Working along on one issue from the command line, and saying where it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletter.cli.progress import progress
from newsletter.cli.session import Session

if TYPE_CHECKING:
    from newsletter.app import App

STATES = ("accepted", "rejected", "skipped", "cancelled", "uncertain", "pending")


def hand_over_with_progress(app: App, issue_id: int) -> None:
    """
    Hands the issue's batches over until it needs this process no more: submitted, paused,
    cancelled, or waiting for its provider or a person.
    """
    with progress(f"sending issue {issue_id}") as report:

        def is_done() -> bool:
            counts = status_of(app, issue_id)
            report(counts["audience"] - counts["pending"], counts["audience"])
            return bool(counts["state"] != "sending" or counts["pending"] == 0)

        app.hand_over(issue_id=issue_id, is_done=is_done)
        is_done()


def status_of(app: App, issue_id: int) -> dict[str, Any]:
    """
    The shape of `issue status --json`.
    """
    from newsletter.store.issues import load_issue
    from newsletter.store.status import count_deliveries, reasons

    with app.database.read() as connection:
        issue = load_issue(connection, issue_id)
        counts = count_deliveries(connection, issue_id).as_json()
        why = reasons(connection, issue_id)
    return {
        "id": issue_id,
        "state": issue.state,
        **counts,
        "needs_decision": counts["uncertain"] > 0,
        "reason": issue.pause_reason,
        "reasons": why,
        "outcomes": {},
    }


def show_status(session: Session, app: App, issue_id: int) -> None:
    """
    Prints where the issue stands.
    """
    found = status_of(app, issue_id)
    lines = [f"issue {issue_id}: {found['state']}, audience {found['audience']}"]
    lines += [f"  {state}: {found[state]}" for state in STATES if found[state]]
    lines += [f"  left out, {why}: {people}" for why, people in found["excluded"].items()]
    lines += [f"  {why}: {people}" for why, people in found["reasons"].items()]
    if found["reason"]:
        lines.append(f"  {found['reason']}")
    if found["needs_decision"]:
        lines.append(
            "  uncertain: `newsletter serve` asks the provider again where it can be asked; "
            f"else `newsletter issue resolve {issue_id} --as accepted` or rejected"
        )
    session.show(found, "\n".join(lines))
