"""
`newsletter issue`: manual sends, from a draft to the last receipt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of
from newsletter.model.access import OPERATOR
from newsletter.model.issue import AudienceRule, ShownAs

if TYPE_CHECKING:
    from newsletter.model.issue import Issue

group = typer.Typer()

Number = Annotated[int, typer.Argument(help="The issue's number.")]
Subject = Annotated[str | None, typer.Option(help="Instead of the template's own.")]
Preheader = Annotated[str | None, typer.Option(help="The line inboxes show after the subject.")]
Intro = Annotated[str | None, typer.Option(help="A word before the briefs.")]
Template = Annotated[str | None, typer.Option(help="The template folder.")]
Show = Annotated[ShownAs | None, typer.Option(help="Every brief alike: takeaways, line, ...")]


@group.command()
def new(
    context: typer.Context,
    lists: Annotated[list[str], typer.Option("--list", help="To whom; repeatable, in order.")],
    brief: Annotated[
        list[int] | None,
        typer.Option(help="A brief's number; repeatable, in order. None: a letter."),
    ] = None,
    not_list: Annotated[list[str] | None, typer.Option(help="Leave out who is on it.")] = None,
    template: Template = None,
    subject: Subject = None,
    preheader: Preheader = None,
    intro: Intro = None,
    show: Show = None,
) -> None:
    """
    Make a draft from stored briefs; without one, a letter of what you type as --intro.

    Example: newsletter issue new --list daily --brief 12 --brief 14 --subject "This week"
    """
    from newsletter.actions.issues import IssueTexts, create_draft

    session = session_of(context)
    with session.app() as app:
        issue_id = create_draft(
            app,
            AudienceRule(lists=tuple(lists), minus=tuple(not_list or ())),
            briefs=brief or (),
            texts=IssueTexts(subject=subject, preheader=preheader, intro=intro),
            template=template,
            show=show,
        )
    session.show(
        {"id": issue_id}, f"made issue {issue_id}; next: `newsletter issue preview {issue_id}`"
    )


@group.command()
def edit(
    context: typer.Context,
    issue_id: Number,
    subject: Subject = None,
    preheader: Preheader = None,
    intro: Intro = None,
    template: Template = None,
    brief: Annotated[
        list[int] | None, typer.Option(help="The briefs from now on, in order.")
    ] = None,
    show: Show = None,
) -> None:
    """
    Change a draft; what is not named stays. An approval is void after it.

    Example: newsletter issue edit 3 --subject "Corrected"
    """
    from newsletter.actions.issues import IssueTexts, edit_draft

    session = session_of(context)
    with session.app() as app:
        changed = edit_draft(
            app,
            issue_id,
            texts=IssueTexts(subject=subject, preheader=preheader, intro=intro),
            template=template,
            briefs=brief or (),
            show=show,
        )
    session.show(issue_json(changed), f"changed issue {issue_id}")


@group.command()
def diff(context: typer.Context, issue_id: Number) -> None:
    """
    What changed since the issue was approved.

    Example: newsletter issue diff 3
    """
    from newsletter.actions.issues import changes_since_approval

    session = session_of(context)
    with session.app() as app:
        lines = changes_since_approval(app, issue_id)
    words = "\n".join(lines) or "nothing changed since it was approved"
    session.show({"id": issue_id, "changed": bool(lines), "diff": lines}, words)


@group.command()
def approve(context: typer.Context, issue_id: Number) -> None:
    """
    Approve an issue as it is now. A later change of content or audience voids it. The draft of a
    schedule with a deadline is sent by it.

    Example: newsletter issue approve 3
    """
    from newsletter.actions import issues

    session = session_of(context)
    with session.app() as app:
        approved = issues.approve(app, issue_id, by=OPERATOR)
    end = (
        " and on its way: `newsletter serve` sends it"
        if approved.is_sent
        else f"; next: `newsletter issue send {issue_id}`"
    )
    session.show(
        {"id": issue_id, "approved": approved.sha256}, f"issue {issue_id} is approved{end}"
    )


@group.command()
def hold(context: typer.Context, issue_id: Number) -> None:
    """
    Stop the clock of a draft: its deadline acts no more, and only a person sends it.

    Example: newsletter issue hold 3
    """
    from newsletter.actions import issues

    session = session_of(context)
    with session.app() as app:
        issues.hold(app, issue_id, by=OPERATOR)
    session.show({"id": issue_id, "held": True}, f"issue {issue_id} is held")


def issue_json(issue: Issue) -> dict[str, Any]:
    """
    Return what was chosen for an issue, as plain JSON values.
    """
    return {
        "id": issue.id,
        "state": issue.state,
        "lists": list(issue.audience.lists),
        "not_lists": list(issue.audience.minus),
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
        "deadline": issue.deadline.isoformat() if issue.deadline else None,
        "at_deadline": issue.at_deadline,
        "slot": issue.slot,
        "reason": issue.pause_reason,
    }
