"""
The command line: one group of commands per noun, loaded only when it is called.

`main` takes `--config` and `--json` from any place among the arguments, runs the command, and
prints every refusal as one line on standard error.
"""

from __future__ import annotations

import errno
import importlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any, NoReturn, cast

import typer

from newsletter.cli import completion, usage
from newsletter.cli.help import Command, CommandGroup
from newsletter.cli.session import Session
from newsletter.errors import NewsletterError
from subscribers.errors import SubscribersError

# The modules of each group, in the order of its help, and its line on the first page of help.
GROUPS: dict[str, tuple[tuple[str, ...], str]] = {
    "source": (
        ("content.source_edit", "content.source"),
        "Sources of briefs: add, edit, list, remove.",
    ),
    "brief": (
        ("content.brief", "content.brief_edit"),
        "Briefs: read files, list, edit, hold back, pin to the top.",
    ),
    "notice": (("content.notice",), "Emails that are not issues, such as confirmations: preview."),
    "issue": (
        (
            "issues.drafts", "issues.preview", "issues.show",
            "issues.send", "issues.resend", "issues.correct", "issues.recipients",
        ),
        "Issues: write, preview, approve, send, correct.",
    ),
    "schedule": (
        ("schedules.show", "schedules.edit", "schedules.slots"),
        "Schedules, which make issues at set times.",
    ),
    "list": (
        (
            "people.mailing_list", "people.list_signup", "people.asking.ask_again",
            "people.list_health",
        ),
        "Mailing lists: add, edit, remove, show, form for a website.",
    ),
    "field": (("people.field",), "Fields, which say more about people: add, edit, list, remove."),
    "segment": (("segments.segment",), "Segments, rules that select people: add, edit, explain."),
    "subscriber": (
        (
            "people.subscriber", "people.bulk.list_people", "people.subscriber_files",
            "people.bulk.confirm", "people.subscriber_edit", "people.bulk.tag", "people.bulk.note",
            "people.subscriber_history", "people.subscriber_pending", "people.bulk.unsubscribe",
            "people.bulk.suppress", "people.bulk.erase",
        ),
        "Subscribers: add, import, find, tag, export, unsubscribe, erase.",
    ),
    "tag": (("people.bulk.tags",), "Tags of people: list, rename, remove."),
    "import": (("people.imports",), "Imports: list, show, continue, undo."),
    "suppression": (("people.suppression",), "Addresses that never get email."),
    "privacy": (("people.privacy",), "Requests under data protection law, and what is stored."),
    "staff": (("access.staff",), "Staff: invite, list, change roles, reset passwords, remove."),
    "audit": (("access.audit",), "Who did what: list, check, export."),
    "token": (("access.token",), "Tokens with which programs use the API: add, list, revoke."),
    "bounces": (("operations.bounces",), "Bounces and complaints that no webhook reported."),
    "webhook": (
        ("operations.webhook", "operations.webhook_attempts"),
        "Webhooks that are sent what happens here: add, edit, test, replay.",
    ),
    "database": (("operations.database",), "Move the database to PostgreSQL."),
    "secret": (("operations.secret",), "The secrets that sign links in emails: create, rotate."),
}  # fmt: skip
# The module of each command outside the groups, and its line on the first page of help.
COMMANDS = {
    "collect": ("content.collect", "Fetch new briefs from the sources now."),
    "render": ("content.render", "Turn brief files into an email, without a database."),
    "check": ("issues.check", "Check an issue, a page or an email before it is sent."),
    "why": ("people.why", "Explain what happened to one address, and by which rule."),
    "init": ("setup.init", "Write a newsletter.toml and create the database."),
    "migrate": ("setup.init", "Upgrade the database to the current schema."),
    "doctor": ("setup.init", "Check settings, database, provider, clock, templates; DNS."),
    "apply": (
        "setup.apply",
        "Apply fields, lists, sources, segments and schedules, or export them.",
    ),
    "serve": ("operations.serve", "Run web pages, scheduler and sender in one process."),
    "worker": ("operations.worker", "Run the sender alone."),
    "stop-all": ("operations.kill_switch", "Stop all sending until start-all: the kill switch."),
    "start-all": ("operations.kill_switch", "Allow sending again after stop-all."),
    "backup": ("operations.backup", "Back up the database to one file."),
    "restore": ("operations.backup", "Replace the database with a backup."),
    "move-out": ("operations.move", "Write the whole installation to one file."),
    "move-in": ("operations.move", "Fill an empty database with a whole installation."),
    "resume": ("operations.backup", "Let a restored, copied or moved database send again."),
}
# The headings of the first page of help, and the commands under each.
PANELS = {
    "Content": ("source", "collect", "brief", "render", "notice"),
    "Issues": ("issue", "check"),
    "Schedules": ("schedule",),
    "People": (
        "list", "field", "segment", "subscriber", "import", "tag", "suppression", "privacy", "why",
    ),
    "Access": ("staff", "token", "audit"),
    "Setup": ("init", "migrate", "doctor", "apply"),
    "Operations": (
        "serve", "worker", "bounces", "webhook", "stop-all", "start-all",
        "backup", "restore", "move-out", "move-in", "resume", "database", "secret",
    ),
}  # fmt: skip

