"""
`newsletter issue`: manual sends, from a draft to the last receipt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of
from newsletter.model.issue import AudienceRule, ShownAs
from subscribers.validation.text_fields import one_line

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
    from dataclasses import replace

    from newsletter.issues.drafts import new_issue
    from newsletter.issues.selection import shown, template_for
    from newsletter.mail.templating.files import gather_templates
    from newsletter.store.content.briefs import load_brief
    from newsletter.store.issues.issues import add_issue

    session = session_of(context)
    chosen = list(dict.fromkeys(brief or []))
    subject, preheader = _line(subject, "subject"), _line(preheader, "preheader")
    with session.app() as app, app.database.write() as connection:
        for brief_id in chosen:
            load_brief(connection, brief_id)
        folder = template_for(template, len(chosen))
        gather_templates(app.settings.template_folders, folder)
        draft = new_issue(
            app.publishing,
            connection,
            audience=AudienceRule(lists=tuple(lists), minus=tuple(not_list or ())),
            template=folder,
        )
        draft = replace(draft, subject=subject, preheader=preheader, intro=intro)
        issue_id = add_issue(connection, draft, shown(chosen, show, lead=show), now=app.clock())
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
    from newsletter.issues.selection import shown
    from newsletter.store.content.briefs import load_brief
    from newsletter.store.issues.issues import chosen_briefs, edit_issue, load_issue, set_briefs

    typed = {
        "subject": _line(subject, "subject"),
        "preheader": _line(preheader, "preheader"),
        "intro": intro,
        "template": template,
    }
    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        edit_issue(connection, issue_id, **{k: v for k, v in typed.items() if v is not None})
        if brief or show:
            for brief_id in brief or []:
                load_brief(connection, brief_id)
            kept = {one.brief_id: one.heading for one in chosen_briefs(connection, issue_id)}
            headings = {brief_id: heading for brief_id, heading in kept.items() if heading}
            chosen = shown(list(dict.fromkeys(brief or kept)), show, lead=show)
            set_briefs(connection, issue_id, chosen, headings=headings)
        value = issue_json(load_issue(connection, issue_id))
    session.show(value, f"changed issue {issue_id}")


@group.command()
def diff(context: typer.Context, issue_id: Number) -> None:
    """
    What changed since the issue was approved.

    Example: newsletter issue diff 3
    """
    from newsletter.issues.approval import changes_since

    session = session_of(context)
    with session.app() as app:
        lines = changes_since(app.publishing, issue_id)
    words = "\n".join(lines) or "nothing changed since it was approved"
    session.show({"id": issue_id, "changed": bool(lines), "diff": lines}, words)


@group.command()
def approve(context: typer.Context, issue_id: Number) -> None:
    """
    Approve an issue as it is now. A later change of content or audience voids it. The draft of a
    schedule with a deadline is sent by it.

    Example: newsletter issue approve 3
    """
    from newsletter import pipeline
    from newsletter.issues import approval
    from newsletter.store.issues.issues import load_issue

    session = session_of(context)
    with session.app() as app:
        with app.database.read() as connection:
            leaves = load_issue(connection, issue_id).at_deadline is not None
        if leaves:
            approved = pipeline.publish_approved(app.publishing, issue_id, by="a person")
        else:
            approved = approval.approve(app.publishing, issue_id)
    end = (
        " and on its way: `newsletter serve` sends it"
        if leaves
        else f"; next: `newsletter issue send {issue_id}`"
    )
    session.show({"id": issue_id, "approved": approved}, f"issue {issue_id} is approved{end}")


@group.command()
def hold(context: typer.Context, issue_id: Number) -> None:
    """
    Stop the clock of a draft: its deadline acts no more, and only a person sends it.

    Example: newsletter issue hold 3
    """
    from newsletter.issues import deadlines

    session = session_of(context)
    with session.app() as app:
        deadlines.hold_issue(app.publishing, issue_id, by="a person")
    session.show({"id": issue_id, "held": True}, f"issue {issue_id} is held")


def _line(text: str | None, what: str) -> str | None:
    return None if text is None else one_line(text, what)


def issue_json(issue: Issue) -> dict[str, Any]:
    """
    What was chosen for an issue, as plain JSON values.
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
        "second_provider": issue.second_provider,
        "second_since": issue.second_since.isoformat() if issue.second_since else None,
        "needs_approval": issue.needs_approval,
        "approved": issue.approved_hash is not None,
        "send_at": issue.send_at.isoformat() if issue.send_at else None,
        "deadline": issue.deadline.isoformat() if issue.deadline else None,
        "at_deadline": issue.at_deadline,
        "slot": issue.slot,
        "reason": issue.pause_reason,
    }
