"""
How a command on many people runs: it finds and counts them, asks, and shows the progress.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_people, format_values
from newsletter.cli.input_files import or_standard_input
from newsletter.cli.people.bulk.filter_options import filter_from
from newsletter.cli.progress import progress
from newsletter.cli.session import Session

if TYPE_CHECKING:
    from newsletter.actions.people.bulk import BulkRun, Whom
    from newsletter.app import App
    from subscribers.bulk.targets import Targets

Address = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS", help="Email address of one person", show_default="those below"
    ),
]
File = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV, TSV, or text with the addresses; - reads standard input",
        callback=or_standard_input(".csv"),
        show_default="none",
        rich_help_panel="Who",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count, and change nothing")]


@dataclass(frozen=True, kw_only=True)
class BulkCommand:
    """
    What a command does to people, in words: the verb of its question and progress, such as "Tag"
    and "tagging", and what follows the number of people, such as "with press".
    """

    verb: str
    doing: str
    ending: str = ""

    def question(self, count: int) -> str:
        """
        Return the question whether to do it with so many people.
        """
        return f"{self.verb} {format_people(count)}{f' {self.ending}' if self.ending else ''}"


def whom(address: str, file: Path | None, fields: Any, *, dry_run: bool, about: str = "") -> Whom:
    """
    Return whom a command is about: an address, a file or a filter. *about* is the field that may
    stand beside an address or a file, because it says what to do and not with whom.

    Raises:
        BadParameter: more than one was given, or none, or an address with `--dry-run`.
    """
    from newsletter.actions.people.bulk import Whom

    narrows = {name for name in fields if name != about}
    if bool(address) + (file is not None) + bool(narrows) > 1:
        raise typer.BadParameter("give one of ADDRESS, --file FILE and a filter, such as --tag TAG")
    if not address and file is None and not fields:
        raise typer.BadParameter("say whom: ADDRESS, --file FILE, or a filter, such as --list SLUG")
    if address and dry_run:
        raise typer.BadParameter("--dry-run is for many people: --file FILE, or a filter")
    if address or file is not None:
        return Whom(address=address, file=file)
    return Whom(which=filter_from(fields))


def run_with_many(
    session: Session,
    app: App,
    people: Targets,
    command: BulkCommand,
    act: Callable[[BulkRun], Mapping[str, int]],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    """
    Ask whether to do it with so many people, do it, and print the counts.
    """
    if not dry_run:
        ask(session, command, len(people.numbers), yes=yes)
    show_counts(session, run_act(session, command, act, dry_run=dry_run), people, dry_run=dry_run)


def run_act(
    session: Session,
    command: BulkCommand,
    act: Callable[[BulkRun], Mapping[str, int]],
    *,
    dry_run: bool,
) -> Mapping[str, int]:
    """
    Do it, with its progress on standard error.
    """
    from newsletter.actions.people.bulk import BulkRun

    with progress(f"{command.doing}, people") as report:
        return act(BulkRun(by=session.actor, dry_run=dry_run, progress=report))


def ask(session: Session, command: BulkCommand, count: int, *, yes: bool) -> None:
    """
    Ask whether to do it with so many people, and end the run unless the answer is yes. Without a
    terminal, only `--yes` answers.
    """
    if yes:
        return
    question = command.question(count)
    if not session.is_interactive:
        session.refuse(f"nothing was changed: {question}? Answer with --yes, or --dry-run")
    session.require_yes(f"{question}?", yes=False, otherwise="nothing was changed")


def show_counts(
    session: Session, counts: Mapping[str, int], people: Targets, *, dry_run: bool
) -> None:
    """
    Print what became of the people, and of the rows of a file that name nobody.
    """
    value = {"people": len(people.numbers), **counts, "invalid": people.invalid}
    value.setdefault("unknown", people.unknown)
    first = next(iter(counts))
    shown = {name: n for name, n in value.items() if n or name in ("people", first)}
    if "unknown" in counts and "unknown" in shown:
        shown["not on the list"] = shown.pop("unknown")
    words = ["dry run: nothing was changed"] if dry_run else []
    session.show(value, "\n".join([*words, format_values(shown)]))
