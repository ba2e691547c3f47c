"""
`newsletter issue new`, `edit`, `diff`, `approve`, `reschedule` and `hold`: drafts.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issues.draft_options import (
    AUDIENCE,
    Cadences,
    Preheader,
    Segment,
    Show,
    Subject,
    Template,
)
from newsletter.cli.issues.intro import CONTENT, Intro, IntroFile, read_intro
from newsletter.cli.issues.issue_values import issue_json
from newsletter.cli.session import session_of
from newsletter.errors import Refused
from newsletter.model.issue import AudienceRule
from subscribers.model import Cadence

group = typer.Typer()

Number = Annotated[int, typer.Argument(metavar="ISSUE", help="Number of the issue")]


@group.command()
def new(
    context: typer.Context,
    lists: Annotated[
        list[str],
        typer.Option(
            "--list",
            metavar="SLUG",
            help="Mailing list; a reader on several gets it through the first",
            rich_help_panel=AUDIENCE,
        ),
    ],
    not_list: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SLUG",
            help="Leave out everyone on this list",
            show_default="none",
            rich_help_panel=AUDIENCE,
        ),
    ] = None,
    cadence: Cadences = None,
    segment: Segment = None,
    brief: Annotated[
        list[int] | None,
        typer.Option(
            metavar="BRIEF",
            help="Brief to include, by number; shown in the order given",
            show_default="none, for a letter",
            rich_help_panel=CONTENT,
        ),
    ] = None,
    template: Template = None,
    subject: Subject = None,
    preheader: Preheader = None,
    intro: Intro = None,
    intro_file: IntroFile = None,
    show: Show = None,
) -> None:
    """
    Make a draft from stored briefs. Without briefs it is a letter, and --intro or --intro-file is
    its text.

    Examples:
        newsletter issue new --list daily --brief 12 --brief 14 --subject "This week"
        newsletter issue new --list daily --subject "Moved" --intro-file letter.md
    """
    from newsletter.actions.issues.issues import IssueTexts, create_draft, intro_warnings

    session = session_of(context)
    intro = read_intro(intro, intro_file)
    with session.app() as app:
        issue_id = create_draft(
            app,
            AudienceRule(
                lists=tuple(lists),
                minus=tuple(not_list or ()),
                cadences=tuple(dict.fromkeys(cadence or (Cadence.EACH,))),
                segment=segment,
            ),
            briefs=brief or (),
            texts=IssueTexts(subject=subject, preheader=preheader, intro=intro),
            template=template,
            show=show,
            by=session.actor,
        )
        for warning in intro_warnings(app, intro, by=session.actor):
            session.say(warning)
    session.show(
        {"id": issue_id}, f"made issue {issue_id}; next: `newsletter issue preview {issue_id}`"
    )


@group.command()
def edit(
    context: typer.Context,
    issue_id: Number,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--list",
            metavar="SLUG",
            help="Mailing list; those given replace all the present ones",
            rich_help_panel=AUDIENCE,
        ),
    ] = None,
    not_list: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SLUG",
            help='Leave out everyone on this list; "" leaves out nobody',
            rich_help_panel=AUDIENCE,
        ),
    ] = None,
    cadence: Annotated[
        list[Cadence] | None,
        typer.Option(
            help="Readers who chose this; those given replace all the present ones",
            rich_help_panel=AUDIENCE,
        ),
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help='Send only to the readers in this segment; "" sends to all',
            rich_help_panel=AUDIENCE,
        ),
    ] = None,
    subject: Subject = None,
    preheader: Preheader = None,
    intro: Intro = None,
    intro_file: IntroFile = None,
    template: Template = None,
    brief: Annotated[
        list[int] | None,
        typer.Option(
            metavar="BRIEF",
            help="Brief to include, by number; those given replace all the present ones",
            rich_help_panel=CONTENT,
        ),
    ] = None,
    show: Show = None,
) -> None:
    """
    Change a draft. What you leave out stays unchanged; an approved draft needs a new approval.

    Example:
        newsletter issue edit 3 --subject "Corrected"
    """
    from newsletter.actions.issues.issues import IssueTexts, edit_draft, intro_warnings

    intro = read_intro(intro, intro_file)
    changes = (lists, not_list, cadence, segment, subject, preheader, intro, template, brief, show)
    if all(value is None for value in changes):
        raise Refused("nothing to change: give an option, such as --subject TEXT")
    session = session_of(context)
    with session.app() as app:
        changed = edit_draft(
            app,
            issue_id,
            lists=lists,
            not_lists=not_list,
            cadences=cadence or (),
            segment=segment,
            texts=IssueTexts(subject=subject, preheader=preheader, intro=intro),
            template=template,
            briefs=brief or (),
            show=show,
            by=session.actor,
        )
        for warning in intro_warnings(app, intro, by=session.actor):
            session.say(warning)
    session.show(issue_json(changed), f"changed issue {issue_id}")


@group.command()
def duplicate(context: typer.Context, issue_id: Number) -> None:
    """
    Make a draft with the lists, texts, template and briefs of another issue.

    A brief that was already sent to a list is refused at the send: leave it out with `issue edit`.

    Example:
        newsletter issue duplicate 3
    """
    from newsletter.actions.issues import issues

    session = session_of(context)
    with session.app() as app:
        made = issues.duplicate(app, issue_id, by=session.actor)
    session.show(
        {"id": made, "from": issue_id},
        f"made issue {made} from issue {issue_id}; next: `newsletter issue edit {made}`, "
        f"then `newsletter issue preview {made}`",
    )


@group.command()
def diff(context: typer.Context, issue_id: Number) -> None:
    """
    Show what changed since the issue was approved.

    Example:
        newsletter issue diff 3
    """
    from newsletter.actions.issues.issues import changes_since_approval

    session = session_of(context)
    with session.app() as app:
        lines = changes_since_approval(app, issue_id, by=session.actor)
    words = "\n".join(lines) or f"issue {issue_id} has not changed since it was approved"
    session.show({"id": issue_id, "changed": bool(lines), "diff": lines}, words)


@group.command()
def approve(context: typer.Context, issue_id: Number) -> None:
    """
    Approve an issue as it is now. If its content or audience changes later, it has to be approved
    again.

    A draft whose schedule sets a deadline is sent at once.

    Example:
        newsletter issue approve 3
    """
    from newsletter.actions.issues import issues

    session = session_of(context)
    with session.app() as app:
        approved = issues.approve(app, issue_id, by=session.actor)
    end = f"; next: `newsletter issue send {issue_id}`"
    if approved.is_sent:
        end = " and is being sent by `newsletter serve`"
    elif approved.reason:
        end = f", but not by a second person: {approved.reason}"
    session.show(
        {"id": issue_id, "approved": approved.sha256}, f"issue {issue_id} is approved{end}"
    )


@group.command()
def reschedule(
    context: typer.Context,
    issue_id: Number,
    at: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="The new time, as for `issue send`: +2h, or 2026-03-05 06:00",
        ),
    ],
) -> None:
    """
    Give a scheduled issue another time. It stays approved.

    Example:
        newsletter issue reschedule 3 --at "2026-03-05 07:00"
    """
    from newsletter.actions.issues import issue_delivery, sending
    from newsletter.scheduling.local_times import format_time

    session = session_of(context)
    with session.app() as app:
        when = sending.reschedule(app, issue_id, at=at, by=session.actor)
        zone = issue_delivery.timezone_of(app, issue_id, by=session.actor)
    session.show(
        {"id": issue_id, "send_at": when.isoformat()},
        f"issue {issue_id} is scheduled for {format_time(when, zone)}",
    )


@group.command()
def hold(context: typer.Context, issue_id: Number) -> None:
    """
    Cancel the deadline of a draft, so that it waits until you send it.

    Example:
        newsletter issue hold 3
    """
    from newsletter.actions.issues import issues

    session = session_of(context)
    with session.app() as app:
        issues.hold(app, issue_id, by=session.actor)
    session.show(
        {"id": issue_id, "held": True},
        f"issue {issue_id} has no deadline now and waits until you send it",
    )
