"""
`newsletter serve` as operators meet it: a real process, real signals, a real port.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from serving import Served, command, empty, installation, mailed, new_issue, wait_until

from newsletter.store.database import Database


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    An installation with one reader, for tests that leave it as it is.
    """
    folder = tmp_path_factory.mktemp("served")
    installation(folder, 1)
    return folder


def test_serve_says_where_it_listens_and_answers_there(shared_folder: Path) -> None:
    with Served(shared_folder) as served:
        assert not served.address.endswith((":0", ":8000"))
        assert served.get("/healthz") == (200, "ok\n")
        assert served.get("/readyz") == (200, "ready\n")


def test_sigterm_says_not_ready_at_once_and_ends_with_0_within_seconds(
    shared_folder: Path,
) -> None:
    with Served(shared_folder) as served:
        served.get("/healthz")
        begun = time.monotonic()
        served.signal()
        wait_until(lambda: served.get("/readyz") == (503, "shutting down\n"))
        assert served.end() == 0
        assert time.monotonic() - begun < 30
    lines = served.log.splitlines()
    assert lines[-1].endswith("Z INFO stopped [serve.stopped]")
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO .+ \[\w+\.\w+( \w+=\S*)*\]"
    assert [line for line in lines if not re.fullmatch(form, line)] == []


