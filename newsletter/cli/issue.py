"""
`newsletter issue`: manual sends, from a draft to the last receipt.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.sending import hand_over_with_progress, show_status, status_of
from newsletter.cli.session import Session, session_of, table
from newsletter.errors import Refused
from newsletter.model.issue import AudienceRule, IssueState

if TYPE_CHECKING:
    from newsletter.app import App
    from newsletter.model.issue import Issue

group = typer.Typer()

Number = Annotated[int, typer.Argument(help="The issue's number.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]
Subject = Annotated[str | None, typer.Option(help="Instead of the template's own.")]
Preheader = Annotated[str | None, typer.Option(help="The line inboxes show after the subject.")]
Intro = Annotated[str | None, typer.Option(help="A word before the briefs.")]
Template = Annotated[str | None, typer.Option(help="The template folder.")]


@group.command()
def new(
    context: typer.Context,
    lists: Annotated[list[str], typer.Option("--list", help="To whom; repeatable, in order.")],
    brief: Annotated[list[int], typer.Option(help="A brief's number; repeatable, in order.")],
    not_list: Annotated[list[str] | None, typer.Option(help="Leave out who is on it.")] = None,
    template: Template = None,
    subject: Subject = None,
    preheader: Preheader = None,
    intro: Intro = None,
) -> None:
    """
    Make a draft from stored briefs.

    Example: newsletter issue new --list daily --brief 12 --brief 14 --subject "This week"
    """
    from dataclasses import replace

    from newsletter.assemble import shown, template_for
    from newsletter.drafting import new_issue
    from newsletter.mail.template_files import gather_templates
    from newsletter.store.briefs import load_brief
    from newsletter.store.issues import add_issue

    session = session_of(context)
    chosen = list(dict.fromkeys(brief))
    with session.app() as app, app.database.write() as connection:
        for brief_id in chosen:
            load_brief(connection, brief_id)
        folder = template_for(template, len(chosen))
        gather_templates(app.template_folders, folder)
        draft = new_issue(
            app.road,
            connection,
            audience=AudienceRule(lists=tuple(lists), minus=tuple(not_list or ())),
            template=folder,
        )
        draft = replace(draft, subject=subject, preheader=preheader, intro=intro)
        issue_id = add_issue(connection, draft, shown(chosen), now=app.clock())
    session.show({"id": issue_id}, f"made issue {issue_id}; next: `issue preview {issue_id}`")


@group.command()
def show(
    context: typer.Context,
    issue_id: Annotated[int | None, typer.Argument(help="All the latest without one.")] = None,
) -> None:
    """
    One issue, or the latest ones.

    Example: newsletter issue show 3
    """
    from newsletter.store.issues import chosen_briefs, latest_issues, load_issue

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        if issue_id is None:
            found = [_as_json(issue) for issue in latest_issues(connection, most=50)]
            columns = ("id", "state", "lists", "template", "subject", "reason")
            session.show(found, table([[i[c] or "" for c in columns] for i in found], columns))
            return
        value = _as_json(load_issue(connection, issue_id))
        value["briefs"] = [
            {"id": chosen.brief_id, "shown_as": chosen.shown_as, "title": chosen.brief.title}
            for chosen in chosen_briefs(connection, issue_id)
        ]
    session.show(value, "\n".join(f"{name}: {what}" for name, what in value.items()))


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
) -> None:
    """
    Change a draft; what is not named stays. An approval is void after it.

    Example: newsletter issue edit 3 --subject "Corrected"
    """
    from newsletter.assemble import shown
    from newsletter.store.briefs import load_brief
    from newsletter.store.issues import edit_issue, load_issue, set_briefs

    typed = {"subject": subject, "preheader": preheader, "intro": intro, "template": template}
    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        edit_issue(connection, issue_id, **{k: v for k, v in typed.items() if v is not None})
        if brief:
            for brief_id in brief:
                load_brief(connection, brief_id)
            set_briefs(connection, issue_id, shown(list(dict.fromkeys(brief))))
        value = _as_json(load_issue(connection, issue_id))
    session.show(value, f"changed issue {issue_id}")


@group.command()
def preview(
    context: typer.Context,
    issue_id: Number,
    out: Annotated[Path | None, typer.Option(help="The file to write.")] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """
    Write the issue, as it would leave now, to an HTML file.

    Example: newsletter issue preview 3 --open
    """
    from newsletter.render import fill_for_browser
    from newsletter.road import render_issue

    session = session_of(context)
    with session.app() as app:
        mail = render_issue(app.road, issue_id)
        path = out or app.settings.path(Path("previews") / f"issue-{issue_id}.html")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fill_for_browser(mail), encoding="utf-8")
        except OSError as error:
            raise Refused(f"cannot write {path}: {error.strerror}") from error
    if open_it:
        typer.launch(str(path))
    session.show({"html": str(path), "subject": mail.subject}, f"{mail.subject}\n{path}")


@group.command()
def test(
    context: typer.Context,
    issue_id: Number,
    addresses: Annotated[list[str], typer.Argument(help="Where to send the test mail.")],
) -> None:
    """
    Send the issue, marked [Test], to typed addresses. Its unsubscribe link does nothing.

    Example: newsletter issue test 3 me@example.org
    """
    from newsletter.pipeline import queue_test
    from subscribers.address import parse_address

    typed = [parse_address(address).email for address in addresses]
    session = session_of(context)
    with session.app() as app:
        test_id = queue_test(app.road, issue_id, typed)
        hand_over_with_progress(app, test_id)
        show_status(session, app, test_id)


@group.command()
def approve(context: typer.Context, issue_id: Number) -> None:
    """
    Approve an issue as it is now. A later change of content or audience voids it.

    Example: newsletter issue approve 3
    """
    from newsletter import approval

    session = session_of(context)
    with session.app() as app:
        approved = approval.approve(app.road, issue_id)
    session.show({"id": issue_id, "approved": approved}, f"issue {issue_id} is approved")


@group.command()
def send(
    context: typer.Context,
    issue_id: Number,
    at: Annotated[
        str | None, typer.Option(help="Not now but at 2026-03-05T06:00:00-05:00.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Work along until it is submitted.")] = False,
    yes: Yes = False,
) -> None:
    """
    Freeze audience and content and hand the issue over; this cannot be taken back.

    Example: newsletter issue send 3 --wait
    """
    from newsletter.pipeline import publish_issue

    session = session_of(context)
    with session.app() as app:
        issue, readers = _about_to_leave(app, issue_id)
        if not session.may(f"send issue {issue_id} to {readers} readers?", yes=yes):
            raise Refused(f"issue {issue_id} was not sent: you said no")
        if at is not None:
            _send_later(session, app, issue, at)
            return
        publish_issue(app.road, issue_id)
        if wait:
            hand_over_with_progress(app, issue_id)
        else:
            _warn_without_sender(session, app)
        show_status(session, app, issue_id)


def _about_to_leave(app: App, issue_id: int) -> tuple[Issue, int]:
    from newsletter.prepare import count_audience
    from newsletter.store.issues import load_issue

    with app.database.read() as connection:
        issue = load_issue(connection, issue_id)
        return issue, count_audience(connection, issue.audience)


def _send_later(session: Session, app: App, issue: Issue, at: str) -> None:
    import datetime as dt

    from newsletter.approval import check_approval
    from newsletter.store.issues import move_issue

    try:
        when = dt.datetime.fromisoformat(at)
    except ValueError as error:
        raise typer.BadParameter(f"{at} is no time: write 2026-03-05T06:00:00-05:00") from error
    if when.tzinfo is None:
        raise typer.BadParameter(f"{at} has no offset: write 2026-03-05T06:00:00-05:00")
    if when <= app.clock():
        raise Refused(f"{at} has passed: leave --at away to send now")
    check_approval(app.road, issue)
    with app.database.write() as connection:
        move_issue(connection, issue.id, IssueState.SCHEDULED, send_at=when)
    show_status(session, app, issue.id)


def _warn_without_sender(session: Session, app: App) -> None:
    from newsletter.store.owners import has_live_sender

    with app.database.read() as connection:
        if has_live_sender(connection, app.database.file, now=app.clock()):
            return
    session.say("frozen, but no sender is running: start `newsletter serve`, or add --wait")


@group.command()
def pause(
    context: typer.Context,
    issue_id: Number,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody.")] = "by staff",
) -> None:
    """
    Claim no further batch. Calls in flight end; the rest stays pending.

    Example: newsletter issue pause 3
    """
    _move(context, issue_id, IssueState.PAUSED, pause_reason=reason)


@group.command()
def resume(context: typer.Context, issue_id: Number) -> None:
    """
    Go on with a paused issue: with who is pending, and nobody else.

    Example: newsletter issue resume 3
    """
    _move(context, issue_id, IssueState.SENDING, pause_reason=None)


@group.command()
def cancel(context: typer.Context, issue_id: Number, yes: Yes = False) -> None:
    """
    Stop an issue for good. Mails that left are not taken back; the rest are cancelled.

    Example: newsletter issue cancel 3
    """
    from newsletter.store.batches import cancel_open
    from newsletter.store.issues import move_issue

    session = session_of(context)
    with session.app() as app:
        if not session.may(f"cancel issue {issue_id} for good?", yes=yes):
            raise Refused(f"issue {issue_id} was not cancelled: you said no")
        with app.database.write() as connection:
            move_issue(connection, issue_id, IssueState.CANCELLED)
            cancel_open(connection, issue_id, now=app.clock())
        show_status(session, app, issue_id)


@group.command()
def status(
    context: typer.Context,
    issue_id: Number,
    watch: Annotated[bool, typer.Option("--watch", help="Until it is submitted.")] = False,
) -> None:
    """
    Where every recipient of an issue stands; the states add up to the audience.

    Example: newsletter issue status 3 --watch
    """
    import time

    session = session_of(context)
    with session.app() as app:
        while watch and status_of(app, issue_id)["state"] in ("freezing", "sending"):
            counts = status_of(app, issue_id)
            session.say(f"{counts['audience'] - counts['pending']} of {counts['audience']}")
            time.sleep(2)
        show_status(session, app, issue_id)


@group.command()
def resolve(
    context: typer.Context,
    issue_id: Number,
    as_state: Annotated[str, typer.Option("--as", help="accepted or rejected.")],
    yes: Yes = False,
) -> None:
    """
    Decide what became of the uncertain recipients. Nothing is sent.

    Example: newsletter issue resolve 3 --as accepted
    """
    from newsletter.model.delivery import DeliveryState
    from newsletter.store.batches import finish_issue
    from newsletter.store.status import resolve_uncertain

    if as_state not in ("accepted", "rejected"):
        raise typer.BadParameter(f"{as_state}: write accepted or rejected")
    session = session_of(context)
    with session.app() as app:
        uncertain = status_of(app, issue_id)["uncertain"]
        if not session.may(f"call {uncertain} recipients {as_state}?", yes=yes):
            raise Refused("nothing was decided: you said no")
        with app.database.write() as connection:
            resolve_uncertain(
                connection, issue_id, as_state=DeliveryState(as_state), now=app.clock()
            )
            finish_issue(connection, issue_id, now=app.clock())
        show_status(session, app, issue_id)


def _move(context: typer.Context, issue_id: int, to: IssueState, **values: Any) -> None:
    from newsletter.store.issues import move_issue

    session = session_of(context)
    with session.app() as app:
        with app.database.write() as connection:
            move_issue(connection, issue_id, to, **values)
        show_status(session, app, issue_id)


def _as_json(issue: Issue) -> dict[str, Any]:
    return {
        "id": issue.id,
        "state": issue.state,
        "lists": list(issue.audience.lists),
        "not_lists": list(issue.audience.minus),
        "template": issue.template,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "intro": issue.intro,
        "from": f"{issue.sender.name} <{issue.sender.address}>",
        "provider": issue.provider,
        "needs_approval": issue.needs_approval,
        "approved": issue.approved_hash is not None,
        "send_at": issue.send_at.isoformat() if issue.send_at else None,
        "slot": issue.slot,
        "reason": issue.pause_reason,
    }
