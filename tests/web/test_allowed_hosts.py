"""
Pages are served under the names of the site alone.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from conftest import NOW
from installation import Installation
from web_samples import TestClient, heading

from newsletter.web.application import make_web


@pytest.mark.parametrize(
    ("host", "status_code"),
    [
        ("news.example.org", 200),
        ("NEWS.example.org:8443", 200),
        ("news.example.org.", 200),
        ("127.0.0.1:8000", 200),
        ("127.8.9.1", 200),
        ("localhost:8000", 200),
        ("[::1]:8000", 200),
        ("news.example.org.evil.example", 421),
        ("evil.example", 421),
        ("10.0.0.1", 421),
        ("", 400),
        ("[::1", 400),
        ("[evil]", 400),
    ],
)
def test_only_the_names_of_the_site_are_served(
    pages: TestClient, host: str, status_code: int
) -> None:
    assert pages.get("/", headers={"Host": host}).status_code == status_code


def test_a_foreign_name_gets_a_plain_page_and_nothing_changes(client: TestClient) -> None:
    answer = client.post("/u/any", headers={"Host": "evil.example"})
    assert (answer.status_code, heading(answer.text)) == (
        421,
        "There is no newsletter at this address",
    )
    assert "evil.example" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_two_names_in_one_request_are_refused(pages: TestClient) -> None:
    twice = [("Host", "news.example.org"), ("Host", "news.example.org")]
    assert pages.get("/", headers=twice).status_code == 400


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_load_balancer_may_ask_by_address(pages: TestClient, path: str) -> None:
    answers = [pages.get(path, headers={"Host": host}) for host in ("10.0.0.1", "localhost")]
    assert answers[0].status_code == answers[1].status_code


def test_what_forwarded_says_of_the_host_is_not_read(pages: TestClient) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "news.example.org"}
    assert pages.get("/", headers=headers).status_code == 421


def test_further_hosts_are_a_setting(database_url: str, tmp_path: Path) -> None:
    site = Installation(tmp_path, database_url, now=NOW, web={"hosts": ["www.example.org"]})
    with TestClient(make_web(site.app, stopping=threading.Event())) as pages:
        answers = [pages.get("/", headers={"Host": host}) for host in ("www.example.org", "b.c")]
    site.close()
    assert [answer.status_code for answer in answers] == [200, 421]


def test_refused_hosts_are_logged_once_a_minute_without_what_could_forge_a_line(
    pages: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        pages.get("/", headers={"Host": "evil.example"})
    (record,) = [one for one in caplog.records if one.__dict__.get("event") == "web.unknown_host"]
    assert record.getMessage() == (
        "refused a request for the host 'evil.example': if it is yours, add it to [web] hosts"
    )
