"""
`newsletter bounces`: bounces and complaints that no webhook reported.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.session import session_of
from newsletter.errors import NotFound

group = typer.Typer()


@group.command()
def read(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Files with one email each, or Maildirs; - for standard input",
            show_default="the mailboxes in newsletter.toml",
        ),
    ] = None,
) -> None:
    """
    Read bounce emails and apply what they report, and unsubscribe readers who ask for it by email.

    Example:
        newsletter bounces read ~/Maildir
    """
    from newsletter.actions.operations import bounces

    session = session_of(context)
    with session.app() as app:
        counts = bounces.read(app, [_mails(path) for path in paths or ()], by=session.actor)
    values = dataclasses.asdict(counts)
    words = (
        "{read} read: {new} new, {known} already known, {unsubscribed} to unsubscribe, "
        "{other} not about our emails"
    )
    session.show(values, words.format(**values))


@group.command()
def pull(
    context: typer.Context,
    days: Annotated[
        int, typer.Option(metavar="N", min=1, max=10, help="Number of days to look back")
    ] = 2,
) -> None:
    """
    Ask the providers for bounces, complaints and unsubscribes that no webhook reported, for example
    because this server was down, and apply them.

    `newsletter serve` does this every night.

    Example:
        newsletter bounces pull --days 3
    """
    from newsletter.actions.operations import bounces

    session = session_of(context)
    with session.app() as app:
        values = dataclasses.asdict(bounces.pull(app, days=days, by=session.actor))
    words = "{read} reported: {new} new, {known} already known, {other} not about our emails"
    session.show(values, words.format(**values))


def _mails(path: Path) -> Iterator[bytes]:
    from newsletter.events.bounce_mailbox import MAX_BYTES
    from newsletter.events.maildir import unread_mails

    if str(path) == "-":
        yield sys.stdin.buffer.read(MAX_BYTES)
    elif path.is_dir():
        yield from unread_mails(path, max_bytes=MAX_BYTES)
    else:
        try:
            with path.open("rb") as file:
                yield file.read(MAX_BYTES)
        except OSError as error:
            raise NotFound(f"cannot read {path}: {error.strerror}") from error
