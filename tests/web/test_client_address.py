"""
Where a request comes from, as far as the proxies that are trusted can tell.
"""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from web_samples import TestClient

from newsletter.errors import SettingsError
from newsletter.settings import load_settings
from newsletter.web.client_address import ClientAddresses, client_of, find_client

PROXY = "10.0.0.1"
TRUSTED = ("10.0.0.0/8", "2001:db8:aaaa::/48")
XFF = "X-Forwarded-For"


def client(peer: str, *headers: tuple[str, str]) -> str:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return find_client(peer, Headers(raw=raw), [ipaddress.ip_network(one) for one in TRUSTED])


@pytest.mark.parametrize("name", ["Forwarded", XFF])
def test_nobody_but_a_trusted_proxy_is_believed(name: str) -> None:
    value = "for=198.51.100.7" if name == "Forwarded" else "198.51.100.7"
    assert client("203.0.113.9", (name, value)) == "203.0.113.9"
    assert client(PROXY, (name, value)) == "198.51.100.7"


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        # What the client wrote itself stands to the left of what the proxy has seen.
        ("1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.9.9.9, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 10.0.0.2, 10.0.0.3", "198.51.100.7"),
        ("198.51.100.7,10.0.0.2", "198.51.100.7"),
        ("10.0.0.4, 10.0.0.3", "10.0.0.4"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ('"[2001:db8::7]:4711"', "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"),
        ("198.51.100.7, 2001:db8:aaaa::1", "198.51.100.7"),
    ],
)
def test_the_client_is_the_last_hop_that_is_not_trusted(chain: str, expected: str) -> None:
    assert client(PROXY, (XFF, chain)) == expected


@pytest.mark.parametrize(
    "chain",
    [
        "",
        " ",
        "unknown",
        "_hidden",
        "300.1.1.1",
        "1.2.3.4:",
        "[::1]x",
        "[::1]:",
        "1.2.3.4, ",
        "a b",
    ],
)
def test_an_entry_that_is_no_address_ends_the_chain_at_the_hop_that_wrote_it(chain: str) -> None:
    assert client(PROXY, (XFF, chain)) == PROXY
    assert client(PROXY, (XFF, f"198.51.100.7, {chain}")) == PROXY
    assert client(PROXY, (XFF, f"{chain} ?, 10.0.0.2")) == "10.0.0.2"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ("For=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
        ("proto=https; for=198.51.100.7", "198.51.100.7"),
        ('for="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"),
        ('for="198.51.100.7:_port"', "198.51.100.7"),
        ("for=1.1.1.1, for=198.51.100.7", "198.51.100.7"),
        ('for=198.51.100.7;ext="a, for=1.1.1.1; \\" b", for=10.0.0.2', "198.51.100.7"),
        ('for="_gazonk"', PROXY),
        ("for=unknown", PROXY),
        ("proto=https", PROXY),
        ("for=1.1.1.1;for=198.51.100.7", PROXY),
        ('for="1.1.1.1, for=198.51.100.7', PROXY),
    ],
)
def test_forwarded_is_read_as_rfc_7239_says(value: str, expected: str) -> None:
    assert client(PROXY, ("Forwarded", value)) == expected


def test_several_lines_of_a_header_are_one_chain() -> None:
    lines = [(XFF, "1.1.1.1"), (XFF, "198.51.100.7"), (XFF, "10.0.0.2")]
    assert client(PROXY, *lines) == "198.51.100.7"
    forwarded = [("Forwarded", f"for={value}") for _, value in lines]
    assert client(PROXY, *forwarded) == "198.51.100.7"


def test_two_headers_that_disagree_are_not_believed() -> None:
    same = (("Forwarded", "for=198.51.100.7"), (XFF, "198.51.100.7"))
    other = (("Forwarded", "for=1.1.1.1"), (XFF, "198.51.100.7"))
    assert (client(PROXY, *same), client(PROXY, *other)) == ("198.51.100.7", PROXY)


@given(st.text(alphabet='fFor=,;"\\:.[]10a_ ', max_size=60), st.sampled_from(["Forwarded", XFF]))
def test_any_header_gives_an_address(value: str, name: str) -> None:
    ipaddress.ip_address(client(PROXY, (name, value)))


def test_a_long_header_takes_time_in_proportion_to_its_length() -> None:
    def cost(size: int) -> float:
        started = time.process_time()
        for quoted in ('"\\"' * size, ",;=" * size, '"' * size):
            client(PROXY, ("Forwarded", quoted), (XFF, quoted))
        return time.process_time() - started

    cost(1000)
    assert cost(20_000) < 200 * max(cost(1000), 1e-3)


async def tell_client(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(client_of(Request(scope)))(scope, receive, send)


def test_every_page_sees_the_client_instead_of_the_proxy() -> None:
    asked = TestClient(ClientAddresses(tell_client, ["10.0.0.1/32"]), client=(PROXY, 4711))
    assert asked.get("/", headers={XFF: "198.51.100.7"}).text == "198.51.100.7"
    assert asked.get("/").text == PROXY
    direct = TestClient(ClientAddresses(tell_client, ()), client=("::ffff:203.0.113.9", 4711))
    assert direct.get("/", headers={XFF: "198.51.100.7"}).text == "203.0.113.9"


def test_a_proxy_that_the_settings_lack_is_logged_once_an_hour(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def ask(peer: str, *proxies: str) -> list[str]:
        caplog.clear()
        asked = TestClient(ClientAddresses(tell_client, proxies), client=(peer, 4711))
        for headers in ({}, {XFF: "8.8.8.8"}, {"Forwarded": "for=8.8.8.8"}):
            asked.get("/", headers=headers)
        return [record.getMessage() for record in caplog.records if "come through" in record.msg]

    assert ask("127.0.0.1") == [
        "requests come through 127.0.0.1: if it is your proxy, add it to [web] proxies"
    ]
    assert ask("127.0.0.1", "127.0.0.1/32") == []
    assert ask("8.8.4.4") == []


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ('proxies = ["10.0.0.1/8"]', "'10.0.0.1/8' is not a network: write 10.0.0.0/8"),
        ('proxies = ["nginx"]', "'nginx' is not a network: write one such as 10.0.0.0/8"),
        ('hosts = ["https://a.example"]', "is not a host name: write one such as news.example.org"),
        ('hosts = ["*"]', "'*' is not a host name: write one such as news.example.org"),
    ],
)
def test_settings_that_would_trust_nobody_are_refused(
    tmp_path: Path, line: str, advice: str
) -> None:
    file = tmp_path / "newsletter.toml"
    file.write_text(f"[web]\n{line}\n")
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    assert advice in str(refused.value)
