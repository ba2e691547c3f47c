"""
Describe every command out of the command tree: usage, sentence, arguments, options, example.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from newsletter.cli import COMMANDS, GROUPS, load_command, load_group
from newsletter.cli.help import (
    Command,
    HelpText,
    argument_name,
    option_panels,
    parameter_text,
    usage_pieces,
    value_name,
)


def describe_commands() -> str:
    """
    Return the Markdown of all commands: single commands first, then group by group.
    """
    lines = ["## Single commands"]
    for name in COMMANDS:
        lines += _command(f"newsletter {name}", _single(name))
    for name, (_, sentence) in GROUPS.items():
        lines += ["", f"## newsletter {name}", "", sentence]
        for word, command in _shown(name):
            lines += _command(f"newsletter {name} {word}", command)
    return "\n".join(lines)


def every_command() -> Iterator[tuple[str, Any]]:
    """
    Yield each command with the words that call it, as `issue send`.
    """
    for name in COMMANDS:
        yield name, _single(name)
    for name in GROUPS:
        for word, command in _shown(name):
            yield f"{name} {word}", command


def sentences_of(command: Any) -> tuple[str, str]:
    """
    Return what the help of a command says of it, and its examples.
    """
    known = HelpText.parse(command.help or "")
    return "\n\n".join(known.paragraphs), "\n".join(known.examples)


def parameters_of(command: Any) -> list[Any]:
    """
    Return the arguments and options of a command, without `--help`.
    """
    return [p for p in command.params if "--help" not in p.opts]


def _single(name: str) -> Any:
    program = typer.Typer(add_completion=False)
    program.command(name, cls=Command)(load_command(name))
    return typer.main.get_command(program)


def _shown(name: str) -> list[tuple[str, Any]]:
    group: Any = typer.main.get_command(load_group(name))
    return [(word, each) for word, each in group.commands.items() if not each.hidden]


def _command(words: str, command: Any) -> Iterator[str]:
    text, examples = sentences_of(command)
    usage = " ".join(usage_pieces(command, words))
    yield from ("", f"### {words}", "", "```text", usage, "```", "", text, "")
    for argument in parameters_of(command):
        if argument.param_type_name == "argument":
            yield f"- `{argument_name(argument)}`: {parameter_text(argument)}"
    yield from ("", f"```{{program}} {words}", "```")
    panels = option_panels(command)
    for title, options in panels.items():
        if len(panels) > 1:
            yield from ("", f"**{title}**")
        for option in options:
            yield from ("", f"```{{option}} {_spelling(option)}", "", parameter_text(option), "```")
    yield from ("", "```text", examples, "```")


def _spelling(option: Any) -> str:
    value = f" {value_name(option)}".rstrip()
    return ", ".join(word + value for word in [*option.opts, *option.secondary_opts])
