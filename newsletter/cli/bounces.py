"""
`newsletter bounces`: mails that came back.
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


@group.callback()
def _noun() -> None:
    """
    Mails that came back to `bounce_address`.
    """


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
    from newsletter.returned import Taken

    session = session_of(context)
    with session.app() as app:
        returned = app.returned
        if not returned.hearing:
            raise Refused("no provider has a bounce_address: set one in its section first")
        if not paths and not returned.boxes:
            raise Refused("nothing says where bounces wait: name a file, or set `bounces`")
        boxes = [partial(_mails, path) for path in paths or ()] or returned.boxes.values()
        every = [returned.take(box()) for box in boxes]
        while app.recorder.work_off():
            pass
    names = [each.name for each in dataclasses.fields(Taken)]
    found = {name: sum(getattr(one, name) for one in every) for name in names}
    words = "{read} read: {new} new, {known} known already, {other} about no delivery"
    session.show(found, words.format(**found))


def _mails(path: Path) -> Iterator[bytes]:
    from newsletter.maildir import unread_mails
    from newsletter.returned import MAX_BYTES

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
