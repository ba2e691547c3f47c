"""
What a run is played on: a fresh installation each, copied from one made once, and a sink.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import secrets
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from reliability.processes import sender
from reliability.processes.fork_server import ForkServer, Function
from reliability.processes.programs import command_for, environment_of_child
from reliability.runs.checker import Figures, check
from reliability.runs.draft import address, fill
from subscribers.tokens import new_secret

SQLITE, POSTGRES = "sqlite", "postgresql"
SETTINGS = """
[site]
name = "The Institute"
base_url = "https://news.example.org"
postal_address = "12 Quay Street, Harbourtown"
[database]
url = "{url}"
[sender]
name = "The Desk"
address = "desk@example.org"
[delivery]
provider = "bulk"
lanes = {lanes}
canary = false
[provider.bulk]
kind = "resend"
api_key = "env:UNUSED"
"""


class SinkProcess:
    """
    The sink, running on a port of its own; it may be killed and started again.
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

    def tell(self, run: str, script: dict[str, Any]) -> None:
        """
        How the run is to be treated from now on.
        """
        request = urllib.request.Request(
            f"{self.url(run)}/script", data=json.dumps(script).encode(), method="PUT"
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


@dataclass(frozen=True, kw_only=True)
class Play:
    """
    One run: its installation, its audience, and the sink's file about it.
    """

    name: str
    folder: Path
    url: str
    audience: tuple[str, ...]
    log: Path

    def status(self) -> dict[str, Any]:
        """
        What `issue status --json` said when the run was over.
        """
        told: dict[str, Any] = json.loads((self.folder / "status.json").read_text())
        return told

    def figures(self, **values: Any) -> Figures:
        """
        What the checker finds, by what was reported.
        """
        return check(
            self.log,
            self.audience,
            status=self.status(),
            recipients=json.loads((self.folder / "recipients.json").read_text()),
            **values,
        )


@dataclass(kw_only=True)
class Stage:
    """
    *postgres* is the address of a server, or None. Installations are copied from one that is made
    once: for each database and number of readers with a draft, and from that for each kind of
    provider with the issue frozen.
    """

    folder: Path
    sink: SinkProcess
    forks: ForkServer
    postgres: str | None
    # One server may serve several stages.
    mark: str = field(default_factory=lambda: secrets.token_hex(4))
    _made: dict[tuple[object, ...], str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextlib.contextmanager
    def play(
        self,
        name: str,
        *,
        database: str,
        readers: int,
        script: dict[str, Any],
        frozen_for: dict[str, Any] | None = None,
        draft: Function = fill,
    ) -> Iterator[Play]:
        """
        A fresh run called *name*, with one issue to all *readers*: a draft made by the function
        *draft*, or frozen for a provider of the `kind` and `batch` of *frozen_for*.
        """
        self.sink.tell(name, script)
        folder = self.folder / f"{name}-{next(self._numbers)}"
        original = self._draft(database, readers, draft)
        if frozen_for is not None:
            original = self._frozen(database, readers, frozen_for)
        with self._copied(database, original, folder) as url:
            yield Play(
                name=name,
                folder=folder,
                url=url,
                audience=tuple(map(address, range(1, readers + 1))),
                log=self.sink.folder / f"{name}.log",
            )
        shutil.rmtree(folder)

    @contextlib.contextmanager
    def _copied(self, database: str, original: str, folder: Path) -> Iterator[str]:
        copy = f"nl_play_{self.mark}_{next(self._numbers)}"
        yield self._copy(database, original, folder, copy)
        if database == POSTGRES:
            self._administer(f"DROP DATABASE {copy} WITH (FORCE)")

    def _copy(self, database: str, original: str, folder: Path, copy: str) -> str:
        shutil.copytree(self.folder / original, folder)
        if database == SQLITE:
            return write_settings(folder, f"sqlite:///{folder}/newsletter.db")
        self._administer(f"CREATE DATABASE {copy} TEMPLATE {original}")
        return write_settings(folder, self._named(copy))

    def _draft(self, database: str, readers: int, draft: Function = fill) -> str:
        if (database, readers, draft) not in self._made:
            kind = draft.__module__.rpartition(".")[2]
            name = f"nl_{kind}_{database}_{readers}_{self.mark}"
            folder = self.folder / name
            folder.mkdir()
            (folder / "secret.key").write_text(new_secret())
            url = f"sqlite:///{folder}/newsletter.db"
            if database == POSTGRES:
                self._administer(f"CREATE DATABASE {name}")
                url = self._named(name)
            write_settings(folder, url)
            told = {"folder": str(folder), "readers": readers}
            if self.forks.run(draft, told) != 0:
                raise AssertionError(f"{name} was not made")
            self._made[database, readers, draft] = name
        return self._made[database, readers, draft]

    def _frozen(self, database: str, readers: int, told: dict[str, Any]) -> str:
        """
        Frozen by the product, in a process that is killed just then.
        """
        key = (database, readers, told["kind"], told["batch"])
        if key not in self._made:
            name = f"nl_frozen_{'_'.join(map(str, key))}_{self.mark}"
            self._copy(database, self._draft(database, readers), self.folder / name, name)
            job = told | {"folder": str(self.folder / name), "sink": self.sink.url(name)}
            death = self.forks.run(sender.run, job | {"point": "freeze.after"})
            if death != -signal.SIGKILL:
                raise AssertionError(f"{name} was not frozen: ended with {death}")
            if database == POSTGRES:
                self._administer(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    f"WHERE datname = '{name}'"
                )
            self._made[key] = name
        return self._made[key]

    def drop(self, name: str) -> None:
        """
        The database *name* of the server is gone, if there was one.
        """
        self._administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _administer(self, statement: str) -> None:
        assert self.postgres is not None
        engine = sa.create_engine(self.postgres, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def _named(self, name: str) -> str:
        assert self.postgres is not None
        url = sa.make_url(self.postgres).set(database=name)
        return url.render_as_string(hide_password=False)

    def close(self) -> None:
        """
        Nothing; the sink and the databases are gone afterwards.
        """
        self.sink.kill()
        for (database, *_), name in self._made.items():
            if database == POSTGRES:
                self._administer(f"DROP DATABASE {name} WITH (FORCE)")


def write_settings(folder: Path, url: str, *, lanes: int = 2) -> str:
    (folder / "newsletter.toml").write_text(SETTINGS.format(url=url, lanes=lanes))
    return url
