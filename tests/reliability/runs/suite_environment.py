"""
Everything a suite needs, opened: a sink, a fork server, and a stage on top of them.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reliability.processes.fork_server import ForkServer
from reliability.runs.installations import SinkProcess, Stage


@dataclass(frozen=True, kw_only=True)
class Theatre:
    stage: Stage
    forks: ForkServer


@contextlib.contextmanager
def opened(postgres: str | None) -> Iterator[Theatre]:
    """
    A theatre in a folder that goes away; *postgres* is the address of a server.
    """
    with tempfile.TemporaryDirectory(prefix="nl-reliability-") as name, ForkServer() as forks:
        (Path(name) / "sink").mkdir()
        sink = SinkProcess(Path(name) / "sink")
        stage = Stage(folder=Path(name), sink=sink, forks=forks, postgres=postgres)
        try:
            yield Theatre(stage=stage, forks=forks)
        finally:
            stage.close()
