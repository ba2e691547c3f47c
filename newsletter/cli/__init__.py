"""
The command line: a group of commands a noun, loaded only when that noun is asked for.

`main` takes `--config` and `--json` out of the arguments wherever they stand, runs the command,
and turns every refusal into one line on standard error.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

import typer

from newsletter.cli.session import Session
from newsletter.errors import NewsletterError
from subscribers.errors import SubscribersError

# The modules of each group, in the order of its help, and what the first page of help says of it.
GROUPS: dict[str, tuple[tuple[str, ...], str]] = {
    "brief": (("content.brief", "content.brief_edit"), "Read briefs, and look at the stored ones."),
    "source": (("content.source",), "Where briefs come from."),
    "list": (("people.mailing_list",), "Mailing lists: what people subscribe to."),
    "subscriber": (
        ("people.subscriber", "people.subscriber_edit", "people.subscriber_forget"),
        "People: add, import, export, unsubscribe.",
    ),
    "suppression": (("people.suppression",), "Addresses that are never mailed."),
    "schedule": (
        ("schedules.show", "schedules.edit", "schedules.slots"),
        "Rules that make issues at set times.",
    ),
    "bounces": (("operations.bounces",), "Mails that came back."),
    "notice": (("content.notice",), "Mails that are no issue: look at them."),
    "database": (("operations.database",), "Move the database to PostgreSQL."),
    "issue": (
        (
            "issues.drafts", "issues.preview", "issues.show",
            "issues.send", "issues.correct", "issues.recipients",
        ),
        "Issues: make, preview, approve, send, correct.",
    ),
}  # fmt: skip
# The module of each command that stands alone, and what the first page of help says of it.
COMMANDS = {
    "init": ("setup.init", "Write a newsletter.toml and create the database."),
    "migrate": ("setup.init", "Bring the database to the current schema."),
    "doctor": (
        "setup.init",
        "Check settings, database, provider, clock, templates.",
    ),
    "collect": ("content.collect", "Poll sources now."),
    "check": ("issues.check", "Look an issue or a mail over before it leaves."),
    "render": (
        "content.render",
        "Turn brief files into a mail, without a database.",
    ),
    "why": ("people.why", "What happened to one address, and by which rule."),
    "apply": ("setup.apply", "Lists, sources and schedules from and to a file."),
    "backup": ("operations.backup", "Write the database to one file."),
    "restore": ("operations.backup", "Put a backup in the place of the database."),
    "resume": (
        "operations.backup",
        "Let a restored, copied or moved database send again.",
    ),
    "stop-all": (
        "operations.kill_switch",
        "Hand nothing over until told: the kill switch.",
    ),
    "start-all": ("operations.kill_switch", "Hand over again after stop-all."),
    "serve": ("operations.serve", "Web, scheduler and sender in one process."),
    "worker": (
        "operations.worker",
        "The sender alone; on PostgreSQL on any number of machines.",
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run one command and end the process with its status: 0 done, 1 refused or failed, 2 wrong
    usage.
    """
    session, rest = Session.from_arguments(sys.argv[1:] if arguments is None else arguments)
    # What is logged is for `serve`; a command says its own words. None in its place would have
    # `logging` say that there are no handlers.
    logging.lastResort = logging.NullHandler()
    word = next((argument for argument in rest if not argument.startswith("-")), None)
    try:
        _program(word)(args=rest, prog_name="newsletter", obj=session)
    except (NewsletterError, SubscribersError) as error:
        session.refuse(str(error))
    except KeyboardInterrupt:
        session.refuse("stopped", status=130)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OverflowError:
        session.refuse("a number or date is too large: write a smaller one")
    except Exception as error:
        if os.environ.get("NEWSLETTER_DEBUG"):
            raise
        if type(error).__name__ in ("DataError", "StatementError"):
            session.refuse("a number, date or text is not one the database can hold")
        session.refuse(
            f"unexpected {type(error).__name__}: {error}; set NEWSLETTER_DEBUG=1 to see where"
        )


def load_group(name: str) -> typer.Typer:
    """
    Import the modules of a group, and return the commands of all of them.
    """
    group = typer.Typer()
    for module in GROUPS[name][0]:
        # Without a name of its own its commands become those of the group.
        group.add_typer(_module(module).group)
    return group


def load_command(name: str) -> Callable[..., None]:
    """
    Import the module of a command that stands alone, and return its function.
    """
    command: Callable[..., None] = getattr(_module(COMMANDS[name][0]), name.replace("-", "_"))
    return command


def _module(path: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{path}")


def _program(word: str | None) -> Callable[..., object]:
    """
    Build the whole command tree, of which only *word* is loaded.
    """
    program = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    program.callback()(_epilogue)
    for name, (_, text) in GROUPS.items():
        group = load_group(name) if name == word else typer.Typer()
        program.add_typer(group, name=name, help=text, no_args_is_help=True)
    for name, (_, text) in COMMANDS.items():
        run = load_command(name) if name == word else _unloaded
        program.command(name, help=None if name == word else text)(run)
    return typer.main.get_command(program)


def _epilogue() -> None:
    """
    Briefs in, newsletters out: on schedule and by hand.

    Every command takes --config PATH (default ./newsletter.toml, or $NEWSLETTER_CONFIG) and
    --json, before or after its own words.

    Example: newsletter init mynews
    """


def _unloaded() -> None:
    """
    Stand for a command on the first page of help.
    """
