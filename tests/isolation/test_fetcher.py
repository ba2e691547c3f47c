"""
The fetcher against a real server: what it fetches, what it refuses, when it gives up.
"""

from __future__ import annotations

import datetime as dt
import gzip
import time
from collections.abc import Iterator

import pytest
from http_server import Answer, ScriptedServer

from newsletter.errors import FetchError
from newsletter.isolation.fetcher import Fetched, Fetcher

LOOPBACK = ("127.0.0.0/8",)
NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(networks=LOOPBACK, now=lambda: NOW)


def refusal(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url, {})
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_response_is_returned_in_full(server: ScriptedServer, fetcher: Fetcher) -> None:
    server.answer(
        "/f", headers={"ETag": '"a"', "Content-Encoding": "gzip"}, body=gzip.compress(b"<rss/>")
    )
    got = fetcher.get(server.url("/f?a=1#x"), {"If-None-Match": '"z"'})
    assert (got.status, got.body, got.url) == (200, b"<rss/>", server.url("/f?a=1"))
    assert (got.headers["etag"], got.moved_to) == ('"a"', None)


def test_a_request_has_no_cookie_and_no_login(server: ScriptedServer) -> None:
    server.answer("/f", headers={"Set-Cookie": "a=b"})
    fetcher = Fetcher(networks=LOOPBACK, user_agent="tester/1")
    fetcher.get(server.url("/f"), {})
    fetcher.get(server.url("/f"), {"Accept": "text/xml"})
    assert dict(server.requests[1].headers) == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "tester/1",
        "accept-encoding": "gzip",
        "connection": "close",
        "accept": "text/xml",
    }


def test_a_host_is_resolved_once_and_requested_by_its_own_name(server: ScriptedServer) -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    fetcher = Fetcher(networks=LOOPBACK, resolve=lambda host, port: answers.pop(0))
    server.answer("/f", body=b"ok")
    got = fetcher.get(server.url("/f", host="feeds.example.org"), {})
    assert (got.body, len(answers)) == (b"ok", 1)
    assert server.requests[0].headers["host"] == f"feeds.example.org:{server.port}"


def test_one_bad_address_among_good_ones_refuses_the_host() -> None:
    fetcher = Fetcher(resolve=lambda host, port: ["8.8.8.8", "::ffff:10.0.0.5"])
    assert str(refusal(fetcher, "http://feeds.example.org/")) == (
        "feeds.example.org was not fetched because its address is 10.0.0.5 (a private network): "
        "if you trust it, add its network to [limits] fetch_networks in newsletter.toml, and "
        "restart newsletter"
    )


def test_a_dead_address_is_followed_by_the_next(server: ScriptedServer) -> None:
    fetcher = Fetcher(networks=LOOPBACK, resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"])
    server.answer("/f", body=b"ok")
    assert fetcher.get(server.url("/f", host="two.example"), {}).body == b"ok"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://2130706433/", "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_not_fetched(url: str) -> None:
    assert "add its network to [limits] fetch_networks" in str(refusal(Fetcher(), url))


@pytest.mark.parametrize(
    "url",
    [
        "", "feed.xml", "//h/x", "ftp://h/", "file:///etc/passwd", "javascript:1", "http://",
        "http:///x", "http://[::1", "http://①②⑦.0.0.1/", "http://h\n/", "http://u:p@h/",
        "http://u@h/", "http://h:99999/", "http://xn--/",
    ],
)  # fmt: skip
def test_an_invalid_web_address_is_refused_in_one_line(url: str) -> None:
    fetcher = Fetcher(resolve=lambda host, port: pytest.fail(f"looked up {host}"))
    assert "fetched" in str(refusal(fetcher, url))


def test_a_port_that_is_not_allowed_is_refused_outside_the_trusted_networks() -> None:
    fetcher = Fetcher(networks=LOOPBACK, resolve=lambda host, port: ["8.8.8.8"])
    assert str(refusal(fetcher, "http://h.example:8080/")) == (
        "h.example was not fetched on port 8080: "
        "if you trust it, add the port to [limits] fetch_ports"
    )


def test_a_redirect_to_the_metadata_address_is_refused(
    server: ScriptedServer, fetcher: Fetcher
) -> None:
    server.answer("/f", status=302, headers={"Location": "http://169.254.169.254/latest/"})
    assert str(refusal(fetcher, server.url("/f"))) == (
        "127.0.0.1 redirects to 169.254.169.254, which was not fetched because its address is "
        "169.254.169.254 (a link-local network): no source can be in such a network; check the "
        "address"
    )


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/", "http://[::ffff:a9fe:a9fe]/", "http://[fe80::1]/"],
)
def test_nobody_is_advised_to_allow_a_link_local_network(url: str) -> None:
    message = str(refusal(Fetcher(), url))
    assert "(a link-local network): no source can be in such a network" in message
    assert "fetch_networks" not in message


