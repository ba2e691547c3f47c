"""
Describe wrong usage in one line that says what is wrong and where to look.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

# Typer exports only one of these classes; the others are in the same module.
_errors: Any = sys.modules[typer.BadParameter.__module__]
UsageError: Any = _errors.UsageError
# A group was called without a command; the message is its help.
NoArguments: Any = _errors.NoArgsIsHelpError


@contextmanager
def errors_of(ctx: Any) -> Iterator[None]:
    """
    Add the current command to the errors raised in the block; the parser does not.
    """
    try:
        yield
    except UsageError as error:
        error.ctx = error.ctx or ctx
        raise


def unknown_command(ctx: Any, word: str, known: Iterable[str]) -> typer.BadParameter:
    """
    Return the error for a command that does not exist, with the most similar name.
    """
    reason = f"`{ctx.command_path}` has no command {word}"
    return typer.BadParameter(f"{reason}; {_advice(ctx.command_path, word, known)}", ctx=ctx)


def too_many_arguments(ctx: Any, rest: Sequence[str]) -> typer.BadParameter:
    """
    Return the error for too many arguments.
    """
    reason = f"`{ctx.command_path}` does not take this argument: {' '.join(map(repr, rest))}"
    return typer.BadParameter(f"{reason}; {_advice(ctx.command_path)}", ctx=ctx)


def describe(error: Any) -> str:
    """
    Describe wrong usage in one line. A message that a command itself raised is returned as it is.
    """
    if isinstance(error, typer.BadParameter) and error.param is None:
        return str(error.message)
    path = error.ctx.command_path
    match error:
        case _errors.MissingParameter(param=param):
            return f"`{path}` needs {_as_typed(param)}; {_advice(path)}"
        case typer.BadParameter(param=param):
            return f"{_name(param)}: {_bad_value(error)}"
        case _errors.NoSuchOption(option_name=name):
            known = [each for param in error.ctx.command.params for each in _names(param)]
            advice = _advice(path, name, [*known, "--config", "--json", "--help"])
            return f"`{path}` has no option {name}; {advice}"
        case _errors.BadOptionUsage(option_name=name):
            return f"{_bad_option(error.ctx.command, name)}; {_advice(path)}"
    return f"`{path}` needs a command; {_advice(path)}"


def _advice(path: str, word: str = "", known: Iterable[str] = ()) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"see `{path} --help`"


def _bad_option(command: Any, name: str) -> str:
    param = next(each for each in command.params if name in _names(each))
    return (
        f"{name} takes no value" if param.is_flag else f"{name} needs a value: {_as_typed(param)}"
    )


def _bad_value(error: Any) -> str:
    # Pydantic's error contains what was typed; its own text is not for people.
    typed = str(error.__cause__.errors()[0]["input"])
    if choices := choices_of(error.param):
        return f"{typed!r} is not one of {', '.join(choices)}"
    span = range_of(error.param)
    return f"{typed!r} is not a whole number{f' ({span})' if span else ''}"


def choices_of(param: Any) -> list[str]:
    """
    Return the words that a parameter accepts; none if it accepts any.
    """
    return [str(getattr(each, "value", each)) for each in param.type_descriptor.choices or ()]


def range_of(param: Any) -> str:
    """
    Describe which numbers a parameter accepts; empty if it accepts any.
    """
    least, most = param.min, param.max
    if least is None or most is None:
        return "" if least is None else f"{least} or more"
    return f"{least} to {most}"


def _as_typed(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.display_name_raw)
    value = param.metavar or "|".join(choices_of(param)) or param.name.upper()
    return f"{param.opts[0]} {value}"


def _name(param: Any) -> str:
    return str(param.display_name_raw if param.param_type_name == "argument" else param.opts[0])


def _names(param: Any) -> list[str]:
    return [*param.opts, *param.secondary_opts] if param.param_type_name == "option" else []
