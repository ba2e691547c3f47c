"""
Who makes a request, and through which channel.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Channel(enum.StrEnum):
    """
    The way in which a request reached the program.
    """

    COMMAND_LINE = "command line"
    WEB = "web"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """
    Who makes a request: `name` is how the history of an issue names them, an address or *a person*.
    """

    name: str
    channel: Channel


# Anybody who may run a command on this machine, where people are not distinguished.
OPERATOR = Actor(name="a person", channel=Channel.COMMAND_LINE)
