"""
Define who makes a request, and through which channel.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from subscribers.history.model import Origin, OriginKind


class Channel(enum.StrEnum):
    """
    The way in which a request reached the program.
    """

    COMMAND_LINE = "command line"
    WEB = "web"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """
    Who makes a request. `name` is what the history of an issue calls them: an address, or *a
    person*.
    """

    name: str
    channel: Channel

    @property
    def origin(self) -> Origin:
        """
        Return who this is in the history of people.
        """
        return Origin(kind=OriginKind.STAFF, name=self.name, through=self.channel)


# Anybody who may run commands on this machine; the people who do are not told apart.
OPERATOR = Actor(name="a person", channel=Channel.COMMAND_LINE)
