"""
What the suites run in: a sink, a fork server, and for each run a fresh installation, copied from
one that is made once.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from reliability.processes import joining, sender
from reliability.processes.fork_server import ForkServer, Function
from reliability.runs.draft import address, fill
from reliability.runs.suite_run import SuiteRun, write_settings
from reliability.sink.process import SinkProcess
from subscribers.tokens import new_secret

SQLITE, POSTGRES = "sqlite", "postgresql"


@dataclass(kw_only=True)
class SuiteEnvironment:
    """
    A folder for runs, a sink and a fork server; *postgres* is the address of a server, or None.
    Installations with a draft are made once for each database and number of readers, those with a
    frozen issue once more for each kind of provider and size of batch.
    """

    folder: Path
    sink: SinkProcess
    forks: ForkServer
    postgres: str | None
    # One server may serve several environments.
    mark: str = field(default_factory=lambda: secrets.token_hex(4))
    _made: dict[tuple[object, ...], str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextlib.contextmanager
    def fresh_run(
        self,
        name: str,
        *,
        database: str,
        readers: int,
        script: dict[str, Any],
        frozen_for: dict[str, Any] | None = None,
        joiners: int = 0,
        draft: Function = fill,
    ) -> Iterator[SuiteRun]:
        """
        Give a fresh run called *name* with one issue to all *readers*, and remove it at the end.
        The issue is a draft made by the function *draft*, or frozen for a provider of the `kind`
        and `batch` of *frozen_for*; then that many *joiners* may have asked to join since.
        """
        self.sink.set_script(name, script)
        folder = self.folder / f"{name}-{next(self._numbers)}"
        original = self._draft(database, readers, draft)
        if frozen_for is not None:
            original = self._frozen(database, readers, frozen_for, joiners)
        with self._copied(database, original, folder) as url:
            yield SuiteRun(
                name=name,
                folder=folder,
                database_url=url,
                sink_url=self.sink.url(name),
                audience=tuple(map(address, range(1, readers + 1))),
                log=self.sink.folder / f"{name}.log",
            )
        shutil.rmtree(folder)

    @contextlib.contextmanager
    def _copied(self, database: str, original: str, folder: Path) -> Iterator[str]:
        copy = f"nl_run_{self.mark}_{next(self._numbers)}"
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
            if self.forks.run(draft, {"folder": str(folder), "readers": readers}) != 0:
                raise AssertionError(f"{name} was not made")
            self._made[database, readers, draft] = name
        return self._made[database, readers, draft]

    def _frozen(self, database: str, readers: int, provider: dict[str, Any], joiners: int) -> str:
        """
        Return the name of an installation whose issue is frozen, by a sender that is killed just
        then.
        """
        key = (database, readers, provider["kind"], provider["batch"], joiners)
        if key not in self._made:
            name = f"nl_frozen_{'_'.join(map(str, key))}_{self.mark}"
            self._copy(database, self._draft(database, readers), self.folder / name, name)
            job = provider | {"folder": str(self.folder / name), "sink": self.sink.url(name)}
            death = self.forks.run(sender.run, job | {"point": "freeze.after"})
            if death != -signal.SIGKILL:
                raise AssertionError(f"{name} was not frozen: ended with {death}")
            if joiners and self.forks.run(joining.run, job | {"joiners": joiners}) != 0:
                raise AssertionError(f"{name}: nobody joined")
            if database == POSTGRES:
                self._administer(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    f"WHERE datname = '{name}'"
                )
            self._made[key] = name
        return self._made[key]

    def start_joining(self, run: SuiteRun, *, kind: str, batch: int, joiners: int) -> int:
        """
        Let that many *joiners* join while the issue of *run* is sent. Return the process that does
        it.
        """
        job = {"folder": str(run.folder), "sink": run.sink_url, "kind": kind, "batch": batch}
        during = {"log": str(run.log), "calls": len(run.audience) // batch, "joiners": joiners}
        return self.forks.start(joining.run, job | during)

    def drop(self, name: str) -> None:
        """
        Drop the server's database *name*, if there is one.
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
        Kill the sink and drop the databases.
        """
        self.sink.kill()
        for (database, *_), name in self._made.items():
            if database == POSTGRES:
                self._administer(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def suite_environment(postgres: str | None) -> Iterator[SuiteEnvironment]:
    """
    Open an environment in a temporary folder; *postgres* is the address of a server.
    """
    with tempfile.TemporaryDirectory(prefix="nl-reliability-") as name, ForkServer() as forks:
        folder = Path(name)
        (folder / "sink").mkdir()
        environment = SuiteEnvironment(
            folder=folder, sink=SinkProcess(folder / "sink"), forks=forks, postgres=postgres
        )
        try:
            yield environment
        finally:
            environment.close()
