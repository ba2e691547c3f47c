"""
After a power cut the database's server may start later than `serve` and `worker`: they wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Server, own_server
from serving import Served, wait_until

from newsletter.cli import main

pytestmark = pytest.mark.ci


class Worker(Served):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.arguments = ("worker",)


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as server:
        yield server


@pytest.fixture
def office(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """
    An installation whose database's server is stopped.
    """
    folder = tmp_path / "office"
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", server.address)
    for words in (["init", str(folder)], ["--config", str(folder / "newsletter.toml"), "migrate"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert not ended.value.code
    server.stop("fast")
    return folder


def test_serve_and_worker_wait_for_a_server_that_starts_late(server: Server, office: Path) -> None:
    with Served(office) as served, Worker(office) as worker:
        wait_until(lambda: served.log.count("database.away") > 1 and "away" in worker.log)
        assert "waiting 1 s for the database: postgresql" in served.log
        server.start()
        assert served.get("/readyz")[0] == 200
        wait_until(lambda: "sender.ready" in worker.log)


def test_sigterm_ends_what_waits(office: Path) -> None:
    with Served(office) as served:
        wait_until(lambda: "database.away" in served.log)
        served.signal()
        assert served.end() == 0


def test_a_server_that_refuses_is_not_waited_for(
    server: Server, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.start()
    other = server.address.replace("/postgres?", "/other?")
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", other)
    with Served(office) as served:
        assert served.end() == 1
        assert "the server has no such database" in served.log
