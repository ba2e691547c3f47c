"""
`newsletter backup`, `restore` and `resume`: back up the database, restore it, and confirm that it
is the only copy that sends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.input_files import or_standard_input
from newsletter.cli.session import Force, Yes, session_of
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.access.ended_again import EndedAgain
    from newsletter.actions.operations.departures import Merged

# What a database says that was restored, or moved in.
IS_COPY = "nothing is sent until `newsletter resume --only-copy`"


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write")],
    force: Force = False,
) -> None:
    """
    Back up the database to one file. Sending and web pages continue during the backup. SQLite only.

    Example:
        newsletter backup newsletter-2026-03-04.db
    """
    from newsletter.actions.operations.installation import back_up
    from newsletter.operations.last_backup import record_backup
    from newsletter.settings.output_files import output_files

    session = session_of(context)
    with session.app(even_migrated=True) as app:
        files = output_files(app.settings, session.config, force=force)
        with files.new_file(file) as new:
            made = back_up(app, new, by=session.actor)
        record_backup(app.settings.folder, now=app.clock())
    size, secret = made.size_bytes, made.secret_file
    session.show(
        {"file": str(file), "bytes": size, "secret_file": str(secret)},
        f"wrote {file}, {size:,} bytes; it contains the addresses of all readers\n"
        f"also keep {secret}, in another place: without it, links in emails already sent stop "
        "working",
    )


def restore(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="File that `newsletter backup` wrote; - reads standard input",
            callback=or_standard_input(".db"),
        ),
    ],
    yes: Yes = False,
) -> None:
    """
    Replace the database with a backup. The present database is kept beside it. SQLite only.

    Nothing is sent until `newsletter resume --only-copy`.

    Example:
        newsletter restore newsletter-2026-03-04.db
    """
    from newsletter.actions.operations.installation import restore_backup

    session = session_of(context)
    with session.unopened_app() as app:
        session.require_yes(
            f"Replace the database with {file}?", yes=yes, otherwise="nothing was restored"
        )
        done = restore_backup(app, file, by=session.actor)
    before = f"; the previous database is kept as {done.before}" if done.before else ""
    session.show(
        {
            "restored": str(file),
            "before": str(done.before) if done.before else None,
            "tokens_revoked": done.ended.tokens,
            "staff_removed": done.ended.members,
            **_merged_as_json(done.merged),
        },
        f"restored {file}{before}\n{_departures(done.merged)}\n{_ended(done.ended)}\n{IS_COPY}",
    )


def resume(
    context: typer.Context,
    only_copy: Annotated[
        bool,
        typer.Option(
            "--only-copy", help="Confirm that no other copy of this database sends (required)"
        ),
    ] = False,
    departures: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Departures file of another machine: who left since the backup; may be repeated",
            callback=or_standard_input(".log"),
            show_default="this machine's own only",
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """
    Let a restored, copied or moved database send again. Issues that were being sent are paused.

    Example:
        newsletter resume --only-copy --departures other-machine/departures.log
    """
    from newsletter.operations.resume import resume_installation

    session = session_of(context)
    if not only_copy:
        raise Refused(
            "nothing was resumed: stop every other copy of this database, then add --only-copy"
        )
    with session.app(even_migrated=True) as app:
        session.require_yes(
            "Is every other copy of this database switched off?",
            yes=yes,
            otherwise="nothing was resumed",
        )
        resumed = resume_installation(app, departures or (), by=session.actor)
    counts = resumed.restored.as_json()
    lines = [
        f"  {name.replace('_', ' ')}: {_numbers(what)}" for name, what in counts.items() if what
    ]
    words = "this database can send again; schedules run from now on"
    if resumed.merged is not None:
        words = f"{_departures(resumed.merged)}\n{words}"
    values = _merged_as_json(resumed.merged) if resumed.merged is not None else {}
    session.show(counts | values, "\n".join([words, *lines]))


def _merged_as_json(merged: Merged) -> dict[str, Any]:
    return {"departures": merged.replayed.as_json(), "held": merged.is_held}


def _departures(merged: Merged) -> str:
    """
    Say who was let go again after a restore.
    """
    if merged.is_held:
        return (
            "no departures file that reaches back to the backup tells who left since, so all lists "
            "are held: check the provider's log, "
            "then `newsletter list edit SLUG --release`"
        )
    done = merged.replayed
    words = (
        f"removed again who left after the backup: {done.left:,} unsubscribed, "
        f"{done.suppressed:,} suppressed, {len(done.erased):,} erased"
    )
    unknown = f"; {done.unknown:,} are not in the backup" if done.unknown else ""
    damaged = f"; {done.damaged:,} damaged lines were skipped" if done.damaged else ""
    return f"{words}{unknown}{damaged}"


def _ended(ended: EndedAgain) -> str:
    """
    Say whose access was ended again, and what is as it was in the backup.
    """
    return (
        f"revoked again {ended.tokens:,} API tokens, removed again {ended.members:,} members of "
        "staff; passwords and roles are those of the backup: check `newsletter staff list`"
    )


def _numbers(what: list[int] | int) -> str:
    return str(what) if isinstance(what, int) else "issues " + ", ".join(map(str, what))