def test_a_redirect_to_a_refused_port_says_that_it_redirects(server: ScriptedServer) -> None:
    names = {"feeds.example": ["127.0.0.1"], "outside.example": ["8.8.8.8"]}
    fetcher = Fetcher(networks=LOOPBACK, resolve=lambda host, _: names[host])
    server.answer("/f", status=302, headers={"Location": "http://outside.example:8080/"})
    message = str(refusal(fetcher, server.url("/f", host="feeds.example")))
    assert message.startswith("feeds.example redirects to outside.example, which was not fetched")


def test_an_address_from_content_cannot_reach_a_private_network(
    server: ScriptedServer, fetcher: Fetcher
) -> None:
    with pytest.raises(FetchError) as caught:
        fetcher.get(server.url("/f"), {}, is_trusted=False)
    assert str(caught.value) == (
        "127.0.0.1 was not fetched because its address is 127.0.0.1 (this machine): only a "
        "source's own address may lead there, not a link or redirect"
    )
    assert server.requests == []


def test_a_redirect_from_outside_cannot_reach_a_private_network(server: ScriptedServer) -> None:
    # The second address is a public one, so that this host is not all within.
    both = {"outside.example": ["127.0.0.1", "8.8.8.8"], "inside.example": ["127.0.0.1"]}
    fetcher = Fetcher(networks=LOOPBACK, ports=(server.port,), resolve=lambda host, _: both[host])
    inside = server.url("/payroll", host="inside.example")
    server.answer("/f", status=301, headers={"Location": inside})
    server.answer("/payroll", body=b"not for anybody outside")
    assert "may lead there, not a link or redirect" in str(
        refusal(fetcher, server.url("/f", host="outside.example"))
    )
    assert fetcher.get(server.url("/f", host="inside.example"), {}).url == inside


def test_a_page_of_a_trusted_source_cannot_redirect_to_another_service(
    server: ScriptedServer,
) -> None:
    names = {"blog.example": ["127.0.0.1"], "redis.example": ["127.0.0.1"]}
    fetcher = Fetcher(networks=LOOPBACK, resolve=lambda host, _: names[host])
    page = server.url("/p", host="blog.example")
    for other in (server.url("/", host="redis.example"), "http://blog.example:6379/"):
        server.answer("/p", status=302, headers={"Location": other})
        with pytest.raises(FetchError, match="not a link or redirect"):
            fetcher.get(page, {}, stays=True)
    server.answer("/p", status=302, headers={"Location": "/q"})
    server.answer("/q", body=b"the same service")
    assert fetcher.get(page, {}, stays=True).body == b"the same service"


@pytest.mark.parametrize(
    ("statuses", "is_moved"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 307), False), ((303,), False)],
)
def test_an_address_has_moved_when_every_redirect_was_permanent(
    server: ScriptedServer, fetcher: Fetcher, statuses: tuple[int, ...], is_moved: bool
) -> None:
    for place, status in enumerate(statuses):
        server.answer(f"/{place}", status=status, headers={"Location": f"/{place + 1}"})
    end = server.url(f"/{len(statuses)}")
    server.answer(f"/{len(statuses)}", body=b"ok")
    got = fetcher.get(server.url("/0"), {})
    assert (got.body, got.url, got.moved_to) == (b"ok", end, end if is_moved else None)


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("/loop", "127.0.0.1 redirects more than 5 times: check the address"),
        ("", "127.0.0.1 sent a redirect without a target: check the address"),
    ],
)
def test_a_redirect_without_a_valid_target_is_refused(
    server: ScriptedServer, fetcher: Fetcher, location: str, line: str
) -> None:
    server.answer("/loop", status=301, headers={"Location": location})
    assert str(refusal(fetcher, server.url("/loop"))) == line


def drip() -> Iterator[bytes]:
    for _ in range(400):
        time.sleep(0.05)
        yield b"x"


