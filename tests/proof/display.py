"""
Provide an invisible screen for programs that can only open windows.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence

from proof.verdict import ToolFailed


@contextlib.contextmanager
def hidden_screen(width: int, height: int) -> Iterator[str]:
    """
    Open an X display of this size, return its name, and close it at the end of the block.
    """
    reads, writes = os.pipe()
    command = ["Xvfb", "-displayfd", str(writes), "-screen", "0", f"{width}x{height}x24"]
    with running([*command, "-nolisten", "tcp"], pass_fds=(writes,)):
        os.close(writes)
        with os.fdopen(reads) as answer:
            number = answer.readline().strip()
        if not number:
            raise ToolFailed("Xvfb did not start")
        yield f":{number}"


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    environment: dict[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """
    Start *command*, and end it with the block; kill it if it does not end.
    """
    process = subprocess.Popen(
        command,
        env=environment,
        pass_fds=pass_fds,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
