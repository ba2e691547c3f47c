"""
`newsletter bounces pull`: a bounce that no webhook brought reaches the person it is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import ScriptedServer
from running import Cli

SETTINGS = """
[site]
base_url = "https://news.example.org"
postal_address = "The Desk, 1 Quay, Harborton"

[sender]
address = "desk@example.org"

[delivery]
provider = "post"

[provider.post]
kind = "postmark"
api_key = "env:NL_POST_KEY"
base_url = "{url}"
"""
BOUNCE = {
    "ID": 42,
    "Type": "HardBounce",
    "MessageID": "pm-1",
    "Email": "ada@example.org",
    "BouncedAt": "2026-03-04T12:00:00Z",
    "Details": "550 5.1.1 no such mailbox",
}


@pytest.fixture
def post(office: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """
    A Postmark that took a mail to Ada, and remembers that it bounced, and another's too.
    """
    monkeypatch.setenv("NL_POST_KEY", "server-token")
    with ScriptedServer() as server:
        url = server.url("").rstrip("/")
        (office / "newsletter.toml").write_text(SETTINGS.format(url=url))
        taken = [{"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1"}]
        server.answer("/email/batch", body=json.dumps(taken).encode())
        bounces = {"TotalCount": 2, "Bounces": [BOUNCE, BOUNCE | {"MessageID": "pm-of-others"}]}
        server.answer("/bounces", body=json.dumps(bounces).encode())
        for words in (
            ["subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "her word"],
            ["issue", "new", "--list", "daily", "--subject", "A word", "--intro", "Dear reader"],
            ["issue", "send", "1", "--wait", "--yes"],
        ):
            ran = cli(*words)
            assert ran.status == 0, ran.err
        yield server


@pytest.mark.usefixtures("post")
def test_a_bounce_that_no_webhook_brought_suppresses_the_address_once(cli: Cli) -> None:
    first = {"read": 2, "new": 1, "known": 0, "other": 1}
    assert cli("bounces", "pull", "--json").document == first
    assert "ada@example.org  bounce" in cli("suppression", "list").out
    ran = cli("bounces", "pull", "--days", "3")
    assert ran.out.strip() == "2 reported: 0 new, 1 already known, 1 not about our emails"


def test_a_provider_that_refuses_to_tell_says_what_its_key_needs(
    cli: Cli, post: ScriptedServer
) -> None:
    post.answer("/bounces", status=401, body=b"{}")
    refusal = cli("bounces", "pull").refusal
    assert "the api_key of post may not read its events (HTTP 401)" in refusal


@pytest.mark.usefixtures("office")
def test_where_nobody_can_be_asked_it_says_who_could(cli: Cli) -> None:
    assert (
        "no configured provider can be asked for bounces: only Postmark"
        in cli("bounces", "pull").refusal
    )
