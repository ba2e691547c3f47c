"""
The help pages: plain text that fits 80 columns, with an example, and with options in groups.

Every command is a `Command` or a `CommandGroup`. `usage` words its errors.
"""

from __future__ import annotations

import enum
import inspect
import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from newsletter.cli import completion, usage

WIDTH = 80
# A name longer than this stands on a line of its own, above its text.
NAME_WIDTH = 26
# The options that `main` reads for every command, and `--help`.
COMMON_OPTIONS = (
    ("--config FILE", "Settings file [default: $NEWSLETTER_CONFIG, else newsletter.toml]"),
    ("--as NAME", "Who runs the command [default: $NEWSLETTER_AS, else the user of the system]"),
    ("--json", "Print one JSON document to standard output"),
    ("-h, --help", "Show this help"),
)
VERSION_OPTION = ("--version", "Print the version")

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class HelpText:
    """
    The help of a command: its paragraphs, and the lines of its examples as a person types them.
    """

    paragraphs: tuple[str, ...]
    examples: tuple[str, ...]

    @property
    def summary(self) -> str:
        """
        Return the first sentence.
        """
        return (
            re.split(r"(?<=\.) (?=[A-Z])", self.paragraphs[0], maxsplit=1)[0]
            if self.paragraphs
            else ""
        )

    @classmethod
    def parse(cls, text: str) -> HelpText:
        """
        Read a docstring, in which the examples are indented under the line `Example:`.
        """
        parts = inspect.cleandoc(text).split("\n\n")
        is_example = [part.startswith(("Example:\n", "Examples:\n")) for part in parts]
        examples = [
            line
            for part, found in zip(parts, is_example, strict=True)
            if found
            for line in textwrap.dedent(part.partition("\n")[2]).splitlines()
        ]
        words = [
            " ".join(part.split())
            for part, found in zip(parts, is_example, strict=True)
            if part and not found
        ]
        return cls(tuple(words), tuple(examples))


class Command(typer.core.TyperCommand):
    """
    A command that formats its own help page.
    """

    # `parse_args` refuses the extra ones, in our words.
    allow_extra_args = True

    def get_help(self, ctx: Any) -> str:
        """
        Return the help page.
        """
        return command_page(self, ctx.command_path)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """
        Read the arguments, and refuse those that are too many.
        """
        with usage.errors_of(ctx):
            rest = super().parse_args(ctx, args)
            # While a word is completed, what is before it is not judged.
            if rest and not ctx.resilient_parsing:
                raise usage.too_many_arguments(ctx, rest)
        return rest


