"""
Actions on the people in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from newsletter.app import App
from newsletter.model.access import Actor
from subscribers.bulk.confirm_file import ConfirmReport, confirm_file
from subscribers.lists import find_list


def confirm_people(
    app: App,
    file: Path,
    list_slug: str | None,
    *,
    by: Actor,
    evidence: str,
    dry_run: bool,
    progress: Callable[[int, int], None],
) -> ConfirmReport:
    """
    Confirm the pending people of a file, on one list or on all; *progress* is called with the bytes
    read and all bytes.

    Raises:
        UnknownList: there is no such list.
        SubscribersError: the file cannot be read, or *evidence* is empty.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
    return confirm_file(
        app.database.engine,
        file,
        mailing_list=mailing_list,
        evidence=evidence,
        dry_run=dry_run,
        by=by.origin,
        now=app.clock(),
        keyring=app.links.keys,
        progress=progress,
    )
