"""
One run of the command line: its settings file, form of output, messages and questions.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from newsletter.errors import InvalidValue, Refused
from newsletter.model.access import Actor, Channel

if TYPE_CHECKING:
    from newsletter.app import App

# Controls of ASCII and Latin-1, and the separators of lines and paragraphs.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


# The longest name that `--as` may give.
MAX_NAME = 100

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist")]


@dataclass(frozen=True, kw_only=True)
class Session:
    """
    How one command runs: `config` is the settings file; with `as_json` standard output holds one
    JSON document and nothing else. `user` is who runs it.
    """

    config: Path
    as_json: bool = False
    user: str = field(default_factory=lambda: system_user())

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> tuple[Session, list[str]]:
        """
        Return the session, and the arguments without `--config PATH`, `--as NAME` and `--json`,
        which may stand before or after the subcommand.
        """
        config = os.environ.get("NEWSLETTER_CONFIG", "newsletter.toml")
        user = os.environ.get("NEWSLETTER_AS") or system_user()
        as_json, rest, left = False, [], list(arguments)
        while left:
            argument = left.pop(0)
            if argument == "--":
                rest += ["--", *left]
                break
            if argument == "--json":
                as_json = True
            elif argument == "--config":
                config = _value(left, "--config FILE")
            elif argument.startswith("--config="):
                config = argument.partition("=")[2]
            # `issue resolve ID --as STATE` has an option of its own.
            elif argument == "--as" and "resolve" not in rest:
                user = _value(left, "--as NAME")
            elif argument.startswith("--as=") and "resolve" not in rest:
                user = argument.partition("=")[2]
            else:
                rest.append(argument)
        return cls(config=Path(config), as_json=as_json, user=_user_name(user)), rest

    @property
    def actor(self) -> Actor:
        """
        Return who runs this command: an owner of the machine, who may do everything.
        """
        return Actor(name=self.user, channel=Channel.COMMAND_LINE)

    @contextmanager
    def app(self, *, even_migrated: bool = False) -> Iterator[App]:
        """
        Open the App of the settings, its database at the current schema and not migrated elsewhere.
        A value that is not valid ends the command as wrong usage.
        """
        from newsletter.actions.operations.installation import open_installation

        with open_installation(self.config, even_migrated=even_migrated) as app:
            try:
                yield app
            except InvalidValue as error:
                raise typer.BadParameter(str(error)) from error

    @contextmanager
    def unopened_app(self) -> Iterator[App]:
        """
        Build the App of the settings without a look at its database, which may be empty or wrong.
        """
        from newsletter.app import App
        from newsletter.settings import load_settings

        with App(settings=load_settings(self.config)) as app:
            yield app

    def show(self, value: Any, words: str) -> None:
        """
        Print the result: *value* as JSON, or *words* for a person.
        """
        typer.echo(
            json.dumps(value, ensure_ascii=False, indent=2) if self.as_json else _printable(words)
        )

    def say(self, words: str) -> None:
        """
        Print a message on standard error.
        """
        typer.echo(_printable(words), err=True)

    def refuse(self, reason: str, *, status: int = 1) -> NoReturn:
        """
        End the run with one line that says what, where and what to do.
        """
        typer.echo(f"newsletter: {' '.join(reason.split())}", err=True)
        sys.exit(status)

    def confirm(self, question: str, *, yes: bool) -> bool:
        """
        Ask a question and return True if the answer is yes. Without a terminal, return True.
        """
        if yes or not self.is_interactive:
            return True
        return self.ask(f"{question} [y/N]").lower() in ("y", "yes")

    def require_yes(self, question: str, *, yes: bool, otherwise: str) -> None:
        """
        Ask a question as `confirm` does, and go on only if the answer is yes.

        Raises:
            Refused: it is no; the line begins with *otherwise*, what was not done.
        """
        if not self.confirm(question, yes=yes):
            raise Refused(f"{otherwise}: you answered no")

    @property
    def is_interactive(self) -> bool:
        """
        Return True if standard input is a terminal, where a person can answer.
        """
        return sys.stdin.isatty()

    def ask(self, question: str) -> str:
        """
        Ask a question at the terminal and return what is typed.
        """
        # typer.confirm writes a space to standard output even when it asks on standard error.
        typer.echo(f"{question} ", nl=False, err=True)
        return sys.stdin.readline().strip()


def _value(left: list[str], usage: str) -> str:
    if not left:
        typer.echo(f"newsletter: nothing follows {usage.split()[0]}: write {usage}", err=True)
        sys.exit(2)
    return left.pop(0)


def _user_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        typer.echo(
            f"newsletter: --as needs a name of 1 to {MAX_NAME} printable characters", err=True
        )
        sys.exit(2)
    return name


def system_user() -> str:
    """
    Return the name of the system's user who runs the command, the one behind `sudo` if there is.
    """
    if name := os.environ.get("SUDO_USER"):
        return name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


def session_of(context: typer.Context) -> Session:
    """
    Return the session of a running command.
    """
    session = context.obj
    assert isinstance(session, Session)
    return session


def one_line(text: str) -> str:
    """
    Return *text*, which may come from a file's name or from outside, on one line.
    """
    return _printable(text).replace("\n", "\\n")


def _printable(text: str) -> str:
    """
    Escape what could move a terminal's cursor or end a line, except line feeds.
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def table(rows: Sequence[Sequence[object]], headings: Sequence[str], *, empty: str) -> str:
    """
    Format rows under headings, in aligned columns, for a person; without rows, return *empty*.
    """
    if not rows:
        return empty
    cells = [[one_line(str(cell)) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(line.rstrip() for line in lines)
