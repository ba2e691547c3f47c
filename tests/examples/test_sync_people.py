"""
The script that keeps a list in step with another system does so with a real `newsletter serve`.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_server import ApiServer, make_installation
from http_server import Answer, Received, ScriptedServer

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "api" / "sync_people.py"
CONSENT = ("--consent", "ticked the box at the checkout")

pytestmark = pytest.mark.ci


class FailingProxy(ScriptedServer):
    """
    Passes requests on to *api*. Each write fails at first, in turn: it is refused for now, there is
    a breakdown, or it is done and its response is lost.
    """

    def __init__(self, api: ApiServer) -> None:
        super().__init__()
        self.api = api
        self.tried: list[str] = []
        self.replayed = 0

    def _reply_to(self, request: Received) -> Answer:
        self.requests.append(request)
        key = request.headers.get("idempotency-key", "")
        is_first = bool(key) and key not in self.tried
        if is_first:
            self.tried.append(key)
        how = len(self.tried) % 3 if is_first else None
        if how == 1:
            return Answer(status=429, headers={"Retry-After": "0"})
        if how == 2:
            return Answer(status=503, headers={"Retry-After": "0"})
        response = self._pass_on(request)
        self.replayed += response.headers.get("idempotency-replayed") == "true"
        if how == 0:
            return Answer(raw=[b""], is_reset=True)
        headers = {
            "Date": response.headers["date"],
            "Content-Type": response.headers["content-type"],
        }
        return Answer(status=response.status_code, headers=headers, body=response.content)

    def _pass_on(self, request: Received) -> httpx.Response:
        names = ("authorization", "content-type", "idempotency-key")
        headers = {name: request.headers[name] for name in names if name in request.headers}
        url = self.api.served.address + request.path
        return httpx.request(request.method, url, headers=headers, content=request.body)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    folder = tmp_path_factory.mktemp("sync")
    with ApiServer(folder, make_installation(folder)) as started:
        yield started


def run(
    api: ApiServer,
    folder: Path,
    rows: list[str],
    *,
    url: str = "",
    options: tuple[str, ...] = CONSENT,
) -> subprocess.CompletedProcess[str]:
    (folder / "customers.csv").write_text("\n".join(rows) + "\n")
    token = api.headers["Authorization"].removeprefix("Bearer ")
    own = {"NEWSLETTER_URL": url or api.served.address, "NEWSLETTER_TOKEN": token}
    return subprocess.run(
        [sys.executable, SCRIPT, "customers.csv", "--list", "daily", *options],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def changes(folder: Path) -> dict[str, str]:
    with (folder / "changes.csv").open(newline="") as opened:
        return {row["address"]: row["state"] for row in csv.DictReader(opened)}


def person(api: ApiServer, address: str) -> dict[str, object]:
    return dict(api.client.get(f"/subscribers/{address}").json())


def test_rows_that_are_new_or_changed_are_sent_and_what_happened_comes_back(
    api: ApiServer, tmp_path: Path
) -> None:
    rows = ["address,name", "ada+shop@example.org,Ada", "not an address,Bob"]
    first = run(api, tmp_path, rows)
    assert (first.returncode, first.stdout) == (1, "0 changes fetched, 1 rows refused\n")
    assert first.stderr.startswith("not an address: ")
    assert person(api, "ada%2Bshop@example.org")["name"] == "Ada"
    assert run(api, tmp_path, rows).stderr == first.stderr

    api.client.post("/subscribers/ada%2Bshop@example.org/subscriptions/daily/end")
    second = run(api, tmp_path, ["address,name", "ada+shop@example.org,Ada"])
    assert (second.returncode, second.stderr) == (0, "")
    assert changes(tmp_path) == {"ada+shop@example.org": "ended"}

    third = run(api, tmp_path, ["address,name", "ada+shop@example.org,Countess"])
    assert (third.returncode, third.stderr) == (0, "")
    assert person(api, "ada%2Bshop@example.org")["name"] == "Ada"


def test_many_rows_are_sent_a_thousand_at_a_time_and_read_back_in_pages(
    api: ApiServer, tmp_path: Path
) -> None:
    rows = ["address", *(f"reader{number}@example.org" for number in range(1_100)), "nonsense"]
    first = run(api, tmp_path, rows)
    assert first.returncode == 1, first.stderr
    assert first.stderr.count("\n") == 1
    assert first.stderr.startswith("nonsense: ")
    again = run(api, tmp_path, rows)
    assert (again.returncode, again.stderr) == (1, first.stderr)
    fixed = run(api, tmp_path, rows[:-1])
    assert fixed.returncode == 0
    found = changes(tmp_path)
    assert {found[f"reader{number}@example.org"] for number in range(1_100)} == {"active"}


def test_a_write_that_fails_or_whose_response_is_lost_is_done_once(
    api: ApiServer, tmp_path: Path
) -> None:
    rows = ["address,name", *(f"guest{number}@example.org,Guest" for number in range(6))]
    with FailingProxy(api) as proxy:
        done = run(api, tmp_path, rows, url=proxy.url("").rstrip("/"), options=())
        assert done.returncode == 0, done.stderr
        assert len(proxy.tried) == 6
        assert proxy.replayed == 2
    for number in range(6):
        history = api.client.get(f"/subscribers/guest{number}@example.org/history").json()["items"]
        assert [each["what"] for each in history].count("joined") == 1
