"""
`newsletter bounces`: mails that came back, and what providers told that no webhook brought.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.session import session_of
from newsletter.errors import NotFound, Refused

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
    that wait where the provider's key `bounces` says.

    Example: newsletter bounces read ~/Maildir
    """
    from newsletter.events.bounce_mailbox import BounceCounts

    session = session_of(context)
    with session.app() as app:
        returned = app.bounce_mailbox
        if not returned.hearing:
            raise Refused("no provider has a bounce_address: set one in its section first")
        if not paths and not returned.mailboxes:
            raise Refused("nothing says where bounces wait: name a file, or set `bounces`")
        boxes = [partial(_mails, path) for path in paths or ()] or returned.mailboxes.values()
        every = [returned.read(box()) for box in boxes]
        while app.event_processor.process_due():
            pass
    names = [each.name for each in dataclasses.fields(BounceCounts)]
    found = {name: sum(getattr(one, name) for one in every) for name in names}
    words = "{read} read: {new} new, {known} known already, {other} about no delivery"
    session.show(found, words.format(**found))


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
    import datetime as dt

    from newsletter.events.backfill import BackfillCounts

    session, found = session_of(context), BackfillCounts()
    with session.app() as app:
        asked = {name: app.event_backfill.history_of(name) for name in app.settings.provider}
        if not any(asked.values()):
            raise Refused(
                "none of these providers can be asked: Postmark, Mailgun, Brevo, SparkPost can"
            )
        for name, provider in asked.items():
            if provider is not None:
                app.event_backfill.run(name, provider, found, look_back=dt.timedelta(days=days))
        while app.event_processor.process_due():
            pass
    words = "{read} told: {new} new, {known} known already, {other} about no delivery"
    told = dataclasses.asdict(found)
    session.show(told, words.format(**told))


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
