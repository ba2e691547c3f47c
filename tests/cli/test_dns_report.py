"""
`newsletter doctor --dns`: what a person reads, and what a script gets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from dns_server import ZoneServer
from running import Cli

KEYS = {
    "domain", "provider", "purpose", "type", "name", "expected", "found", "verdict", "advice", "ok",
}  # fmt: skip
DMARC = '_dmarc.example.org. IN TXT "v=DMARC1; p=none"'
RETURN_PATH = "pm-bounces.example.org. IN CNAME pm.mtasv.net."


@pytest.fixture(scope="module")
def names() -> Iterator[ZoneServer]:
    server = ZoneServer()
    yield server
    server.close()


@pytest.fixture
def postmark(office: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """
    An installation that sends through Postmark.
    """
    monkeypatch.setenv("NEWSLETTER_PROVIDER__MAIN__KIND", "postmark")
    monkeypatch.setenv("NEWSLETTER_DELIVERY__PROVIDER", "main")
    return office


def test_each_record_has_its_fields(cli: Cli, postmark: Path, names: ZoneServer) -> None:
    ran = cli("doctor", "--dns", "--json", "--name-server", names.serve(DMARC, RETURN_PATH))
    # What only the provider can name is no failure.
    records = ran.document["records"]
    assert [set(record) for record in records] == [KEYS] * 4
    assert [(record["purpose"], record["verdict"]) for record in records] == [
        ("DKIM", "cannot be looked up"),
        ("return path", "right"),
        ("DMARC", "right"),
        ("alignment", "right"),
    ]


def test_a_missing_record_is_status_1_and_says_what_to_do(
    cli: Cli, postmark: Path, names: ZoneServer
) -> None:
    ran = cli("doctor", "--dns", "--name-server", names.serve(RETURN_PATH))
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.split("\n\n")[2].splitlines() == [
        "MISSING  example.org at main, DMARC: TXT _dmarc.example.org",
        "  should be  v=DMARC1; p=none; rua=mailto:…",
        "  to do      Add this TXT record, with an address of yours for reports: Gmail, Yahoo and "
        "Microsoft require it.",
    ]
    ran = cli("doctor", "--dns", "--json", "--name-server", names.address)
    assert (ran.status, len(json.loads(ran.out)["records"])) == (1, 4)


def test_a_selector_is_looked_up(cli: Cli, postmark: Path, names: ZoneServer) -> None:
    server = names.serve(DMARC, RETURN_PATH)
    words = ["--dkim-selector", "2026pm", "--name-server", server]
    ran = cli("doctor", "--dns", *words)
    assert "MISSING  example.org at main, DKIM: TXT 2026pm._domainkey.example.org" in ran.out


def test_without_a_provider_no_record_is_needed(cli: Cli, office: Path, names: ZoneServer) -> None:
    server = names.serve(DMARC)
    ran = cli("doctor", "--dns", "--name-server", server)
    assert (ran.status, ran.out.split(":")[0]) == (
        0,
        "no provider sends email to people yet, so no domain needs a record",
    )
    assert cli("doctor", "--dns", "--json", "--name-server", server).document == {"records": []}


def test_options_of_dns_need_dns(cli: Cli, office: Path) -> None:
    ran = cli("doctor", "--name-server", "9.9.9.9")
    assert (ran.status, ran.out) == (2, "")
    assert "need --dns" in ran.err
    assert "is not an IP address" in cli("doctor", "--dns", "--name-server", "x").refusal
