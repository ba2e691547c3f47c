"""
Actions on the people in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from newsletter.app import App
from newsletter.model.access import Actor
from subscribers.lists import find_list
from subscribers.subscriptions.end_file import EndReport, unsubscribe_file


def unsubscribe_people(
    app: App,
    file: Path,
    list_slug: str | None,
    *,
    by: Actor,
    dry_run: bool,
    progress: Callable[[int, int], None],
) -> EndReport:
    """
    End the subscriptions of the people in a file, to one list or to all; *progress* is called with
    the bytes read and all bytes.

    Raises:
        UnknownList: there is no such list.
        ImportRefused: the file cannot be read.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
    return unsubscribe_file(
        app.database.engine,
        file,
        mailing_list=mailing_list,
        dry_run=dry_run,
        by=by.origin,
        now=app.clock(),
        progress=progress,
    )
