"""
`newsletter why`: what happened to one address, and by which rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of

if TYPE_CHECKING:
    from newsletter.delivery.trace import AddressTrace, DeliveryTrace


def why(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="The address.")],
    issue_id: Annotated[
        int | None, typer.Option("--issue", help="One issue; the latest without it.")
    ] = None,
) -> None:
    """
    What happened to one address in each of the latest issues, and by which rule.

    Example: newsletter why ada@example.org --issue 7
    """
    from newsletter.delivery.trace import trace
    from subscribers.validation.address import parse_address

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        answer = trace(connection, parse_address(address), issue_id=issue_id)
    session.show(_as_json(answer), "\n".join(_lines(answer)))


def _lines(answer: AddressTrace) -> list[str]:
    person = answer.person
    first = answer.address if person is None else f"{answer.address}  {person.name}"
    lines = [first.rstrip()]
    if person is None:
        lines.append("  no subscriber has this address now")
    for one in person.subscriptions if person else ():
        ended = f" ({one.ended_reason})" if one.ended_reason else ""
        lines.append(f"  {one.list_slug}: {one.state} since {one.since:%Y-%m-%d}{ended}")
    for held in answer.suppressions:
        where = f"on {held.scope}" if held.scope else "on any list"
        lines.append(f"  never mailed {where}: {held.reason}, since {held.since:%Y-%m-%d}")
    for delivery in answer.deliveries:
        named = f"{delivery.issue.kind} {delivery.issue.id}"
        lines.append(
            f"{named}{f' “{delivery.subject}”' if delivery.subject else ''}: {delivery.words}"
        )
    return lines if answer.deliveries else [*lines, "no issue went to their lists yet"]


def _as_json(answer: AddressTrace) -> dict[str, Any]:
    person = answer.person
    return {
        "address": answer.address,
        "subscriber": None
        if person is None
        else {"id": person.id, "name": person.name, "since": person.created_at.isoformat()},
        "lists": [
            {
                "slug": one.list_slug,
                "state": one.state,
                "since": one.since.isoformat(),
                "joined": one.created_at.isoformat(),
                "reason": one.ended_reason,
            }
            for one in (person.subscriptions if person else ())
        ],
        "suppressions": [
            {"reason": one.reason, "scope": one.scope, "since": one.since.isoformat()}
            for one in answer.suppressions
        ],
        "issues": [_delivery_as_json(delivery) for delivery in answer.deliveries],
    }


def _delivery_as_json(delivery: DeliveryTrace) -> dict[str, Any]:
    entry = delivery.entry
    times = {
        "frozen_at": delivery.frozen_at,
        "handed_at": entry.handed_at if entry else None,
        "settled_at": entry.settled_at if entry else None,
        "not_before": entry.not_before if entry else None,
    }
    return {
        "issue": delivery.issue.id,
        "kind": delivery.issue.kind,
        "subject": delivery.subject,
        "outcome": delivery.outcome,
        "rule": delivery.rule,
        "words": delivery.words,
        "list": entry.through if entry else None,
        "provider": (entry.provider or delivery.issue.current_provider) if entry else None,
        "provider_id": entry.provider_id if entry else None,
        "heard": {kind: at.isoformat() for kind, at in delivery.reported.first_seen.items()},
        "bounce": delivery.reported.detail or None,
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }
