"""
`newsletter issue list` and `show`: the latest issues, and one in detail.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.issues.issue_values import issue_json
from newsletter.cli.issues.wait import changed_since
from newsletter.cli.listing import DEFAULT_ROWS, most_rows
from newsletter.cli.session import session_of, table
from newsletter.model.issue import IssueState

if TYPE_CHECKING:
    from newsletter.actions.issues.issue_details import IssueDetails, ListedIssue

group = typer.Typer()


@group.command(name="list")
def list_issues(
    context: typer.Context,
    state: Annotated[
        IssueState | None,
        typer.Option(
            metavar="STATE",
            help="Only issues in this state, such as draft or sending",
            show_default="all",
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", min=1, help="How many at most", show_default=DEFAULT_ROWS
        ),
    ] = None,
) -> None:
    """
    List issues, the latest first.

    Examples:
        newsletter issue list
        newsletter issue list --state draft
    """
    from newsletter.actions.issues.issue_details import latest

    session = session_of(context)
    with session.app() as app:
        found = latest(app, state=state, limit=most_rows(session, most), by=session.actor)
    session.show([_listed(each) for each in found], _issue_table(found, state))


@group.command()
def show(
    context: typer.Context,
    issue_id: Annotated[int, typer.Argument(metavar="ISSUE", help="Number of the issue")],
) -> None:
    """
    Show one issue in detail.

    Example:
        newsletter issue show 3
    """
    from newsletter.actions.issues.issue_details import issue_details

    session = session_of(context)
    with session.app() as app:
        details = issue_details(app, issue_id, by=session.actor)
    value = _as_json(details)
    lines = [
        *in_words(
            value
            | {
                "subject": details.subject,
                "at_deadline": details.at_deadline,
                "send_at": _time(details.issue.send_at, details.timezone),
                "deadline": _time(details.issue.deadline, details.timezone),
            }
        ),
        *changed_since(issue_id, details.changed_briefs),
        *map(str, details.shortened),
        *(details.check.lines() if details.check else []),
    ]
    session.show(value, "\n".join(lines))


def _listed(found: ListedIssue) -> dict[str, Any]:
    return {**issue_json(found.issue), "subject": found.subject, "headline": found.headline}


def _issue_table(found: Sequence[ListedIssue], state: IssueState | None) -> str:
    headings = ("id", "state", "lists", "template", "subject", "reason")
    rows = [
        (
            str(each.issue.id),
            each.issue.state,
            ", ".join(each.issue.audience.lists),
            each.issue.template,
            each.subject or each.headline or "",
            each.issue.pause_reason or "",
        )
        for each in found
    ]
    none = (
        f"No issues in the state {state}."
        if state
        else "No issues yet. Make one: newsletter issue new --list SLUG --brief BRIEF"
    )
    return table(rows, headings, empty=none)


def _time(when: dt.datetime | None, timezone: str) -> str | None:
    from newsletter.scheduling.local_times import format_time

    return format_time(when, timezone) if when else None


def _as_json(details: IssueDetails) -> dict[str, Any]:
    return {
        **issue_json(details.issue),
        "schedule": details.schedule,
        "readers": details.readers,
        "approval": _approval_in_words(details),
        "briefs": [
            {
                "id": chosen.brief_id,
                "shown_as": chosen.shown_as,
                "heading": chosen.heading,
                "title": chosen.brief.title,
            }
            for chosen in details.briefs
        ],
        "changed_briefs": list(details.changed_briefs),
        "shortened": [brief.as_json() for brief in details.shortened],
        "check": details.check.as_json() if details.check else None,
    }


def _approval_in_words(details: IssueDetails) -> str | None:
    if details.approval is None:
        return None
    state, reason = details.approval
    if state == "missing":
        return f"needed: {reason}" if reason else "needed, not given yet"
    words = {"not needed": "not needed"}
    return words.get(state, f"no longer valid: {reason}" if reason else "given")


def in_words(value: dict[str, Any]) -> list[str]:
    """
    Describe an issue to a person, a line a fact; what it does not have is left out.
    """
    facts = {
        "to": _readers(value),
        "number": value["number"] and f"{value['number']} for its readers",
        "from": value["from"],
        "subject": value["subject"] or "the template's",
        "preheader": value["preheader"],
        "intro": value["intro"],
        "template": value["template"],
        "provider": value["provider"],
        "fallback provider": _fallback_provider(value),
        "made by": _maker(value),
        "approval": value["approval"],
        "sent": _when(value),
        "reason": value["reason"],
    }
    lines = [f"issue {value['id']}: {value['state']}"]
    lines += [f"  {name}: {what}" for name, what in facts.items() if what]
    lines += [f"  brief {brief['id']}, {_brief(brief)}" for brief in value["briefs"]]
    return lines


def _fallback_provider(value: dict[str, Any]) -> str | None:
    since = value["failed_over_at"]
    when = f"in use since {since}" if since else f"if {value['provider']} accepts nothing"
    return f"{value['fallback_provider']}, {when}" if value["fallback_provider"] else None


def people(count: int) -> str:
    """
    Format a number of readers, in words.
    """
    return f"{count} reader{'' if count == 1 else 's'}"


def _readers(value: dict[str, Any]) -> str:
    who = people(value["readers"])
    if value["corrects"]:
        return f"{who} who received issue {value['corrects']}"
    minus = f", not {', '.join(value['not_lists'])}" if value["not_lists"] else ""
    return f"{', '.join(value['lists']) or 'single addresses'}{minus} ({who})"


def _maker(value: dict[str, Any]) -> str | None:
    if value["slot"] is None:
        return None
    name = value["schedule"]
    schedule = f"schedule {name}" if name else "a schedule that has been removed"
    return f"{schedule}, run of {value['slot']}"


def _when(value: dict[str, Any]) -> str:
    send = f"`newsletter issue send {value['id']}`"
    match value["state"]:
        case "draft" | "approved" if value["deadline"]:
            what = {"send": "sent", "skip": "cancelled", "hold": "held until you send it"}
            return (
                f"when it is approved; without approval by {value['deadline']} it is "
                f"{what[value['at_deadline']]}"
            )
        case "draft" | "approved":
            return f"not yet; to send it: {send}"
        case "scheduled":
            return f"at {value['send_at']}"
        case "missed":
            return f"no, its time {value['send_at']} has passed; to send it now: {send}"
        case "freezing" | "sending":
            return f"now; for its progress: `newsletter issue status {value['id']}`"
        case "paused":
            return f"in part; to continue: `newsletter issue resume {value['id']}`"
        case "submitted":
            return f"yes; for its outcomes: `newsletter issue status {value['id']}`"
    return "no"


def _brief(brief: dict[str, Any]) -> str:
    under = f" under {brief['heading']}" if brief["heading"] else ""
    return f"{brief['shown_as']}{under}: {brief['title']}"
