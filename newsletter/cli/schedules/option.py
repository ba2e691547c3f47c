"""
One option of `schedule add` and `schedule edit`, as typer reads it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
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
    One option: the `field` of a schedule it sets, its type, help and group, its default
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
