"""
`/metrics` is for direct requests from networks that are named, and counts requests by route.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from installation import Installation
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router
from web_samples import ADA, TestClient, leave_path

from newsletter.settings.web import WebSettings
from newsletter.web.application import make_web
from newsletter.web.metrics import UNMATCHED, route_of

LOCAL = "http://127.0.0.1:8000"
TOKEN = "a-token-of-prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """
    One database is enough: these tests are about requests.
    """
    shutil.copy(sqlite_template, tmp_path / "newsletter.db")
    return f"sqlite:///{tmp_path}/newsletter.db"


def client_from(installation: Installation, peer: str, **web: object) -> TestClient:
    own = installation.app.settings
    (own.folder / "metrics.token").write_text(f"{TOKEN}\n")
    values = {"metrics_token": "file:metrics.token", **web}
    settings = own.model_copy(update={"web": WebSettings(**values)})  # type: ignore[arg-type]
    installation.app.settings = settings
    asgi = make_web(installation.app, stopping=threading.Event())
    return TestClient(asgi, client=(peer, 4711), follow_redirects=False, headers=BEARER)


def status(
    installation: Installation,
    *,
    peer: str = "127.0.0.1",
    url: str = LOCAL,
    headers: dict[str, str] | None = None,
    **web: object,
) -> int:
    client = client_from(installation, peer, **web)
    return client.get(f"{url}/metrics", headers=headers or {}).status_code


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_read(installation: Installation, peer: str) -> None:
    assert status(installation, peer=peer) == 200
    assert status(installation, peer=peer, url="http://localhost:8000") == 200


@pytest.mark.parametrize("peer", ["10.0.0.5", "203.0.113.9", "fe80::1", "testclient"])
def test_others_see_a_page_that_does_not_exist(installation: Installation, peer: str) -> None:
    assert status(installation, peer=peer) == 404


def test_a_named_network_may_read_by_the_address_of_the_machine(
    installation: Installation,
) -> None:
    networks = {"metrics_networks": ("10.0.0.0/8",)}
    assert status(installation, peer="10.0.0.5", url="http://10.0.0.2:8000", **networks) == 200
    assert status(installation, peer="127.0.0.1", **networks) == 404


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Host", "Via"]
)
@pytest.mark.parametrize("proxies", [(), ("127.0.0.1",)])
def test_a_request_through_a_proxy_is_not_from_this_machine(
    installation: Installation, name: str, proxies: tuple[str, ...]
) -> None:
    value = "for=127.0.0.1" if name == "Forwarded" else "127.0.0.1"
    assert status(installation, headers={name: value}, proxies=proxies) == 404


@pytest.mark.parametrize(("host", "expected"), [("news.example.org", 404), ("evil.example", 421)])
def test_a_name_is_not_this_machine(installation: Installation, host: str, expected: int) -> None:
    """
    A proxy that sends no header of its own passes on the public name; a browser can be made to
    resolve any name to this machine.
    """
    assert status(installation, url=f"http://{host}") == expected


@pytest.mark.parametrize("given", ["", "Bearer", f"Basic {TOKEN}", "Bearer x", f"Bearer {TOKEN}x"])
def test_a_proxy_that_shows_no_sign_of_itself_needs_the_token(
    installation: Installation, given: str
) -> None:
    assert status(installation, headers={"Authorization": given}) == 404
    assert status(installation, headers={"Authorization": f"bearer {TOKEN}"}) == 200


def test_without_a_token_nobody_may_read(installation: Installation) -> None:
    for given in ("", "Bearer", "Bearer ", f"Bearer {TOKEN}"):
        headers = {"Authorization": given}
        assert status(installation, headers=headers, metrics_token=None) == 404


def test_a_further_host_may_be_named(installation: Installation) -> None:
    assert status(installation, url="http://newsletter:8000", hosts=("newsletter",)) == 200


def test_only_reading_is_answered(installation: Installation) -> None:
    client = client_from(installation, "127.0.0.1")
    assert client.post(f"{LOCAL}/metrics").status_code == 404
    assert client.head(f"{LOCAL}/metrics").status_code == 200


def test_the_text_is_what_prometheus_reads(installation: Installation) -> None:
    response = client_from(installation, "127.0.0.1").get(f"{LOCAL}/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["cache-control"] == "private, no-store"
    assert "\nnewsletter_database_up 1.0\n" in response.text


def test_requests_are_counted_by_route_and_never_by_path(installation: Installation) -> None:
    installation.add_list("daily")
    installation.subscribe([ADA])
    client = client_from(installation, "127.0.0.1")
    path = leave_path(installation)
    for url in (path, f"{path}x", "/u/a/b/c", "/nowhere/ada@example.org"):
        client.get(f"{LOCAL}{url}")
    client.request("BREW", f"{LOCAL}/")
    text = client.get(f"{LOCAL}/metrics").text
    assert path.removeprefix("/u/") not in text
    assert "ada@" not in text
    counted = [line for line in text.splitlines() if "http_requests_total{" in line]
    name = "newsletter_http_requests_total"
    assert counted == [
        f'{name}{{method="GET",route="/u/{{token}}",status="200"}} 1.0',
        f'{name}{{method="GET",route="/u/{{token}}",status="404"}} 1.0',
        f'{name}{{method="GET",route="{UNMATCHED}",status="404"}} 2.0',
        f'{name}{{method="other",route="/",status="405"}} 1.0',
    ]
    assert 'http_request_seconds_count{route="/u/{token}"} 2.0' in text


async def plain(request: object) -> PlainTextResponse:
    return PlainTextResponse("")


def test_the_route_of_a_mounted_application_has_its_place() -> None:
    seen: list[str] = []
    inner = Router([Route("/lists/{slug}", plain)])
    router = Router([Mount("/api/v1", inner)])

    async def noting(scope, receive, send):  # type: ignore[no-untyped-def]
        await router(scope, receive, send)
        seen.append(route_of(scope))

    client = TestClient(noting)
    client.get("/api/v1/lists/daily")
    client.get("/api/v1/nothing/secret")
    client.get("/secret")
    assert seen == ["/api/v1/lists/{slug}", "/api/v1", UNMATCHED]