def test_by_setting_every_line_of_the_log_is_json(
    shared_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_LOG__FORMAT", "json")
    with Served(shared_folder) as served:
        wait_until(lambda: "serve.started" in served.log)
        served.signal()
        assert served.end() == 0
    said = [json.loads(line) for line in served.log.splitlines()]
    assert [one["event"] for one in said][-2:] == ["serve.stopping", "serve.stopped"]
    assert {"timestamp", "level", "logger", "event", "message"} == set(said[-1])


def test_sighup_says_that_nothing_is_reloaded_and_ends_nothing(shared_folder: Path) -> None:
    with Served(shared_folder) as served:
        served.get("/healthz")
        served.signal(signal.SIGHUP)
        wait_until(lambda: "[serve.no_reload]" in served.log)
        assert served.get("/healthz") == (200, "ok\n")
        served.signal()
        assert served.end() == 0


def test_a_secret_that_others_can_read_is_warned_of_at_the_start(tmp_path: Path) -> None:
    installation(tmp_path, 1)
    (tmp_path / "secret.key").chmod(0o644)
    with Served(tmp_path) as served:
        served.get("/healthz")
        assert "WARNING other users can read secret.key" in served.log


def test_ctrl_c_ends_like_sigterm(shared_folder: Path) -> None:
    with Served(shared_folder) as served:
        served.get("/healthz")
        served.signal(signal.SIGINT)
        assert served.end() == 0


def test_a_connection_left_open_does_not_hold_the_end_up(shared_folder: Path) -> None:
    with Served(shared_folder, "--only", "web") as served, socket.socket() as idle:
        host, port = served.address.removeprefix("http://").split(":")
        idle.connect((host, int(port)))
        idle.sendall(b"POST /u/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf")
        served.get("/healthz")
        served.signal()
        assert served.end() == 0


def test_a_taken_port_is_refused_in_one_line_and_nothing_is_left_running(
    shared_folder: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Served(shared_folder, port=port) as served:
            assert served.end() == 1
    assert served.log == (
        f"newsletter: cannot listen on 127.0.0.1:{port} (Address already in use): choose another "
        "--port or --host, or stop the program that listens there\n"
    )


def test_an_unknown_host_is_refused_in_one_line(shared_folder: Path) -> None:
    with Served(shared_folder, "--host", "no.such.host.invalid") as served:
        assert served.end() == 1
    assert re.fullmatch(
        r"newsletter: cannot listen on no\.such\.host\.invalid:0 \([\w ]+\): choose .*\n",
        served.log,
    )


def test_an_issue_whose_time_has_come_is_sent_and_no_child_process_is_left(tmp_path: Path) -> None:
    addresses = installation(tmp_path, 2)
    begun = time.monotonic()
    number = new_issue(tmp_path)
    # Later than the next command can be, on a busy machine too.
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=3 + 5 * (time.monotonic() - begun))
    command(tmp_path, "issue", "send", number, "--at", soon.isoformat(), "--yes")
    with Served(tmp_path) as served:
        wait_until(lambda: mailed(tmp_path) == addresses)
        children = served.children()
        served.signal()
        assert served.end() == 0
    assert len(children) == 1
    assert not any(Path(f"/proc/{child}").exists() for child in children)


@pytest.mark.parametrize("only", ["web,mail", "", "web,"])
def test_an_unknown_part_is_wrong_usage(shared_folder: Path, only: str) -> None:
    with Served(shared_folder, "--only", only) as served:
        assert served.end() == 2
    assert "web, schedule, send" in served.log


def test_a_missing_secret_is_said_at_the_start(tmp_path: Path) -> None:
    installation(tmp_path, 0)
    (tmp_path / "secret.key").unlink()
    with Served(tmp_path) as served:
        assert served.end() == 1
    assert "run `newsletter secret create`" in served.log
    assert len(served.log.splitlines()) == 1


def test_only_web_sends_nothing_and_only_send_opens_no_port(tmp_path: Path) -> None:
    installation(tmp_path, 2)
    number = new_issue(tmp_path)
    with Served(tmp_path, "--only", "web") as web:
        web.get("/healthz")
        command(tmp_path, "issue", "send", number, "--yes")
        time.sleep(1)
        assert mailed(tmp_path) == []
        with Served(tmp_path, "--only", "send") as sender:
            wait_until(lambda: len(mailed(tmp_path)) == 2)
            sender.signal()
            assert sender.end() == 0
    assert "serving on" not in sender.log


def test_an_issue_sent_by_hand_reaches_each_reader_and_its_links_work(
    tmp_path: Path, database_url: str
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    url = database_url if database_url.startswith("postgresql") else None
    if url is not None:
        empty(url)
    addresses = installation(folder, 3, url=url)
    number = new_issue(folder)
    with Served(folder) as served:
        served.get("/healthz")
        command(folder, "issue", "send", number, "--yes")
        wait_until(lambda: mailed(folder) == addresses)
        mail = next((folder / "outbox").glob("*.eml")).read_bytes()
        link = re.search(rb"^List-Unsubscribe: <http://[^/]+(/u/[\w-]+)>", mail, flags=re.MULTILINE)
        assert link is not None
        path = link[1].decode()
        answer = httpx.post(served.address + path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        wait_until(lambda: command(folder, "issue", "status", number)["state"] == "submitted")
        served.signal()
        assert served.end() == 0
    states = [p["lists"][0]["state"] for p in command(folder, "subscriber", "list")]
    assert sorted(states) == ["active", "active", "ended"]
    assert not any(secret in served.log for secret in ("@example.org", path[3:]))


def _is_under_way(folder: Path) -> bool:
    return any((folder / "outbox").glob("*.eml"))


def test_sigterm_in_the_middle_of_an_issue_ends_the_call_and_a_restart_finishes(
    tmp_path: Path,
) -> None:
    addresses = installation(tmp_path, 300)
    number = new_issue(tmp_path)
    with Served(tmp_path) as served:
        served.get("/healthz")
        command(tmp_path, "issue", "send", number, "--yes")
        wait_until(lambda: _is_under_way(tmp_path))
        served.signal()
        assert served.end() == 0
    assert command(tmp_path, "issue", "status", number)["uncertain"] == 0
    _restart_and_finish(tmp_path, number, addresses)


def test_a_second_sigterm_ends_at_once_and_a_restart_finishes(tmp_path: Path) -> None:
    addresses = installation(tmp_path, 300)
    number = new_issue(tmp_path)
    with Served(tmp_path) as served:
        served.get("/healthz")
        command(tmp_path, "issue", "send", number, "--yes")
        wait_until(lambda: _is_under_way(tmp_path))
        served.signal()
        wait_until(lambda: served.get("/readyz")[0] == 503)
        served.signal()
        assert served.end() == 128 + signal.SIGTERM
    _restart_and_finish(tmp_path, number, addresses)


def _restart_and_finish(folder: Path, number: str, addresses: list[str]) -> None:
    with Served(folder) as again:
        again.get("/healthz")
        wait_until(lambda: command(folder, "issue", "status", number)["state"] == "submitted")
        again.signal()
        assert again.end() == 0
    status = command(folder, "issue", "status", number)
    assert (status["accepted"], status["pending"], status["uncertain"]) == (300, 0, 0)
    assert mailed(folder) == addresses


def test_a_broken_database_ends_neither_sender_nor_timer_and_they_rest_between_tries(
    tmp_path: Path,
) -> None:
    addresses = installation(tmp_path, 2)
    number = new_issue(tmp_path)
    database = Database(f"sqlite:///{tmp_path / 'newsletter.db'}")
    with Served(tmp_path) as served:
        served.get("/healthz")
        _rename(database, "batch", "elsewhere")
        wait_until(lambda: "no tables yet" in served.log)
        time.sleep(3)
        assert len(served.log.splitlines()) < 40
        _rename(database, "elsewhere", "batch")
        command(tmp_path, "issue", "send", number, "--yes")
        wait_until(lambda: mailed(tmp_path) == addresses)
        served.signal()
        assert served.end() == 0
    database.close()


def _rename(database: Database, old: str, new: str) -> None:
    with database.write() as connection:
        connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))
