"""
Where briefs come from, one file a kind: `folder` and `feed`. `collect` polls them and hands
what they give to `reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from newsletter.model.brief import Poll


class Source(Protocol):
    """
    A place that gives briefs. It reads and never writes, and names the same item by the same
    key at every poll.
    """

    @property
    def name(self) -> str: ...

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        What is there now. *state* is what the last poll returned, empty at the first.

        Raises SourceError: nothing could be read, and the stored state still stands.
        """
        ...
