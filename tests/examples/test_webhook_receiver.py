"""
The receiver of webhooks keeps what a real `newsletter serve` reports.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from api_server import make_installation
from receivers import allow_loopback
from reverse_proxies import free_port
from serving import Served, command, wait_until

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "webhook-receiver" / "receiver.py"

pytestmark = pytest.mark.ci


@contextmanager
def receiver(database: Path, *, port: int, secret: str) -> Iterator[None]:
    own = {"WEBHOOK_SECRET": secret, "PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, SCRIPT, database], env={**os.environ, **own}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def people(database: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(database)) as opened:
        try:
            return opened.execute("SELECT address, list, state FROM person ORDER BY 1").fetchall()
        except sqlite3.OperationalError:
            return []


def test_people_who_join_and_leave_are_in_the_table(tmp_path: Path) -> None:
    port, database = free_port(), tmp_path / "people.db"
    token = make_installation(tmp_path)
    allow_loopback(tmp_path)
    url = f"http://127.0.0.1:{port}/"
    secret = str(command(tmp_path, "webhook", "add", "crm", url)["secret"])
    headers = {"Authorization": f"Bearer {token}"}
    joining = {"lists": ["daily"], "consent": "in a test"}
    with (
        receiver(database, port=port, secret=secret),
        Served(tmp_path) as served,
        httpx.Client(base_url=f"{served.address}/api/v1", headers=headers, timeout=60) as api,
    ):
        for name in ("ada", "bob"):
            assert api.put(f"/subscribers/{name}@example.org", json=joining).is_success
        assert api.post("/subscribers/bob@example.org/subscriptions/daily/end").is_success
        expected = [("ada@example.org", "daily", "active"), ("bob@example.org", "daily", "left")]
        wait_until(lambda: people(database) == expected)
        forged = httpx.post(url, content=b"{}", headers={"webhook-id": "evt_1"})
    assert forged.status_code == 400
    with closing(sqlite3.connect(database)) as opened:
        (seen,) = opened.execute("SELECT count(*) FROM seen").fetchone()
    assert seen == 3
