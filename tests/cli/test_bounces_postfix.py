"""
The whole way with a real Postfix: an issue leaves, one reader's server refuses, and what comes back
is found where Postfix put it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from imap_server import make_certificate
from postfix import DOMAIN, Postfix, running_postfix, why_not
from running import Cli
from smtp_server import SmtpServer

pytestmark = pytest.mark.ci

SETTINGS = """
[site]
base_url = "https://news.example.org"
postal_address = "The Desk, 1 Quay, Harborton"

[sender]
address = "desk@example.org"

[delivery]
provider = "relay"

[provider.relay]
kind = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
bounce_address = "bounces@{domain}"
bounce_mailbox = "{maildir}"
"""


@pytest.fixture
def onward() -> Iterator[SmtpServer]:
    """
    The server of every reader, which knows no Bob.
    """
    with SmtpServer(script=lambda said: "550 5.1.1 no Bob" if "<bob@" in said else None) as server:
        yield server


@pytest.fixture
def postfix(tmp_path: Path, onward: SmtpServer) -> Iterator[Postfix]:
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.1")
    with running_postfix(certificate, key, onward=onward.port) as postfix:
        yield postfix


def test_a_reader_whose_server_knows_them_not_is_never_mailed_again(
    office: Path, cli: Cli, postfix: Postfix, onward: SmtpServer
):
    (office / "newsletter.toml").write_text(
        SETTINGS.format(port=postfix.port, domain=DOMAIN, maildir=postfix.maildir)
    )
    for name in ("ada", "bob"):
        cli("subscriber", "add", f"{name}@example.com", "--list", "daily", "--consent", "said so")
    cli("issue", "new", "--list", "daily", "--subject", "A word", "--intro", "Dear reader")
    assert cli("issue", "send", "1", "--wait", "--yes").status == 0
    until = time.monotonic() + 20
    while not (postfix.maildir / "new").is_dir() or not list((postfix.maildir / "new").iterdir()):
        assert time.monotonic() < until, postfix.log.read_text()
        time.sleep(0.05)
    assert json.loads(cli("bounces", "read", "--json").out) == {
        "read": 1,
        "new": 1,
        "known": 0,
        "unsubscribed": 0,
        "other": 0,
    }
    assert [row["address"] for row in json.loads(cli("suppression", "list", "--json").out)] == [
        "bob@example.com"
    ]
    assert [one.recipient for one in onward.taken] == ["ada@example.com"]
