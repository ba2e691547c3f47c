"""
Describe every command out of the command tree: usage, sentence, arguments, options, example.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from newsletter.cli import COMMANDS, GROUPS, load_command, load_group


def describe_commands() -> str:
    """
    Return the Markdown of all commands: those that stand alone first, then group by group.
    """
    lines = ["## Commands that stand alone"]
    for name in COMMANDS:
        lines += _command(f"newsletter {name}", _single(name))
    for name, (_, sentence) in GROUPS.items():
        lines += ["", f"## newsletter {name}", "", sentence]
        for word, command in _group(name).commands.items():
            lines += _command(f"newsletter {name} {word}", command)
    return "\n".join(lines)


def every_command() -> Iterator[tuple[str, Any]]:
    """
    Yield each command with the words that call it, as `issue send`.
    """
    for name in COMMANDS:
        yield name, _single(name)
    for name in GROUPS:
        for word, command in _group(name).commands.items():
            yield f"{name} {word}", command


def sentences_of(command: Any) -> tuple[str, str]:
    """
    Return what the help of a command says of it, and its example.
    """
    text, _, example = inspect.cleandoc(command.help or "").partition("\n\nExample: ")
    return text, " ".join(example.split())


def parameters_of(command: Any) -> list[Any]:
    """
    Return the arguments and options of a command, without `--help`.
    """
    return [p for p in command.params if "--help" not in p.opts]


def _single(name: str) -> Any:
    program = typer.Typer(add_completion=False)
    program.command(name)(load_command(name))
    return typer.main.get_command(program)


def _group(name: str) -> Any:
    return typer.main.get_command(load_group(name))


def _command(words: str, command: Any) -> Iterator[str]:
    text, example = sentences_of(command)
    arguments = [one for one in parameters_of(command) if is_argument(one)]
    options = [one for one in parameters_of(command) if not is_argument(one)]
    usage = [words, *map(_usage, arguments), *(["[OPTIONS]"] if options else [])]
    yield from ("", f"### {words}", "", "```text", " ".join(usage), "```", "", text, "")
    for argument in arguments:
        yield f"- `{_usage(argument)}`: {argument.help}"
    yield from ("", f"```{{program}} {words}", "```")
    for option in options:
        yield from ("", f"```{{option}} {_spelling(option)}", "")
        yield f"{option.help}{_remarks(option)}"
        yield "```"
    if example:
        yield from ("", "Example:", "", "```text", example, "```")


def is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _usage(argument: Any) -> str:
    name = _metavar(argument) + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _spelling(option: Any) -> str:
    value = "" if option.is_flag or option.count else f" {_metavar(option)}"
    return ", ".join(word + value for word in [*option.opts, *option.secondary_opts])


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _remarks(option: Any) -> str:
    remarks = []
    if option.required:
        remarks.append("Required.")
    if option.multiple:
        remarks.append("May be given more than once.")
    default = option.default
    if default not in (None, False, (), [], "") and "default" not in option.help.lower():
        remarks.append(f"Default: `{default}`.")
    return "".join(f" {remark}" for remark in remarks)