# What writing the output fails with if its reader is gone or its disk is full.
_UNWRITABLE = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run one command and end the process with its status: 0 done, 1 refused or failed, 2 wrong
    usage.
    """
    if completion.ASKED in os.environ:
        _program(next(iter(completion.read_typed()), None))([], prog_name="newsletter")
    session, rest = Session.from_arguments(sys.argv[1:] if arguments is None else arguments)
    # Log records are for `serve`; a command prints its own messages. With None here, `logging`
    # would complain that there are no handlers.
    logging.lastResort = logging.NullHandler()
    try:
        _run(session, rest)
    finally:
        _flush(session)


def _run(session: Session, rest: Sequence[str]) -> None:
    word = next((argument for argument in rest if not argument.startswith("-")), None)
    try:
        if rest == ["--version"]:
            _show_version(session)
        sys.exit(_program(word)(rest, prog_name="newsletter", obj=session, standalone_mode=False))
    except (NewsletterError, SubscribersError) as error:
        session.refuse(str(error))
    except usage.NoArguments as error:
        typer.echo(error.message)
        sys.exit(2)
    except usage.UsageError as error:
        session.refuse(usage.describe(error), status=2)
    except KeyboardInterrupt:
        session.refuse("stopped", status=130)
    except OverflowError:
        session.refuse("a number or date is too large: give a smaller one")
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            _end_unwritten(session, error)
        if os.environ.get("NEWSLETTER_DEBUG"):
            raise
        reason, status = _unexpected(error)
        session.refuse(reason, status=status)


def _show_version(session: Session) -> NoReturn:
    from importlib.metadata import version

    number = version("newsletter")
    session.show({"version": number}, f"newsletter {number}")
    sys.exit(0)


def _flush(session: Session) -> None:
    """
    Write what is left of the output, which Python would do after `main`, with a traceback.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        _end_unwritten(session, error)


def _end_unwritten(session: Session, error: OSError) -> NoReturn:
    """
    End the run whose output could not be written.
    """
    # What is still buffered has to go somewhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        # The reader of our output has gone, because it had enough (`| head`).
        sys.exit(1)
    session.refuse(f"cannot write the output ({error.strerror}): free some space and run it again")


def _unexpected(error: Exception) -> tuple[str, int]:
    """
    Return the line and the status for an error that no command expects.
    """
    from newsletter.settings.plugins import last_line

    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        return "an argument is not text in UTF-8: write it again", 2
    if type(error).__name__ in ("DataError", "StatementError"):
        return "the database cannot store a number, date or text that was given: change it", 1
    return (
        f"unexpected {last_line(error)}; this is a bug: report it, and set NEWSLETTER_DEBUG=1 to "
        "see the whole traceback"
    ), 1


def load_group(name: str) -> typer.Typer:
    """
    Import the modules of a group, and return the commands of all of them.
    """
    group = typer.Typer(cls=CommandGroup)
    for path in GROUPS[name][0]:
        module = _module(path)
        for command in module.group.registered_commands:
            command.cls = Command
        # Added without a name, so that its commands become commands of the group.
        group.add_typer(module.group)
    return group


def load_command(name: str) -> Callable[..., None]:
    """
    Import the module of a command outside the groups, and return its function.
    """
    command: Callable[..., None] = getattr(_module(COMMANDS[name][0]), name.replace("-", "_"))
    return command


def _module(path: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{path}")


@cache
def _program(word: str | None) -> Callable[..., int | None]:
    """
    Build the whole command tree, of which only *word* is loaded. A process that runs several
    commands builds it once for each word.
    """
    program = typer.Typer(
        cls=CommandGroup,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    program.callback()(_newsletter)
    for panel, names in PANELS.items():
        for name in names:
            _add(program, name, panel=panel, is_loaded=name == word)
    tree: Any = typer.main.get_command(program)
    # Typer lists all commands before all groups.
    tree.commands = {name: tree.commands[name] for names in PANELS.values() for name in names}
    return cast(Callable[..., int | None], tree)


def _add(program: typer.Typer, name: str, *, panel: str, is_loaded: bool) -> None:
    if name in GROUPS:
        group = load_group(name) if is_loaded else typer.Typer()
        text = GROUPS[name][1]
        program.add_typer(
            group,
            name=name,
            help=text,
            rich_help_panel=panel,
            no_args_is_help=True,
            cls=CommandGroup,
        )
        return
    run = load_command(name) if is_loaded else _unloaded
    text = COMMANDS[name][1]
    program.command(name, cls=Command, help=None if is_loaded else text, rich_help_panel=panel)(run)


def _newsletter() -> None:
    """
    Collect briefs, make newsletters of them, and send them: on schedule or by hand.

    Examples:
        newsletter init mynews
        newsletter issue send --help
    """


def _unloaded() -> None:
    """
    Stand for a command on the first page of help.
    """
