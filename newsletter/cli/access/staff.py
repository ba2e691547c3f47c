"""
`newsletter staff`: who can log in, with which role and lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import Yes, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.model.access import Role
    from newsletter.model.staff import Member

group = typer.Typer()

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Their email address")]
Lists = Annotated[
    list[str] | None,
    typer.Option(
        "--list",
        metavar="SLUG",
        help="Limit them to this list; once for each list",
        show_default="all lists",
    ),
]
Link = Annotated[bool, typer.Option("--link", help="Print the link instead of sending it by email")]
ROLES = "owner, editor, author, people or observer"


@group.command()
def invite(
    context: typer.Context,
    address: Address,
    role: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help=f"Role: {ROLES}", show_default="author"),
    ] = None,
    lists: Lists = None,
    is_owner: Annotated[bool, typer.Option("--owner", help="The same as --role owner")] = False,
    name: Annotated[str, typer.Option(metavar="NAME", help="Their name", show_default="none")] = "",
    language: Annotated[
        str | None,
        typer.Option(
            metavar="LANGUAGE",
            help="Language of their pages and emails",
            show_default="that of the site",
        ),
    ] = None,
    link: Link = False,
) -> None:
    """
    Invite somebody by email, or with --link by a link that you pass on. It works once, for seven
    days.

    Examples:
        newsletter staff invite eve@example.org --owner --link
        newsletter staff invite tom@example.org --role editor --list daily
    """
    from newsletter.actions.access import staff

    if is_owner and role not in (None, "owner"):
        raise typer.BadParameter(f"--owner and --role {role} contradict each other: leave one out")
    wanted = _role("owner" if is_owner else role or "author")
    session = session_of(context)
    with session.app() as app:
        invited = staff.invite(
            app,
            address,
            role=wanted,
            lists=lists,
            name=name,
            language=language,
            by_mail=not link,
            by=session.actor,
        )
    member = invited.member
    session.show(
        {**_as_json(member), "link": invited.url},
        _in_words(f"invited {member.email} as {member.role}", invited.url, "7 days"),
    )


@group.command(name="list")
def list_all(context: typer.Context) -> None:
    """
    List the staff, with their roles and lists.

    Example:
        newsletter staff list
    """
    from newsletter.actions.access import staff

    session = session_of(context)
    with session.app() as app:
        found = staff.show_all(app, by=session.actor)
    columns = ("address", "name", "role", "lists", "state", "second factor", "last seen")
    none = "No staff yet. Invite the owner: newsletter staff invite ADDRESS --owner --link"
    session.show(
        [_as_json(each) for each in found],
        table([_row(each) for each in found], columns, empty=none),
    )


@group.command()
def role(
    context: typer.Context,
    address: Address,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=f"Role: {ROLES}")],
    lists: Lists = None,
    all_lists: Annotated[
        bool, typer.Option("--all-lists", help="Limit them to no list any more")
    ] = False,
) -> None:
    """
    Change somebody's role and lists. They are logged out. Without --list and --all-lists, their
    lists stay as they are, but an owner has all.

    Examples:
        newsletter staff role tom@example.org observer
        newsletter staff role tom@example.org editor --list daily --list weekly
    """
    from newsletter.actions.access import staff

    if lists and all_lists:
        raise typer.BadParameter("--list and --all-lists contradict each other: leave one out")
    wanted = _role(role)
    session = session_of(context)
    with session.app() as app:
        kept: Sequence[str] | None = lists
        if lists is None and not all_lists and wanted != "owner":
            before = staff.find(app, address, by=session.actor).lists
            kept = None if before is None else sorted(before)
        member = staff.change_role(app, address, wanted, lists=kept, by=session.actor)
    line = f"{member.email} now has the role {member.role}, for {_lists_of(member)}"
    session.show(_as_json(member), line)


@group.command()
def reset(
    context: typer.Context,
    address: Address,
    factors: Annotated[
        bool,
        typer.Option(
            "--factors",
            help="Also delete their authenticator app, passkeys and recovery codes",
        ),
    ] = False,
    link: Link = False,
) -> None:
    """
    Send somebody a link to choose a new password. It works once, for 30 minutes.

    Examples:
        newsletter staff reset tom@example.org
        newsletter staff reset tom@example.org --factors --link
    """
    from newsletter.actions.access import staff

    session = session_of(context)
    with session.app() as app:
        found = staff.reset(app, address, factors=factors, by_mail=not link, by=session.actor)
    member = found.member
    session.show(
        {**_as_json(member), "link": found.url},
        _in_words(f"{member.email} can choose a new password", found.url, "30 minutes"),
    )


@group.command()
def remove(context: typer.Context, address: Address, yes: Yes = False) -> None:
    """
    Remove somebody from the staff, and log them out. What they did stays in the histories. Without
    a terminal, only `--yes` answers.

    Example:
        newsletter staff remove tom@example.org --yes
    """
    from newsletter.actions.access import staff

    session = session_of(context)
    with session.app() as app:
        question = f"Remove {address} from the staff?"
        if not yes and not session.is_interactive:
            session.refuse(f"nothing was changed: {question} Answer with --yes")
        session.require_yes(question, yes=yes, otherwise="nothing was changed")
        removed = staff.remove(app, address, by=session.actor)
    lines = [f"removed {removed.member.email} from the staff"]
    for name in removed.schedules:
        nobody = ": nobody is asked about its drafts by email now"
        rest = nobody if name in removed.without_editors else ""
        lines.append(f"they are no longer an editor of schedule {name}{rest}")
    session.show(
        {**_as_json(removed.member), "schedules": list(removed.schedules)}, "\n".join(lines)
    )


def _role(text: str) -> Role:
    from newsletter.model.access import Role

    if text not in list(Role):
        raise Refused(f"{text} is not a role: write {ROLES}")
    return Role(text)


def _in_words(done: str, url: str | None, lifetime: str) -> str:
    if url is None:
        return f"{done}; the link is on its way by email and works once, for {lifetime}"
    return f"{done}; this link works once, for {lifetime}:\n{url}"


def _lists_of(member: Member) -> str:
    if member.lists is None:
        return "all lists"
    return ", ".join(sorted(member.lists)) or "no list"


def _row(member: Member) -> Sequence[object]:
    seen = member.last_seen_at
    return (
        member.email,
        member.name,
        member.role,
        _lists_of(member),
        member.state,
        "yes" if member.has_second_factor else "no",
        f"{seen:%Y-%m-%d %H:%M} UTC" if seen else "never",
    )


def _as_json(member: Member) -> dict[str, Any]:
    return {
        "address": member.email,
        "name": member.name,
        "language": member.language,
        "role": member.role,
        "lists": None if member.lists is None else sorted(member.lists),
        "state": member.state,
        "second_factor": member.has_second_factor,
        "last_seen": member.last_seen_at.isoformat() if member.last_seen_at else None,
    }
