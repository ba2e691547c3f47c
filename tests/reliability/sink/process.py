"""
The sink as a process that a run can kill and start again.
"""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from reliability.processes.programs import command_for, environment_of_child


class SinkProcess:
    """
    A sink that writes into *folder*, and keeps its port when it is started again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [*command_for("reliability.sink.server"), self.folder, str(self.port)],
            stdout=subprocess.PIPE,
            env=environment_of_child(),
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def url(self, run: str) -> str:
        return f"http://127.0.0.1:{self.port}/{run}"

    def set_script(self, run: str, script: dict[str, Any]) -> None:
        """
        Set how the sink treats the calls of *run* from now on.
        """
        request = urllib.request.Request(
            f"{self.url(run)}/script", data=json.dumps(script).encode(), method="PUT"
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            response.read()
