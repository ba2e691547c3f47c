"""
Who asks for something, and through which door.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Door(enum.StrEnum):
    """
    The way in which a request reached the program.
    """

    COMMAND_LINE = "command line"
    WEB = "web"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """
    Who asks: `name` is what the history of an issue says of them, an address or *a person*.
    """

    name: str
    door: Door


# Whoever may run a command on this machine: nobody is told apart there.
OPERATOR = Actor(name="a person", door=Door.COMMAND_LINE)