class CommandGroup(typer.core.TyperGroup):
    """
    A group of commands that formats its own help page.
    """

    def get_help(self, ctx: Any) -> str:
        """
        Return the help page.
        """
        return group_page(self, ctx.command_path)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """
        Read the arguments before the command's name.
        """
        with usage.errors_of(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """
        Find the command; if there is none, suggest the most similar name.
        """
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise usage.unknown_command(ctx, args[0], self.commands)
        return super().resolve_command(ctx, args)


def command_page(command: Any, path: str) -> str:
    """
    Return the help of one command, which is called as *path*.
    """
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = {
        title: [option_row(param) for param in params]
        for title, params in option_panels(command).items()
    }
    return _page(
        _usage(usage_pieces(command, path)),
        command.help or "",
        {
            "Arguments": [(param.display_name_raw, parameter_text(param)) for param in arguments],
            **options,
            "Common options": COMMON_OPTIONS,
        },
        epilog=command.epilog or "",
    )


def group_page(group: Any, path: str) -> str:
    """
    Return the help of a group of commands, or of the whole program.
    """
    panels: dict[str, list[tuple[str, str]]] = {}
    for name, command in group.commands.items():
        if command.hidden:
            continue
        text = command.short_help or HelpText.parse(command.help or "").summary
        panels.setdefault(command.rich_help_panel or "Commands", []).append((name, text))
    common = (
        COMMON_OPTIONS if " " in path else (*COMMON_OPTIONS, VERSION_OPTION, *completion.OPTIONS)
    )
    sections: dict[str, Rows] = {**panels, "Common options": common}
    return _page(_usage([path, "COMMAND", "..."]), group.help or "", sections)


def usage_pieces(command: Any, path: str) -> list[str]:
    """
    Return how a command is called: its words, arguments, required options, and `[OPTIONS]`.
    """
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [each for params in option_panels(command).values() for each in params]
    required = [option_row(param)[0] for param in options if param.required]
    others = ["[OPTIONS]"] if len(required) < len(options) else []
    return [path, *map(argument_name, arguments), *required, *others]


def option_panels(command: Any) -> dict[str, list[Any]]:
    """
    Return the options of a command except `--help`, grouped by the title of their panel.
    """
    panels: dict[str, list[Any]] = {}
    for param in command.params:
        if param.param_type_name == "option" and "--help" not in param.opts:
            panels.setdefault(param.rich_help_panel or "Options", []).append(param)
    return panels


def option_row(param: Any) -> tuple[str, str]:
    """
    Return an option as a person types it, with a placeholder for its value, and its help text.
    """
    return f"{option_name(param)} {value_name(param)}".rstrip(), parameter_text(param)


def option_name(param: Any) -> str:
    """
    Return the name of an option: `--list`, `--[no-]approval`.
    """
    if param.secondary_opts:
        return f"--[no-]{param.opts[0].removeprefix('--')}"
    return ", ".join(param.opts)


def value_name(param: Any) -> str:
    """
    Return the placeholder for an option's value: `FILE`, or `send|skip|ask`.
    """
    if param.is_flag:
        return ""
    return param.metavar or "|".join(usage.choices_of(param)) or param.name.upper()


def argument_name(param: Any) -> str:
    """
    Return an argument as the usage line shows it: `SLUG`, `[NAME...]`.
    """
    name = f"{param.display_name_raw}{'' if param.nargs == 1 else '...'}"
    return name if param.required else f"[{name}]"


def parameter_text(param: Any) -> str:
    """
    Return the help text of an argument or option, with its limits and default in brackets.
    """
    is_option = param.param_type_name == "option"
    default = default_of(param)
    notes = [
        "required" if is_option and param.required else "",
        "repeatable" if is_option and param.multiple else "",
        usage.range_of(param),
        f"default: {default}" if default else "",
    ]
    known = "; ".join(filter(None, notes))
    return f"{param.help or ''}{f' [{known}]' if known else ''}"


def default_of(param: Any) -> str:
    """
    Describe the default of a parameter; empty if there is none, or for a flag that is off.
    """
    if isinstance(param.show_default, str):
        return param.show_default
    match param.default:
        case None | False | () | []:
            return ""
        case True:
            return str(param.opts[0])
        case enum.Enum(value=value):
            return str(value)
        case list() | tuple():
            return ", ".join(map(str, param.default))
    return str(param.default)


def _page(usage_line: str, text: str, sections: dict[str, Rows], epilog: str = "") -> str:
    width = min(WIDTH, max(shutil.get_terminal_size().columns, 40))
    known = HelpText.parse(text)
    blocks = [usage_line, *(_wrapped(each, width) for each in known.paragraphs)]
    if known.examples:
        title = "Example:" if _is_one(known.examples) else "Examples:"
        blocks.append("\n".join([title, *(f"  {line}" for line in known.examples)]))
    widest = max(len(name) for rows in sections.values() for name, _ in rows)
    column = min(widest, NAME_WIDTH) + 4
    for title, rows in sections.items():
        if rows:
            lines = [line for row in rows for line in _row(*row, column=column, width=width)]
            blocks.append("\n".join([f"{title}:", *lines]))
    if epilog:
        blocks.append(_wrapped(epilog, width))
    return "\n\n".join(blocks)


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_on_hyphens=False)


def _is_one(examples: Sequence[str]) -> bool:
    return sum(line.startswith("newsletter ") for line in examples) == 1


def _row(name: str, text: str, *, column: int, width: int) -> Iterable[str]:
    lines = textwrap.wrap(text, width - column, break_on_hyphens=False) or [""]
    start = f"  {name}"
    if len(start) + 2 > column:
        yield start
        start = ""
    yield f"{start:<{column}}{lines[0]}".rstrip()
    yield from (f"{'':<{column}}{line}" for line in lines[1:])


def _usage(pieces: Sequence[str]) -> str:
    # A placeholder stays on the line of its option.
    kept = " ".join(piece.replace(" ", "\0") for piece in pieces)
    lines = textwrap.wrap(
        kept,
        WIDTH,
        initial_indent="Usage: ",
        subsequent_indent=" " * len("Usage: newsletter "),
        break_on_hyphens=False,
        break_long_words=False,
    )
    return "\n".join(lines).replace("\0", " ")
