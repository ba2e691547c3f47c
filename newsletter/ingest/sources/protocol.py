"""
The interface of a source, which each kind of source implements. `collect` polls sources and passes
their items to `parsing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from newsletter.model.brief import Poll


class Source(Protocol):
    """
    A source of briefs. It reads and never writes, and gives the same item the same key at every
    poll.
    """

    @property
    def name(self) -> str: ...

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Return the current items. *state* is what the last poll returned, empty at the first poll.

        Raises:
            SourceError: nothing could be read; the stored state stays valid.
        """
        ...
