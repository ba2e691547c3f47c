"""
`newsletter worker` as a process: beside `serve`, on either database, until it is told to stop.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from serving import Served, command, empty, installation, mailed, new_issue, wait_until

LOOK = """
import sys
from pathlib import Path
from newsletter.app import App
from newsletter.cli.operations import serve, worker
from newsletter.settings import load_settings
from newsletter.workers.sender import run_forever
from newsletter.workers.serve import ServeProcess
with App(settings=load_settings(Path("newsletter.toml"))) as app:
    run_forever(app, is_stopping=lambda: True)
print(sorted({"procrastinate", "psycopg"} & set(sys.modules)))
"""


class Worker(Served):
    """
    `with Worker(folder) as worker:` runs `newsletter worker`.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.arguments = ("worker",)

    def wait_until_ready(self) -> None:
        wait_until(lambda: "sending, with up to" in self.log)


def test_a_worker_submits_what_was_sent_and_ends_in_order(
    tmp_path: Path, database_url: str
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    url = database_url if database_url.startswith("postgresql") else None
    if url is not None:
        empty(url)
    addresses = installation(folder, 40, url=url)
    with Worker(folder) as worker:
        worker.wait_until_ready()
        command(folder, "issue", "send", new_issue(folder), "--yes")
        wait_until(lambda: "batch 1 of issue 1 was accepted" in worker.log)
        worker.signal()
        assert worker.end() == 0
    assert mailed(folder) == addresses
    assert [line.partition(" INFO ")[2] for line in worker.log.splitlines()[-2:]] == [
        "stopping: calls in flight finish first, within about a minute [serve.stopping]",
        "stopped [serve.stopped]",
    ]
    assert [line for line in worker.log.splitlines() if " INFO " not in line] == []


def test_on_sqlite_no_queue_of_many_machines_is_loaded(tmp_path: Path) -> None:
    installation(tmp_path, 1)
    ran = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout) == (0, "[]\n"), ran.stderr


def test_a_worker_without_its_providers_key_does_not_start(tmp_path: Path) -> None:
    installation(tmp_path, 1)
    settings = tmp_path / "newsletter.toml"
    text = settings.read_text("utf-8").replace('provider = "outbox"', 'provider = "resend"')
    text += '\n[provider.resend]\nkind = "resend"\napi_key = "env:NO_SUCH_KEY_HERE"\n'
    settings.write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "newsletter", "worker"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (
        1,
        "newsletter: the environment variable NO_SUCH_KEY_HERE, which the settings name, is not "
        "set\n",
    )