@pytest.mark.parametrize("is_headers", [True, False])
def test_a_slow_drip_ends_at_the_deadline(server: ScriptedServer, is_headers: bool) -> None:
    server.answer("/f", raw=drip()) if is_headers else server.answer("/f", body=drip())
    begun = time.monotonic()
    error = refusal(Fetcher(networks=LOOPBACK, deadline_s=0.4), server.url("/f"))
    assert str(error) == (
        "127.0.0.1 did not respond in full within 0.4 s: "
        "try later, or raise [limits] fetch_deadline_s"
    )
    assert time.monotonic() - begun < 10


def test_the_deadline_holds_over_all_redirects(server: ScriptedServer) -> None:
    def slow(request: object) -> Answer:
        time.sleep(0.15)
        return Answer(status=302, headers={"Location": "/f"})

    server.answer("/f", slow)
    error = refusal(Fetcher(networks=LOOPBACK, deadline_s=0.4), server.url("/f"))
    assert "within 0.4 s" in str(error)


def test_a_body_over_the_limit_is_refused(server: ScriptedServer) -> None:
    server.answer("/f", body=b"x" * 2000)
    fetcher = Fetcher(networks=LOOPBACK, max_bytes=1000)
    assert "more than 1,000 bytes" in str(refusal(fetcher, server.url("/f")))


def test_a_gzip_bomb_is_refused(server: ScriptedServer, fetcher: Fetcher) -> None:
    bomb = gzip.compress(b"\x00" * 4_000_000)
    server.answer("/f", headers={"Content-Encoding": "gzip"}, body=bomb)
    assert "unpacks to more than 100 times its size" in str(refusal(fetcher, server.url("/f")))


def test_not_modified_is_a_response(server: ScriptedServer, fetcher: Fetcher) -> None:
    server.answer("/f", status=304, headers={"ETag": '"a"'})
    got = fetcher.get(server.url("/f"), {})
    assert got == Fetched(status=304, headers=got.headers, body=b"", url=server.url("/f"))


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (404, "127.0.0.1 responded with 404 Not Found: check the address"),
        (403, "127.0.0.1 responded with 403 Forbidden: ask the site's owner to allow this program"),
        (500, "127.0.0.1 responded with 500 Internal Server Error: try later"),
        (599, "127.0.0.1 responded with 599 unknown: try later"),
    ],
)
def test_an_error_status_is_reported_with_what_to_do(
    server: ScriptedServer, fetcher: Fetcher, status: int, line: str
) -> None:
    server.answer("/f", status=status)
    error = refusal(fetcher, server.url("/f"))
    assert (str(error), error.is_gone, error.retry_after_s) == (line, False, None)


def test_gone_is_reported_as_gone(server: ScriptedServer, fetcher: Fetcher) -> None:
    server.answer("/f", status=410)
    error = refusal(fetcher, server.url("/f"))
    assert (error.is_gone, str(error)[:33]) == (
        True,
        "127.0.0.1 responded with 410 Gone",
    )


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["90", "Wed, 04 Mar 2026 12:01:30 GMT"])
def test_a_wait_that_the_server_asks_for_is_in_the_error(
    server: ScriptedServer, fetcher: Fetcher, status: int, value: str
) -> None:
    server.answer("/f", status=status, headers={"Retry-After": value})
    assert refusal(fetcher, server.url("/f")).retry_after_s == 90.0


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        (None, None),
        ("soon", None),
        ("-5", None),
        ("0", 0.0),
        ("Wed, 04 Mar 2026 11:00:00 GMT", 0.0),
        ("9" * 30, None),
        ("999999999999", 86_400.0),
    ],
)
def test_a_wait_is_read_as_seconds_or_date(
    server: ScriptedServer, fetcher: Fetcher, value: str | None, wait_s: float | None
) -> None:
    headers = {} if value is None else {"Retry-After": value}
    server.answer("/f", status=503, headers=headers)
    assert refusal(fetcher, server.url("/f")).retry_after_s == wait_s


def test_a_server_that_hangs_up_is_reported_in_one_line(
    server: ScriptedServer, fetcher: Fetcher
) -> None:
    server.answer("/f", raw=[b""])
    assert str(refusal(fetcher, server.url("/f"))).startswith("127.0.0.1 could not be reached (")


def test_a_closed_fetcher_fetches_nothing(server: ScriptedServer, fetcher: Fetcher) -> None:
    fetcher.close()
    assert "is stopping" in str(refusal(fetcher, server.url("/f")))
    assert server.requests == []
