"""
`newsletter bounces`: mails that came back, and what providers told that no webhook brought.
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
        typer.Argument(help="Files of one mail each, or Maildirs; - is standard input."),
    ] = None,
) -> None:
    """
    Read reports about deliveries out of mails that came back, and act on them. Without a path those
    that wait where the provider's key `bounce_mailbox` says.

    Example: newsletter bounces read ~/Maildir
    """
    from newsletter.actions import bounces

    session = session_of(context)
    with session.app() as app:
        counts = bounces.read(app, [_mails(path) for path in paths or ()])
    values = dataclasses.asdict(counts)
    words = "{read} read: {new} new, {known} known already, {other} about no delivery"
    session.show(values, words.format(**values))


@group.command()
def pull(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=10, help="How many days to look back.")] = 2,
) -> None:
    """
    Ask providers for bounces, complaints and readers who left that no webhook brought, because
    nobody was there to hear it, and act on them. `serve` does so every night.

    Example: newsletter bounces pull --days 3
    """
    from newsletter.actions import bounces

    session = session_of(context)
    with session.app() as app:
        values = dataclasses.asdict(bounces.pull(app, days=days))
    words = "{read} told: {new} new, {known} known already, {other} about no delivery"
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
