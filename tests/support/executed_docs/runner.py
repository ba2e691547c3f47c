"""
Run a page from top to bottom, in a folder that looks like a checkout.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from executed_docs.command_server import client
from executed_docs.commands import Command, commands_of, missing_lines
from executed_docs.pages import COMMANDS, Block, Mark, read_page
from executed_docs.shell import Shell
from executed_docs.stand_in_site import SITES, stand_in_site
from executed_docs.stand_ins import StandIns, lay_over

ROOT = Path(__file__).resolve().parents[3]
STARTS = Path(__file__).with_name("starts")
OF_A_CHECKOUT = ("Makefile", "examples", "templates", "newsletter", "subscribers", "pyproject.toml")
# What is installed already is not installed again.
MAKE = f'#!/bin/sh\nexec {shutil.which("make")} -o .venv/ready -o .venv/ready-dev "$@"\n'


# The database that pages name; they get an empty one for each start.
DATABASE = "postgresql://news@localhost/news"
NewDatabase = Callable[[], AbstractContextManager[str]]


class PageRun:
    """
    The run of one page. *commands_at* is the address of the command server, *folder* is empty.
    *new_database* makes an empty PostgreSQL database, for pages that name one.
    """

    def __init__(
        self, page: Path, folder: Path, *, commands_at: str, new_database: NewDatabase | None = None
    ) -> None:
        self._page = page
        self._new_database = new_database
        self._database = DATABASE
        self._port = _free_port()
        self._checkout = folder / "newsletter"
        self._scratch = folder / "scratch"
        self._home = folder / "home"
        self._commands_at = commands_at
        self._failures: list[str] = []

    def run(self) -> list[str]:
        """
        Run the page and return what failed, one text a failure; the first one ends the run.
        """
        self._make_folders()
        with (
            contextlib.ExitStack() as self._at_end,
            StandIns() as self._stand_ins,
            stand_in_site() as self._site,
            Shell(self._checkout, self._environment(), self._scratch) as self._shell,
        ):
            for item in read_page(self._page):
                self._play(item)
                if self._failures:
                    return self._failures
            for command in self._shell.running:
                self._stop(command)
        return self._failures

    def _make_folders(self) -> None:
        bin_folder = self._checkout / ".venv" / "bin"
        for folder in (bin_folder, self._scratch, self._home, self._scratch / "bin"):
            folder.mkdir(parents=True)
        for name in OF_A_CHECKOUT:
            (self._checkout / name).symlink_to(ROOT / name)
        _write_program(bin_folder / "newsletter", client(sys.executable, self._commands_at))
        _write_program(bin_folder / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        _write_program(self._scratch / "bin" / "make", MAKE)

    def _environment(self) -> dict[str, str]:
        bins = (self._scratch / "bin", self._checkout / ".venv" / "bin", "/usr/bin", "/bin")
        return {
            "PATH": os.pathsep.join(map(str, bins)),
            "HOME": str(self._home),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "BROWSER": "/bin/true",
            "PYTHONPATH": str(ROOT),
            "NEWSLETTER_WEB__PORT": str(self._port),
            "NEWSLETTER_LIMITS__FETCH_NETWORKS": '["127.0.0.0/8"]',
        }

    def _play(self, item: Mark | Block) -> None:
        if isinstance(item, Mark):
            if item.name == "generated":
                return
            text = item.value
            if item.name == "start":
                text = (STARTS / f"{item.value}.sh").read_text("utf-8")
                if self._new_database is not None:
                    self._database = self._at_end.enter_context(self._new_database())
            self._run_all(commands_of("sh", text), item.line)
        elif item.mark("not run"):
            return
        elif mark := item.mark("file"):
            self._write(self._shell.folder / mark.value, item.text)
        elif item.mark("settings"):
            settings = self._shell.folder / "newsletter.toml"
            lay_over(settings, item.text)
            self._stand_ins.take_over(settings)
        elif item.language in COMMANDS:
            commands = list(commands_of(item.language, item.text))
            if mark := item.mark("status"):
                commands[-1].status = int(mark.argument)
            self._run_all(iter(commands), item.line, compares=not item.mark("output differs"))

    def _write(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        # A person takes longer: a source leaves alone what was written just now.
        os.utime(file, (0, file.stat().st_mtime - 60))
        if file.name == "newsletter.toml":
            self._stand_ins.take_over(file)

    def _run_all(self, commands: Iterator[Command], line: int, *, compares: bool = True) -> None:
        for command in commands:
            if self._failures:
                return
            where = f"{self._page.name}:{line}: {command.text}"
            text = self._here(command.text)
            if command.is_long_running:
                self._start(text, where)
                continue
            result = self._shell.run(text)
            if result.status != command.status:
                said = f"ended with {result.status}, not {command.status}"
                self._failures.append(f"{where}\n{said}, and printed:\n{result.printed}")
                continue
            printed = result.printed.replace(self._database, DATABASE)
            printed = printed.replace(self._site, SITES[0])
            if compares and (missing := missing_lines(command.shown, printed)):
                lines = "\n".join(missing)
                self._failures.append(f"{where}\nmissing:\n{lines}\nin:\n{printed}")

    def _here(self, command: str) -> str:
        """
        Return *command* with what is on this machine in the place of what the page names.
        """
        # The port that pages name may be taken.
        command = re.sub(r"(?<=[:\s])80[08]0\b", str(self._port), command)
        for site in SITES:
            command = command.replace(site, self._site)
        return command.replace(DATABASE, self._database)

    def _start(self, command: str, where: str) -> None:
        for other in self._shell.running:
            if other == command or (" serve" in other and " serve" in command):
                self._stop(other)
        serves = re.search(r"\bserve\b", command) is not None
        log = re.search(r"2>>? *(\S+)", command)
        log_file = self._shell.folder / log[1] if log else None

        def is_ready(printed: str) -> bool:
            if not serves:
                return bool(printed)
            # The next command of the page may read what it wrote there.
            has_logged = log_file is None or (log_file.exists() and log_file.stat().st_size > 0)
            return has_logged and self._is_listening()

        ended = self._shell.start(command, is_ready=is_ready)
        if ended is not None:
            self._failures.append(f"{where}\nended with {ended.status}:\n{ended.printed}")

    def _is_listening(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port)):
            return True
        return False

    def _stop(self, command: str) -> None:
        result = self._shell.stop(command)
        if result.status != 0 and not command.startswith("make"):
            self._failures.append(f"{command}\nended with {result.status}:\n{result.printed}")


def _write_program(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
