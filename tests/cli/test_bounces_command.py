"""
`newsletter bounces read`: a report that came back reaches the person it is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Cli
from smtp_server import SmtpServer

REPORT = """\
To: {to}
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Action: failed
Status: 5.1.1

--b--
"""

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
bounce_address = "bounces@example.org"
bounce_mailbox = "returned"
"""


@pytest.fixture
def relay(office: Path) -> Iterator[SmtpServer]:
    """
    The server that the office hands its mails to, and the Maildir that bounces come to.
    """
    for name in ("new", "cur", "tmp"):
        (office / "returned" / name).mkdir(parents=True)
    with SmtpServer() as server:
        (office / "newsletter.toml").write_text(SETTINGS.format(port=server.port))
        yield server


@pytest.fixture
def report(relay: SmtpServer, office: Path, cli: Cli) -> bytes:
    """
    What comes back about a mail to Ada.
    """
    for words in (
        ["subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "her word"],
        ["issue", "new", "--list", "daily", "--subject", "A word", "--intro", "Dear reader"],
        ["issue", "send", "1", "--wait", "--yes"],
    ):
        ran = cli(*words)
        assert ran.status == 0, ran.err
    (taken,) = relay.taken
    assert taken.recipient == "ada@example.org"
    return REPORT.format(to=taken.sender).encode()


def read(cli: Cli, *words: object) -> dict[str, int]:
    ran = cli("bounces", "read", *words, "--json")
    assert ran.status == 0, ran.err
    return dict(json.loads(ran.out))


def test_a_report_in_a_file_suppresses_the_address_once(office: Path, cli: Cli, report: bytes):
    (office / "back.eml").write_bytes(report)
    assert read(cli, "back.eml") == {"read": 1, "new": 1, "known": 0, "unsubscribed": 0, "other": 0}
    assert "ada@example.org  bounce" in cli("suppression", "list").out
    assert read(cli, "back.eml") == {"read": 1, "new": 0, "known": 1, "unsubscribed": 0, "other": 0}


def test_reports_that_wait_in_the_maildir_are_read_and_marked_as_read(
    office: Path, cli: Cli, report: bytes
):
    new = office / "returned" / "new"
    (new / "1.mx").write_bytes(report)
    (new / "2.mx").write_bytes(b"Subject: a letter\n\nHello")
    assert read(cli) == {"read": 2, "new": 1, "known": 0, "unsubscribed": 0, "other": 1}
    assert list(new.iterdir()) == []
    assert sorted(path.name for path in (office / "returned" / "cur").iterdir()) == [
        "1.mx:2,S",
        "2.mx:2,S",
    ]
    assert read(cli) == {"read": 0, "new": 0, "known": 0, "unsubscribed": 0, "other": 0}
    assert "It bounced for good on" in cli("why", "ada@example.org").out


@pytest.mark.usefixtures("relay")
def test_a_folder_that_is_no_maildir_says_what_one_is(office: Path, cli: Cli):
    (office / "letters").mkdir()
    ran = cli("bounces", "read", "letters")
    assert ran.status == 1
    assert "a Maildir has the folders new and cur" in ran.err


@pytest.mark.usefixtures("office")
def test_without_a_bounce_address_nothing_is_read(cli: Cli):
    ran = cli("bounces", "read", "x.eml")
    assert (ran.status, "no provider has a bounce_address" in ran.err) == (1, True)


def checks_of(cli: Cli) -> dict[str, tuple[bool, str]]:
    checks = json.loads(cli("doctor", "--json").out)["checks"]
    return {one["name"]: (one["ok"], one["detail"]) for one in checks}


@pytest.mark.usefixtures("relay")
def test_doctor_reaches_the_server_and_says_where_bounces_are_read(office: Path, cli: Cli):
    checks = checks_of(cli)
    assert checks["provider"] == (
        True,
        "relay, up to 25 recipients a call; connected without TLS, accepts messages of "
        "10,240,000 bytes, supports pipelining",
    )
    assert checks["bounces"] == (True, "relay: to bounces@example.org, read from returned")
    settings = office / "newsletter.toml"
    settings.write_text(settings.read_text().replace("bounce_address", "# bounce_address"))
    is_ok, detail = checks_of(cli)["bounces"]
    assert not is_ok
    assert detail.startswith("[provider.relay] bounce_address is missing")


@pytest.mark.usefixtures("relay")
def test_doctor_names_a_maildir_that_is_gone(office: Path, cli: Cli):
    (office / "returned").rename(office / "moved")
    is_ok, detail = checks_of(cli)["bounces"]
    assert not is_ok
    assert detail.startswith(
        f"[provider.relay] bounce_mailbox: {office / 'returned'} is not a Maildir"
    )
