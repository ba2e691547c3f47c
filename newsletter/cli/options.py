"""
Options that several commands share, declared as a table: the name, type and help of each, and the
field of a schedule or source that it sets.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

Flag = bool | None
Number = int | None
Several = list[str] | None
Text = str | None
# What was typed, by field; fields that were not typed are missing.
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Option:
    """
    One option: the `field` it sets, its type, help and group, its default
    in words, and its name on the command line, `flags` (None: that of the field).
    """

    field: str
    kind: Any
    help: str
    panel: str
    default: str
    metavar: str | None = None
    flags: str | None = None

    def parameter(self, *, show_default: bool) -> inspect.Parameter:
        """
        Return the option as typer reads it from a function's signature.
        """
        named = (self.flags,) if self.flags else ()
        option = typer.Option(
            *named,
            help=self.help,
            metavar=self.metavar,
            min=0 if self.kind is Number else None,
            rich_help_panel=self.panel,
            show_default=self.default if show_default else False,
        )
        return inspect.Parameter(
            self.field,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[self.kind, option],
        )


def with_options(
    options: Sequence[Option], *, show_defaults: bool
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Give a command every one of *options*. It receives those that were typed as `fields`.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            values = {option.field: given.pop(option.field) for option in options}
            command(**given, fields={k: value for k, value in values.items() if value is not None})

        named = inspect.signature(command, eval_str=True).parameters
        shared = [option.parameter(show_default=show_defaults) for option in options]
        own = [named[name] for name in named if name != "fields"]
        # typer reads both: the order from the signature, the types from the annotations.
        run.__dict__["__signature__"] = inspect.Signature([*own, *shared])
        run.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
        return run

    return decorate
