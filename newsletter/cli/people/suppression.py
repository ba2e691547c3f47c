"""
`newsletter suppression`: the addresses that never get email.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_values
from newsletter.cli.input_files import or_standard_input
from newsletter.cli.session import Force, session_of, table

if TYPE_CHECKING:
    from subscribers.suppression.model import Suppression

group = typer.Typer()

Scope = Annotated[
    str,
    typer.Option(
        "--list", metavar="SLUG", help="Only for this mailing list", show_default="all lists"
    ),
]
Typed = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS", help="Email address, or a domain: @example.org or *.example.org"
    ),
]
Until = Annotated[
    dt.datetime | None,
    typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="Last day", show_default="for good"),
]
Note = Annotated[str, typer.Option(metavar="TEXT", help="Why, in words", show_default="none")]


@group.command(name="list")
def list_all(context: typer.Context) -> None:
    """
    List the suppressed addresses, with the reason for each.

    Example:
        newsletter suppression list
    """
    from newsletter.actions.people import suppressions

    session = session_of(context)
    with session.app() as app:
        found = suppressions.all_of(app, by=session.actor)
    rows = [
        (_shown(each), each.reason, _lists(each.scope), f"{each.since:%Y-%m-%d %H:%M} UTC")
        for each in found
    ]
    words = table(rows, ("address", "reason", "scope", "since"), empty="No suppressed addresses.")
    session.show([_as_json(each) for each in found], words)


@group.command()
def add(
    context: typer.Context,
    address: Typed,
    list_slug: Scope = "",
    until: Until = None,
    note: Note = "",
) -> None:
    """
    Suppress an address or a whole domain: it gets no more email.

    Example:
        newsletter suppression add ada@example.org --until 2026-12-31
    """
    from newsletter.actions.people import suppressions
    from newsletter.actions.people.suppressions import SuppressionValues

    session = session_of(context)
    day = None if until is None else until.date()
    values = SuppressionValues(list_slug=list_slug, until=day, note=note)
    with session.app() as app:
        found = suppressions.add(app, address, by=session.actor, values=values)
    words = f"suppressed {address} on {_lists(list_slug)}"
    ending = f" until {day}" if day else ""
    session.show([_as_json(each) for each in found], words + ending)


@group.command()
def remove(
    context: typer.Context,
    address: Typed,
    list_slug: Scope = "",
    reason: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="Why, for the history; needed after a complaint",
            show_default="none",
        ),
    ] = "",
) -> None:
    """
    Remove a suppression. To get email, the person still has to subscribe again.

    Example:
        newsletter suppression remove ada@example.org --reason "wrote to us"
    """
    from newsletter.actions.people import suppressions

    session = session_of(context)
    with session.app() as app:
        found = suppressions.remove(app, address, by=session.actor, list_slug=list_slug, why=reason)
    words = f"{address} is no longer suppressed on {_lists(list_slug)}"
    if others := ", ".join(map(_still, found)):
        words = f"removed the suppression of {address}; it is still suppressed on {others}"
    session.show([_as_json(each) for each in found], words)


@group.command(name="import")
def import_file(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Addresses, @domains, or MD5 or SHA-256 hashes; - reads standard input",
            callback=or_standard_input(".csv"),
        ),
    ],
    reason: Annotated[
        str,
        typer.Option(metavar="manual|bounce|complaint|unsubscribed|unknown", help="Reason of all"),
    ] = "manual",
    list_slug: Scope = "",
    until: Until = None,
    note: Note = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what the file contains")
    ] = False,
) -> None:
    """
    Suppress what a file names, as other products export it, with or without a heading. Hashes, of
    addresses in lower case, apply to people who are known and to those who come later. In what
    `suppression export` wrote, each line has its own reason, list, last day and note; in
    other files, a column `reason` is read where it has a reason that is known here.

    Example:
        newsletter suppression import suppressed.csv --reason bounce
    """
    from newsletter.actions.people import suppressions
    from newsletter.actions.people.suppressions import SuppressionValues

    session = session_of(context)
    day = None if until is None else until.date()
    values = SuppressionValues(list_slug=list_slug, until=day, note=note, reason=reason)
    with session.app() as app:
        done = suppressions.import_file(app, file, by=session.actor, values=values, dry_run=dry_run)
    found = dataclasses.asdict(done) | {"first_invalid": list(done.first_invalid)}
    words = ["dry run: nothing was suppressed"] if dry_run else []
    shown = {name: value for name, value in found.items() if value or name == "added"}
    session.show(found, "\n".join([*words, format_values(shown)]))


@group.command(name="export")
def export_file(
    context: typer.Context,
    hashed: Annotated[
        str | None,
        typer.Option(
            "--hash",
            metavar="ALGORITHM",
            help="Hashes instead of addresses, to hand to others: sha256",
            show_default="none",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write", show_default="standard output"),
    ] = None,
    force: Force = False,
) -> None:
    """
    Export the suppressions as CSV. Erased people are left out: only a keyed hash of them is known.

    Example:
        newsletter suppression export --hash sha256 --out hashes.csv
    """
    from newsletter.actions.people import suppressions
    from newsletter.settings.output_files import output_files

    session = session_of(context)
    if hashed not in (None, "sha256"):
        raise typer.BadParameter("--hash takes sha256 only")
    if session.as_json and out is None:
        raise typer.BadParameter("with --json, the CSV needs a file of its own: add --out FILE")
    is_hashed = hashed is not None
    with session.app() as app:
        if out is None:
            suppressions.export(app, sys.stdout, is_hashed=is_hashed, by=session.actor)
            return
        files = output_files(app.settings, session.config, force=force)
        with files.new_file(out) as new, new.open("w", encoding="utf-8", newline="") as opened:
            written, left_out = suppressions.export(
                app, opened, is_hashed=is_hashed, by=session.actor
            )
    hint = f"; {left_out:,} of which only a keyed hash is known are left out" if left_out else ""
    session.show(
        {"file": str(out), "written": written, "left_out": left_out},
        f"wrote {written:,} suppressions to {out}{hint}",
    )


def _lists(scope: str) -> str:
    return f"list {scope}" if scope else "all lists"


def _still(suppression: Suppression) -> str:
    from subscribers.suppression.rules import shown_rule

    because = f", because {shown_rule(suppression.rule)} is" if suppression.rule else ""
    return _lists(suppression.scope) + because


def _shown(suppression: Suppression) -> str:
    from subscribers.suppression.rule_keys import KeyKind, kind_of
    from subscribers.suppression.rules import shown_rule

    key = suppression.address
    if kind_of(key) is KeyKind.KEYED_HASH:
        return f"keyed hash {key[1:13]}…"
    return shown_rule(key)


def _as_json(suppression: Suppression) -> dict[str, Any]:
    from subscribers.suppression.rule_keys import kind_of
    from subscribers.suppression.rules import shown_rule

    ends = suppression.expires_at
    return {
        "address": shown_rule(suppression.address),
        "kind": kind_of(suppression.address),
        "reason": suppression.reason,
        "scope": suppression.scope,
        "since": suppression.since.isoformat(),
        "expires_at": ends.isoformat() if ends else None,
        "note": suppression.note,
    }
