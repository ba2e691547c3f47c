"""
The command line: one file a noun, loaded only when that noun is asked for.

`main` takes `--config` and `--json` out of the arguments wherever they stand, runs the command,
and turns every refusal into one line on standard error.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable, Sequence

import typer

from newsletter.cli.session import Session
from newsletter.errors import NewsletterError
from subscribers.errors import SubscribersError

# What the first page of help says of each word, and the file that knows more.
GROUPS = {
    "brief": ("newsletter.cli.content.brief_edit", "Read briefs, and look at the stored ones."),
    "source": ("newsletter.cli.content.source", "Where briefs come from."),
    "list": ("newsletter.cli.people.mailing_list", "Mailing lists: what people subscribe to."),
    "subscriber": (
        "newsletter.cli.people.subscriber_forget",
        "People: add, import, export, unsubscribe.",
    ),
    "suppression": ("newsletter.cli.people.suppression", "Addresses that are never mailed."),
    "schedule": ("newsletter.cli.schedules.slots", "Rules that make issues at set times."),
    "bounces": ("newsletter.cli.operations.bounces", "Mails that came back."),
    "notice": ("newsletter.cli.content.notice", "Mails that are no issue: look at them."),
    "database": ("newsletter.cli.operations.database", "Move the database to PostgreSQL."),
    "issue": ("newsletter.cli.issues.recipients", "Issues: make, preview, approve, send, correct."),
}
COMMANDS = {
    "init": ("newsletter.cli.setup.init", "Write a newsletter.toml and create the database."),
    "migrate": ("newsletter.cli.setup.init", "Bring the database to the current schema."),
    "doctor": (
        "newsletter.cli.setup.init",
        "Check settings, database, provider, clock, templates.",
    ),
    "collect": ("newsletter.cli.content.collect", "Poll sources now."),
    "check": ("newsletter.cli.issues.check", "Look an issue or a mail over before it leaves."),
    "render": (
        "newsletter.cli.content.render",
        "Turn brief files into a mail, without a database.",
    ),
    "why": ("newsletter.cli.people.why", "What happened to one address, and by which rule."),
    "apply": ("newsletter.cli.setup.apply", "Lists, sources and schedules from and to a file."),
    "backup": ("newsletter.cli.operations.backup", "Write the database to one file."),
    "restore": ("newsletter.cli.operations.backup", "Put a backup in the place of the database."),
    "resume": (
        "newsletter.cli.operations.backup",
        "Let a restored, copied or moved database send again.",
    ),
    "stop-all": (
        "newsletter.cli.operations.kill_switch",
        "Hand nothing over until told: the kill switch.",
    ),
    "start-all": ("newsletter.cli.operations.kill_switch", "Hand over again after stop-all."),
    "serve": ("newsletter.cli.operations.serve", "Web, scheduler and sender in one process."),
    "worker": (
        "newsletter.cli.operations.worker",
        "The sender alone; on PostgreSQL on any number of machines.",
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Runs one command and ends the process with its status: 0 done, 1 refused or failed, 2 wrong
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


def _program(word: str | None) -> Callable[..., object]:
    """
    The whole command tree, of which only *word* is really loaded.
    """
    program = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    program.callback()(_epilogue)
    for name, (module, text) in GROUPS.items():
        group = importlib.import_module(module).group if name == word else typer.Typer()
        program.add_typer(group, name=name, help=text, no_args_is_help=True)
    for name, (module, text) in COMMANDS.items():
        run = (
            getattr(importlib.import_module(module), name.replace("-", "_"))
            if name == word
            else _unloaded
        )
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
    Stands for a command on the first page of help.
    """
