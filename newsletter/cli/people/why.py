"""
`newsletter why`: explain what happened to one address, and by which rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of
from subscribers.fields.words import value_in_words

if TYPE_CHECKING:
    from newsletter.delivery.trace import AddressTrace, DeliveryTrace


def why(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Email address")],
    issue_id: Annotated[
        int | None,
        typer.Option(
            "--issue", metavar="ISSUE", help="Explain this issue only", show_default="the latest"
        ),
    ] = None,
) -> None:
    """
    Explain what happened to one address in the latest issues, and by which rule.

    Example:
        newsletter why ada@example.org --issue 7
    """
    from newsletter.actions.people.subscribers import trace_address

    session = session_of(context)
    with session.app() as app:
        traced = trace_address(app, address, issue_id=issue_id, by=session.actor)
    session.show(_as_json(traced), "\n".join(_lines(traced)))


def _lines(traced: AddressTrace) -> list[str]:
    person = traced.person
    first = traced.address if person is None else f"{traced.address}  {person.name}"
    lines = [first.rstrip()]
    if person is None:
        lines.append("  no subscriber has this address")
    for subscription in person.subscriptions if person else ():
        ended = f" ({subscription.ended_reason})" if subscription.ended_reason else ""
        lines.append(
            f"  {subscription.list_slug}: {subscription.state} "
            f"{'on' if ended else 'since'} {subscription.since:%Y-%m-%d}{ended}"
        )
    for suppression in traced.suppressions:
        where = f"list {suppression.scope}" if suppression.scope else "all lists"
        lines.append(
            f"  suppressed on {where}: {suppression.reason}, since {suppression.since:%Y-%m-%d}"
        )
    for delivery in traced.deliveries:
        named = f"{delivery.issue.kind} {delivery.issue.id}"
        if delivery.entry is not None and delivery.entry.occasion:
            named += f", occasion {delivery.entry.occasion}"
        lines += [
            f"{named}{f' “{delivery.subject}”' if delivery.subject else ''}",
            f"  {delivery.words}",
        ]
        if delivery.entry is not None and delivery.entry.merge_values:
            values = delivery.entry.merge_values.items()
            frozen = (f"{name} “{value_in_words(value)}”" for name, value in values)
            lines.append(f"  frozen with {', '.join(frozen)}")
    return lines if traced.deliveries else [*lines, "no issue has been sent to their lists yet"]


def _as_json(traced: AddressTrace) -> dict[str, Any]:
    person = traced.person
    return {
        "address": traced.address,
        "subscriber": None
        if person is None
        else {"id": person.id, "name": person.name, "since": person.created_at.isoformat()},
        "lists": [
            {
                "slug": subscription.list_slug,
                "state": subscription.state,
                "since": subscription.since.isoformat(),
                "joined": subscription.created_at.isoformat(),
                "reason": subscription.ended_reason,
            }
            for subscription in (person.subscriptions if person else ())
        ],
        "suppressions": [
            {"reason": each.reason, "scope": each.scope, "since": each.since.isoformat()}
            for each in traced.suppressions
        ],
        "issues": [_delivery_as_json(delivery) for delivery in traced.deliveries],
    }


def _delivery_as_json(delivery: DeliveryTrace) -> dict[str, Any]:
    entry = delivery.entry
    times = {
        "frozen_at": delivery.frozen_at,
        "submitted_at": entry.call_started_at if entry else None,
        "settled_at": entry.settled_at if entry else None,
        "not_before": entry.not_before if entry else None,
    }
    return {
        "issue": delivery.issue.id,
        "kind": delivery.issue.kind,
        "occasion": entry.occasion if entry else 0,
        "subject": delivery.subject,
        "outcome": delivery.outcome,
        "rule": delivery.rule,
        "words": delivery.words,
        "list": entry.through if entry else None,
        "provider": (entry.provider or delivery.issue.current_provider) if entry else None,
        "provider_id": entry.provider_id if entry else None,
        "received": {kind: at.isoformat() for kind, at in delivery.reported.first_seen.items()},
        "bounce": delivery.reported.detail or None,
        "merge_values": dict(entry.merge_values) if entry else {},
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }
