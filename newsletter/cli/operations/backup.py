"""
`newsletter backup`, `restore` and `resume`: the database as one file, restored from it, and
confirmed to be the only copy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.session import session_of
from newsletter.errors import Refused


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write; none may be there.")],
) -> None:
    """
    Write the database to one file, while everything goes on. SQLite only.

    Example: newsletter backup newsletter-2026-03-04.db
    """
    from newsletter.actions.installation import back_up

    session = session_of(context)
    with session.app(even_migrated=True) as app:
        made = back_up(app, file)
    size, secret = made.size_bytes, made.secret_file
    session.show(
        {"file": str(file), "bytes": size, "secret_file": str(secret)},
        f"wrote {file}, {size:,} bytes; it holds everybody's addresses\n"
        f"keep {secret} as well, in another place: without it the links in mails that left break",
    )


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What `newsletter backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """
    Put a backup in the place of the database; the one that was there is kept beside it. Nothing
    is handed over until `newsletter resume --only-copy`. SQLite only.

    Example: newsletter restore newsletter-2026-03-04.db
    """
    from newsletter.actions.installation import restore_backup
    from newsletter.app import App
    from newsletter.settings import load_settings

    session = session_of(context)
    with App(settings=load_settings(session.config)) as app:
        if not session.confirm(f"put {file} in the place of the database?", yes=yes):
            raise Refused("nothing was restored: you said no")
        kept = restore_backup(app, file)
    before = f"; the database of before is {kept}" if kept else ""
    session.show(
        {"restored": str(file), "before": str(kept) if kept else None},
        f"restored {file}{before}\n"
        "who left, bounced or was suppressed after that backup is on the lists again: see to them\n"
        "nothing is handed over until `newsletter resume --only-copy`",
    )


def resume(
    context: typer.Context,
    only_copy: Annotated[
        bool, typer.Option("--only-copy", help="No other copy of this database sends any more.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """
    Let a restored, copied or moved database send again. Issues that were on their way are paused.

    Example: newsletter resume --only-copy
    """
    from newsletter.model.identifiers import instance_name
    from newsletter.operations.restore_guard import resume_only_copy

    session = session_of(context)
    if not only_copy:
        raise Refused(
            "say --only-copy, and only when no other copy of this database sends any more"
        )
    with session.app(even_migrated=True) as app:
        if not session.confirm("is every other copy of this database switched off?", yes=yes):
            raise Refused("nothing was resumed: you said no")
        restored = resume_only_copy(
            app.database,
            app.settings.folder,
            instance=instance_name(app.secret),
            now=app.clock(),
        )
    counts = restored.as_json()
    lines = [
        f"  {name.replace('_', ' ')}: {_numbers(what)}" for name, what in counts.items() if what
    ]
    words = "this database sends again; slots count from now on"
    session.show(counts, "\n".join([words, *lines]))


def _numbers(what: list[int] | int) -> str:
    return str(what) if isinstance(what, int) else "issues " + ", ".join(map(str, what))
