"""
`newsletter webhook`: add, edit, show, pause, resume, test, replay, remove.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from http_server import ScriptedServer
from running import Cli

URL = "https://crm.invalid/hook"


def test_a_webhook_shows_its_secret_once(cli: Cli, office: Path) -> None:
    ran = cli("webhook", "add", "crm", URL, "--kind", "subscriber.left", "--list", "daily")
    assert "signing secret, shown only now: whsec_" in ran.out
    shown = cli("webhook", "show", "crm", "--json").document
    assert shown == {
        "name": "crm",
        "url": URL,
        "kinds": ["subscriber.left"],
        "lists": ["daily"],
        "state": "active",
        "pause_cause": None,
        "paused_at": None,
        "failing_since": None,
        "last_success_at": None,
        "waiting": 0,
        "delivered": 0,
        "failed": 0,
    }
    assert cli("webhook", "list", "--json").document == [shown]


def test_what_is_left_out_of_an_edit_stays(cli: Cli, office: Path) -> None:
    added = cli("webhook", "add", "crm", URL, "--json").document
    edited = cli("webhook", "edit", "crm", "--list", "daily", "--json").document
    assert edited == {k: v for k, v in added.items() if k != "secret"} | {"lists": ["daily"]}
    assert cli("webhook", "edit", "crm", "--list", "", "--json").document["lists"] is None
    assert cli("webhook", "edit", "crm", "--new-secret", "--json").document["secret"]
    assert cli("webhook", "edit", "crm").refusal.startswith("nothing to change")


def test_what_is_not_valid_is_refused(cli: Cli, office: Path) -> None:
    assert cli("webhook", "add", "a b", URL).status == 2
    assert cli("webhook", "add", "crm", "ftp://example.org").status == 2
    unknown = cli("webhook", "add", "crm", URL, "--kind", "issue.sent")
    assert (unknown.status, "'issue.sent' is not a kind of event" in unknown.err) == (2, True)
    assert "weekly" in cli("webhook", "add", "crm", URL, "--list", "weekly").refusal
    assert cli("webhook", "list", "--json").document == []
    cli("webhook", "add", "crm", URL)
    assert "crm already" in cli("webhook", "add", "crm", URL).refusal
    assert "no webhook web" in cli("webhook", "show", "web").refusal


def test_a_webhook_is_paused_resumed_and_removed(cli: Cli, office: Path) -> None:
    cli("webhook", "add", "crm", URL)
    assert cli("webhook", "pause", "crm", "--json").document["pause_cause"] == "person"
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "by phone")
    assert cli("webhook", "pause", "crm").refusal == "webhook crm is already paused"
    assert (
        cli("webhook", "resume", "crm").out == "resumed webhook crm; events that wait for it: 1\n"
    )
    assert cli("webhook", "resume", "crm").refusal == "webhook crm is not paused"
    assert cli("webhook", "remove", "crm", "--json").document["name"] == "crm"
    assert cli("webhook", "list").out.startswith("No webhooks yet.")


def test_a_test_is_sent_and_logged(cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_LIMITS__FETCH_NETWORKS", '["127.0.0.0/8"]')
    with ScriptedServer() as server:
        server.answer("/hook", status=204)
        cli("webhook", "add", "crm", server.url("/hook"))
        assert cli("webhook", "test", "crm").out == "webhook crm responded with 204\n"
        server.answer("/hook", status=500)
        refused = cli("webhook", "test", "crm").refusal
    assert refused == "webhook crm failed: the response was 500 Internal Server Error"
    found = cli("webhook", "attempts", "crm", "--json").document
    assert [(each["kind"], each["event"], each["status"]) for each in found] == [
        ("test", None, 500),
        ("test", None, 204),
    ]
    assert "Internal Server Error" in cli("webhook", "attempts", "crm").out


def test_a_replay_needs_to_know_which_events(cli: Cli, office: Path) -> None:
    cli("webhook", "add", "crm", URL)
    assert cli("webhook", "replay", "crm").refusal.startswith("say which events")
    assert cli("webhook", "replay", "crm", "--failed", "--json").document == {"events": 0}
    since = cli("webhook", "replay", "crm", "--since", "2026-11-24T06:00", "--json")
    assert since.document == {"events": 0}
    assert cli("webhook", "replay", "crm", "--since", "yesterday").status == 2


@pytest.mark.usefixtures("office")
def test_an_unencrypted_address_is_refused_unless_a_network_is_allowed(cli: Cli) -> None:
    refused = cli("webhook", "add", "crm", "http://crm.example.org/")
    assert refused.status == 2
    assert "is not encrypted: use an https:// address" in refused.err
    assert cli("webhook", "list", "--json").document == []
