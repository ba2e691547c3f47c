"""
Run a real `newsletter serve` in a process of its own, and make a folder for it to work in.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from email import message_from_bytes
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pytest
import sqlalchemy as sa

from newsletter.cli import main
from newsletter.store.database import Database

BRIEF = """March 5, 2026

IntelBrief: The Quiet Quay

• The ferries stay.
• The tolls rise.

Nobody left the quay on Monday, and the pilots went home without a word to the harbor master.
"""


def command(folder: Path, *arguments: str) -> Any:
    """
    Run one command on the installation in *folder* and return its JSON; it must succeed. It runs in
    this process, because starting one costs a second.
    """
    printed, said = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(said),
        pytest.raises(SystemExit) as ended,
    ):
        main([*arguments, "--json"])
    assert not ended.value.code, said.getvalue()
    return json.loads(printed.getvalue())


def installation(folder: Path, readers: int, *, url: str | None = None) -> list[str]:
    """
    Make an installation in *folder* and return the addresses of the readers of its one list.
    """
    command(folder, "init", ".")
    if url is not None:
        settings = folder / "newsletter.toml"
        text = settings.read_text().replace("sqlite:///newsletter.db", url)
        settings.write_text(text)
        command(folder, "migrate")
    addresses = [f"reader{number:04d}@example.org" for number in range(readers)]
    (folder / "people.csv").write_text("\n".join(["email", *addresses]) + "\n")
    (folder / "brief.txt").write_text(BRIEF)
    command(folder, "list", "add", "daily", "--name", "Daily")
    command(
        folder, "subscriber", "import", "people.csv", "--list", "daily", "--consent", "in a test"
    )
    return addresses


def empty(url: str) -> None:
    """
    Remove the tables again: `migrate` makes its own.
    """
    database = Database(url)
    with database.write() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("DROP SCHEMA procrastinate CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    database.close()


def new_issue(folder: Path) -> str:
    """
    Make a draft with one brief for the list, and return its number.
    """
    (brief,) = command(folder, "brief", "add", "brief.txt")
    made = command(folder, "issue", "new", "--list", "daily", "--brief", str(brief["id"]))
    return str(made["id"])


def mailed(folder: Path) -> list[str]:
    """
    Return the address of each mail in the outbox, sorted: a reader mailed twice appears twice.
    """
    files = (folder / "outbox").glob("*.eml")
    return sorted(message_from_bytes(file.read_bytes())["To"].strip("<>") for file in files)


def wait_until(is_so: Callable[[], bool], *, within_s: float = 60) -> None:
    """
    Return once *is_so* is true, and fail if that takes too long.
    """
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


class Served:
    """
    `with Served(folder) as served:` runs `newsletter serve`, and kills it at the end if it still
    lives. It may have *files* files open; the limits of `ulimit`, soft and hard. It runs in the
    environment of this process or in that of another *python*.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        port: int = 0,
        files: tuple[int, int] | None = None,
        python: str | Path = sys.executable,
    ) -> None:
        self.arguments: Sequence[str] = ("serve", "--port", str(port), *options)
        self.python = str(python)
        self.before: Sequence[str] = ()
        if files is not None:
            limited = f'ulimit -Sn {files[0]}; ulimit -Hn {files[1]}; exec "$@"'
            self.before = ("sh", "-c", limited, "sh")
        self.folder = folder
        self.log = ""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [*self.before, self.python, "-m", "newsletter", *self.arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "default"},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line

    @property
    def address(self) -> str:
        """
        Return where it listens, once it says so.
        """
        wait_until(
            lambda: "serving on http" in self.log or self.process.poll() is not None, within_s=600
        )
        found = re.search(r"serving on (http://\S+)", self.log)
        assert found is not None, self.log
        return found[1]

    def get(self, path: str) -> tuple[int, str]:
        answer = httpx.get(self.address + path, timeout=10)
        return answer.status_code, answer.text

    def children(self) -> list[str]:
        """
        Return the numbers of the processes it has started and that still live.
        """
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [child for task in tasks for child in task.read_text().split()]

    def open_files(self) -> list[str]:
        """
        Return the numbers of the files that it has open.
        """
        return [one.name for one in Path(f"/proc/{self.process.pid}/fd").iterdir()]

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self, *, within_s: float = 60) -> int:
        """
        Wait until it has ended by itself and return the exit status.
        """
        status = self.process.wait(timeout=within_s)
        self._reader.join()
        return status
