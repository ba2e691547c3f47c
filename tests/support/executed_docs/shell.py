"""
One bash for a page: commands one after the other, and those that go on until they are stopped.
"""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

# What a command may take when the machine is busy; nothing is asserted of it.
PATIENCE_S = 900


@dataclass(frozen=True, kw_only=True)
class Result:
    status: int
    printed: str


class Shell:
    """
    `with Shell(folder, environment) as shell:` starts in *folder*; *scratch* is for its own files.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], scratch: Path) -> None:
        self._output = scratch / "output"
        self._results, results = os.pipe()
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-o", "pipefail"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            pass_fds=[results],
            text=True,
        )
        self._result_fd = results
        os.close(results)
        self._background: dict[str, tuple[int, Path]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for command in self.running:
            self.stop(command)
        assert self._bash.stdin is not None
        self._bash.stdin.close()
        self._bash.wait()
        os.close(self._results)

    def run(self, command: str) -> Result:
        """
        Run *command* to its end.
        """
        out = shlex.quote(str(self._output))
        status = self._ask(f"{{ eval {shlex.quote(command)}\n}} >{out} 2>&1 </dev/null", "$?")
        return Result(status=int(status), printed=self._output.read_text("utf-8", "replace"))

    @property
    def folder(self) -> Path:
        return Path(self._ask(":", '"$PWD"'))

    def start(self, command: str, *, is_ready: Callable[[str], bool]) -> Result | None:
        """
        Start *command* and wait until *is_ready* is true of what it printed. Return how it ended if
        it never was.
        """
        log = self._output.with_name(f"background-{len(self._background)}")
        log.touch()
        script = f"exec {command.removesuffix('&')}"
        asked = f"setsid bash -c {shlex.quote(script)} >{shlex.quote(str(log))} 2>&1 </dev/null &"
        pid = int(self._ask(asked, "$!"))
        self._background[command] = (pid, log)
        end = time.monotonic() + PATIENCE_S
        while not is_ready(log.read_text("utf-8", "replace")):
            if self._ask(f"kill -0 {pid} 2>/dev/null", "$?") != "0" or time.monotonic() > end:
                return self.stop(command)
            time.sleep(0.05)
        return None

    @property
    def running(self) -> list[str]:
        return list(self._background)

    def stop(self, command: str) -> Result:
        """
        Stop what `start` started, in order, and return how it ended.
        """
        pid, log = self._background.pop(command)
        status = self._ask(f"kill -TERM {pid} 2>/dev/null; wait {pid}", "$?")
        return Result(status=int(status), printed=log.read_text("utf-8", "replace"))

    def _ask(self, script: str, what: str) -> str:
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{script}\nprintf '%s\\n' {what} >&{self._result_fd}\n")
        self._bash.stdin.flush()
        answer = b""
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([self._results], [], [], PATIENCE_S)
            piece = os.read(self._results, 4096) if ready else b""
            if not piece:
                self._bash.kill()
                self._background.clear()
                raise AssertionError(f"the shell has ended, or this does not end: {script}")
            answer += piece
        return answer.decode().rstrip("\n")
