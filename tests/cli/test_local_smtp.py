"""
A server on this machine may be a test server or one that forwards mail: the checks warn.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import Cli

RELAY = '\n[provider.relay]\nkind = "smtp"\nhost = "{host}"\nsecurity = "none"\n'


@pytest.mark.parametrize(("host", "level"), [("localhost", "warning"), ("192.0.2.1", "error")])
def test_the_checks_warn_if_the_smtp_server_is_on_this_machine(
    cli: Cli, office: Path, people: Path, monday: Path, host: str, level: str
) -> None:
    settings = office / "newsletter.toml"
    text = settings.read_text(encoding="utf-8").replace('provider = "outbox"', 'provider = "relay"')
    settings.write_text(text + RELAY.format(host=host), encoding="utf-8")
    cli("subscriber", "import", "people.csv", "--list", "daily", "--consent", "a form")
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", "1")

    findings = json.loads(cli("check", "1", "--json").out)["findings"]
    (footer,) = [found for found in findings if found["rule"] == "footer"]

    assert footer["level"] == level
    # It may forward mail to people, so a person is still asked about the warnings.
    assert cli("issue", "send", "1").status == 1
