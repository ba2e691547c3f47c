"""
Run the command line inside a test, and keep the result.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Progress, where standard error is no terminal: `importing people.csv, bytes: 46 of 46`.
PROGRESS = (
    "importing ", "confirming", "collecting: ", "sending issue ", "copying, rows: ", "tagging, ",
    "unsubscribing, ", "moving, ", "suppressing, ", "erasing, ", "taking the tag, ",
)  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """
    The exit status of a run, and what it wrote.
    """

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """
        Return the one JSON document on standard output; nothing else is there.
        """
        assert self.status == 0, self
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """
        Return the one line of a refusal, without `newsletter: ` before it; standard output is
        empty.
        """
        lines = [line for line in self.err.splitlines() if not line.startswith(PROGRESS)]
        assert (self.status, self.out, len(lines)) == (1, "", 1), self
        start, _, reason = lines[0].partition(": ")
        assert start == "newsletter"
        assert not reason.startswith("unexpected")
        return reason


Cli = Callable[..., Ran]
