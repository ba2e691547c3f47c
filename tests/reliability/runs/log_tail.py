"""
Read the sink's file while the sink writes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Tail:
    """
    The sink's file, which is read on from where it was read last.
    """

    def __init__(self, log: Path) -> None:
        self.log, self.read = log, 0

    def new_calls(self) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        with self.log.open("rb") as file:
            file.seek(self.read)
            whole = file.read().rpartition(b"\n")[0]
        self.read += len(whole) + 1 if whole else 0
        return [json.loads(line) for line in whole.splitlines()]
