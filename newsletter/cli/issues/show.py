"""
`newsletter issue show`: one issue in plain words, or the latest in a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.issues.drafts import issue_json
from newsletter.cli.issues.preview import group
from newsletter.cli.issues.wait import changed_since
from newsletter.cli.session import session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    import sqlalchemy as sa

    from newsletter.app import App
    from newsletter.model.issue import Issue

__all__ = ["group"]


@group.command()
def show(
    context: typer.Context,
    issue_id: Annotated[int | None, typer.Argument(help="All the latest without one.")] = None,
) -> None:
    """
    One issue, or the latest ones.

    Example: newsletter issue show 3
    """
    from newsletter.delivery.trace import subject_of
    from newsletter.issues.rendering import shortened_in
    from newsletter.store.issues.issues import latest_issues, load_issue
    from newsletter.store.issues.preflight import kept_check

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        if issue_id is None:
            latest = latest_issues(connection, most=50)
            subjects = [subject_of(connection, issue) for issue in latest]
            found = [issue_json(issue) for issue in latest]
            session.show(found, _in_a_table(found, subjects))
            return
        issue = load_issue(connection, issue_id)
        value = issue_json(issue) | _looked_up(app, connection, issue)
        kept = kept_check(connection, issue_id)
        shortened = shortened_in(app.publishing, issue_id)
        subject = subject_of(connection, issue)
    value["shortened"] = [one.as_json() for one in shortened]
    value["check"] = kept.as_json() if kept else None
    lines = [
        *in_words(value | {"subject": subject}),
        *changed_since(issue_id, value["changed_briefs"]),
    ]
    lines += [*map(str, shortened), *(kept.lines() if kept else [])]
    session.show(value, "\n".join(lines))


def _in_a_table(found: list[dict[str, Any]], subjects: list[str | None]) -> str:
    columns = ("id", "state", "lists", "template", "subject", "reason")
    rows = [
        {**one, "lists": ", ".join(one["lists"]), "subject": subject}
        for one, subject in zip(found, subjects, strict=True)
    ]
    return table([[row[name] or "" for name in columns] for row in rows], columns)


def _looked_up(app: App, connection: sa.Connection, issue: Issue) -> dict[str, Any]:
    """
    What stands about an issue elsewhere: its briefs, its readers, its schedule, its approval.
    """
    from newsletter.delivery.freeze import count_audience
    from newsletter.model.issue import EDITABLE
    from newsletter.store.delivery.status import count_deliveries
    from newsletter.store.issues.corrections import changed_briefs
    from newsletter.store.issues.issues import chosen_briefs
    from newsletter.store.scheduling.schedules import load_schedule

    is_open = issue.state in EDITABLE
    rule = load_schedule(connection, issue.schedule_id) if issue.schedule_id else None
    return {
        "schedule": rule.name if rule else None,
        "readers": count_audience(connection, issue.audience)
        if is_open
        else count_deliveries(connection, issue.id).audience,
        "approval": _approval(app, issue) if is_open else None,
        "briefs": [
            {
                "id": chosen.brief_id,
                "shown_as": chosen.shown_as,
                "heading": chosen.heading,
                "title": chosen.brief.title,
            }
            for chosen in chosen_briefs(connection, issue.id)
        ],
        "changed_briefs": [one.id for one in changed_briefs(connection, issue.id)],
    }


def _approval(app: App, issue: Issue) -> str:
    """
    Where the approval of an open issue stands, for a person.
    """
    from newsletter.issues.approval import check_approval
    from newsletter.issues.rendering import render_issue

    if issue.approved_hash is None:
        return "needed, and not given yet" if issue.needs_approval else "not needed"
    try:
        check_approval(app.publishing, issue, render_issue(app.publishing, issue.id))
    except Refused as error:
        return f"void: {error}"
    return "given, and it holds"


def in_words(value: dict[str, Any]) -> list[str]:
    """
    The lines that tell a person about an issue; what it has not is not told.
    """
    told = {
        "to": _readers(value),
        "from": value["from"],
        "subject": value["subject"] or "as its template says",
        "preheader": value["preheader"],
        "intro": value["intro"],
        "template": value["template"],
        "provider": value["provider"],
        "goes on through": _second(value),
        "made by": _maker(value),
        "approval": value["approval"],
        "leaves": _when(value),
        "why": value["reason"],
    }
    lines = [f"issue {value['id']}: {value['state']}"]
    lines += [f"  {name}: {what}" for name, what in told.items() if what]
    lines += [f"  brief {brief['id']}, {_brief(brief)}" for brief in value["briefs"]]
    return lines


def _second(value: dict[str, Any]) -> str | None:
    since = value["second_since"]
    when = f"since {since}" if since else f"when {value['provider']} takes nothing"
    return f"{value['second_provider']}, {when}" if value["second_provider"] else None


def people(count: int) -> str:
    """
    So many readers, in words.
    """
    return f"{count} reader{'' if count == 1 else 's'}"


def _readers(value: dict[str, Any]) -> str:
    who = people(value["readers"])
    if value["corrects"]:
        return f"{who} who got issue {value['corrects']}"
    minus = f", not {', '.join(value['not_lists'])}" if value["not_lists"] else ""
    return f"{', '.join(value['lists']) or 'typed addresses'}{minus} ({who})"


def _maker(value: dict[str, Any]) -> str | None:
    if value["slot"] is None:
        return None
    schedule = f"schedule {value['schedule']}" if value["schedule"] else "a schedule since removed"
    return f"{schedule}, slot {value['slot']}"


def _when(value: dict[str, Any]) -> str:
    send = f"`newsletter issue send {value['id']}`"
    match value["state"]:
        case "draft" | "approved" if value["deadline"]:
            what = {"send": "is sent", "skip": "is cancelled", "hold": "is held for a person"}
            return f"when somebody approves it; else it {what[value['at_deadline']]} at " + str(
                value["deadline"]
            )
        case "draft" | "approved":
            return f"when somebody runs {send}"
        case "scheduled":
            return f"at {value['send_at']}"
        case "missed":
            return f"not by itself: its time {value['send_at']} passed; {send}"
        case "freezing" | "sending":
            return f"now; `newsletter issue status {value['id']}` says how far it is"
        case "paused":
            return f"again when somebody runs `newsletter issue resume {value['id']}`"
        case "submitted":
            return f"it has left; `newsletter issue status {value['id']}` says what became of it"
    return "no more"


def _brief(brief: dict[str, Any]) -> str:
    under = f" under {brief['heading']}" if brief["heading"] else ""
    return f"{brief['shown_as']}{under}: {brief['title']}"
