"""
The JSON that people script against: for each command its document, and nothing else on standard
output.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import Cli

BRIEF = {
    "series", "title", "date", "published_at", "image_url", "caption", "credit", "takeaways",
    "body_html", "body_text", "body_typed", "cta", "url", "links", "footnotes", "categories",
    "lang", "dir", "removed", "warnings",
}  # fmt: skip
STORED = BRIEF | {"id", "source", "key", "status"}
IMPORT = {
    "import", "product", "created", "updated", "unchanged", "kept_suppressed", "refused", "invalid",
    "duplicate", "by_status", "errors_file", "columns", "ignored_columns", "first_errors",
}  # fmt: skip
STATUS = {
    "state", "audience", "accepted", "rejected", "skipped", "cancelled", "uncertain", "pending",
    "excluded", "outcomes", "warnings",
}  # fmt: skip


def keys(document: dict[str, Any]) -> set[str]:
    return set(document)


def test_init_names_its_two_files(cli: Cli, tmp_path: Path) -> None:
    document = cli("init", "office", "--json").document
    database = f"sqlite:///{tmp_path.resolve() / 'office/newsletter.db'}"
    assert document == {"config": "office/newsletter.toml", "database": database}
    assert sorted(path.name for path in (tmp_path / "office").iterdir()) == [
        "newsletter.db",
        "newsletter.toml",
        "secret.key",
    ]


def test_migrate_says_from_where_to_where(cli: Cli, office: Path) -> None:
    for file in office.glob("newsletter.db*"):
        file.unlink()
    first = cli("migrate", "--json").document
    assert first["from"] is None
    assert cli("migrate", "--json").document == {"from": first["to"], "to": first["to"]}


def test_doctor_lists_its_checks(cli: Cli, office: Path) -> None:
    checks = cli("doctor", "--json").document["checks"]
    assert [check for check in checks if keys(check) != {"name", "ok", "detail"}] == []
    assert {check["name"]: check["ok"] for check in checks} == dict.fromkeys(
        ["settings", "plug-ins", "reading", "secret", "database", "queue", "provider",
         "fallback provider", "sender", "base_url", "postal_address", "kill switch", "webhooks",
         "bounces", "reputation",
         "clock", "templates", "lists", "sources", "proxies", "metrics", "unsubscribe emails",
         "staff"],
        True,
    )  # fmt: skip


def test_doctor_is_status_1_when_one_check_fails(
    cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_SITE__BASE_URL", "http://news.example.org")
    ran = cli("doctor")
    assert (ran.status, ran.err) == (1, "")
    (line,) = [line for line in ran.out.splitlines() if line.startswith("FAILS")]
    assert line.split()[1] == "base_url"
    assert "must be https" in line


def test_brief_read_gives_every_field_and_stores_nothing(
    cli: Cli, office: Path, monday: Path
) -> None:
    (brief,) = cli("brief", "read", monday, "--json").document
    assert keys(brief) >= BRIEF
    assert (brief["series"], brief["title"]) == ("IntelBrief", "The Quiet Harbour")
    assert (brief["date"], brief["cta"]) == ("2026-03-02", None)
    assert brief["takeaways"] == ["The ferries stay.", "The tolls rise."]
    assert cli("brief", "list", "--json").document == []


def test_stored_briefs_have_a_number_and_a_status(cli: Cli, office: Path, monday: Path) -> None:
    (added,) = cli("brief", "add", monday, "--json").document
    assert keys(added) >= STORED
    shown = cli("brief", "show", added["id"], "--json").document
    assert shown == {**added, "issues": []}
    assert cli("brief", "list", "--status", "new", "--json").document == [added]
    assert cli("brief", "free", added["id"], "--json").document["status"] == "new"


def test_a_source_is_its_name_kind_and_location(cli: Cli, office: Path) -> None:
    (office / "desk").mkdir()
    added = cli("source", "add", "desk", "folder", "desk", "--json").document
    first = {name: added[name] for name in ("name", "kind", "location")}
    assert first == {"name": "desk", "kind": "folder", "location": "desk"}
    (shown,) = cli("source", "list", "--json").document
    assert (shown, shown["last_poll"], shown["error"]) == ({**shown, **added}, None, None)
    assert cli("source", "remove", "desk", "--json").document == added
    assert cli("source", "list", "--json").document == []


def test_collect_counts_what_it_decided(cli: Cli, office: Path) -> None:
    (office / "desk").mkdir()
    cli("source", "add", "desk", "folder", "desk")
    (report,) = cli("collect", "--json").document
    counts = dict.fromkeys(["recorded", "new", "changed", "unchanged", "held"], 0)
    assert report == {"source": "desk", **counts, "error": None, "notes": []}


def test_render_names_its_three_files(cli: Cli, monday: Path, tmp_path: Path) -> None:
    document = cli("render", monday, "--out", "preview", "--json").document
    assert document == {
        "html": "preview/issue.html",
        "text": "preview/issue.txt",
        "eml": "preview/issue.eml",
        "bytes": (tmp_path / "preview/issue.html").stat().st_size,
        "warnings": [],
    }


def test_a_list_is_its_slug_and_name(cli: Cli, office: Path) -> None:
    added = cli("list", "add", "weekly", "--name", "The Weekly", "--json").document
    assert (added["slug"], added["name"], added["opt_in"]) == ("weekly", "The Weekly", "double")
    edited = cli("list", "edit", "weekly", "--opt-in", "single", "--json").document
    assert edited == added | {"opt_in": "single"}
    shown = cli("list", "show", "weekly", "--json").document
    assert shown == edited | {"ask_again": None}
    slugs = [one["slug"] for one in cli("list", "list", "--json").document]
    assert slugs == ["daily", "weekly"]


def as_listed(person: dict[str, Any]) -> dict[str, Any]:
    lists = [
        {name: value for name, value in one.items() if name != "consents"}
        for one in person["lists"]
    ]
    return {name: value for name, value in person.items() if name != "notes"} | {"lists": lists}


def test_a_subscriber_is_an_address_with_lists(cli: Cli, office: Path) -> None:
    person = ("ada@example.org", "--list", "daily", "--json")
    pending = cli("subscriber", "add", *person).document
    lists = [{"slug": "daily", "state": "pending"}]
    assert pending == {"address": "ada@example.org", "lists": lists}
    active = cli("subscriber", "add", *person, "--consent", "at the fair").document
    assert active["lists"] == [{"slug": "daily", "state": "active"}]
    ended = cli("subscriber", "unsubscribe", *person).document
    assert ended["lists"] == [{"slug": "daily", "state": "ended"}]
    shown = cli("subscriber", "show", "ada@example.org", "--json").document
    assert cli("subscriber", "list", "--json").document == [as_listed(shown)]
    assert [(one["slug"], one["state"]) for one in shown["lists"]] == [("daily", "ended")]


def test_a_subscriber_has_a_time_zone_or_null(cli: Cli, office: Path) -> None:
    person = ("ada@example.org", "--list", "daily")
    cli("subscriber", "add", *person)
    unknown = cli("subscriber", "show", "ada@example.org", "--json").document
    cli("subscriber", "add", *person, "--timezone", "europe/paris")
    known = cli("subscriber", "show", "ada@example.org", "--json").document
    assert (unknown["timezone"], known) == (None, unknown | {"timezone": "Europe/Paris"})
    assert cli("subscriber", "list", "--json").document == [as_listed(known)]


def test_import_counts_what_became_of_each_row(cli: Cli, people: Path) -> None:
    words = ("subscriber", "import", people, "--list", "daily", "--consent", "x", "--json")
    document = cli(*words).document
    assert keys(document) >= IMPORT
    assert (document["created"], document["invalid"], document["errors_file"]) == (1, 0, None)
    again = cli(*words).document
    assert (again["created"], again["unchanged"]) == (0, 1)


def test_an_import_has_one_shape_in_every_command(cli: Cli, people: Path) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    shown = cli("import", "show", "1", "--json").document
    assert keys(shown) == {
        "import", "state", "is_interrupted", "list", "product", "files", "options", "by",
        "through", "times", "rows", "bytes", "counts", "error", "undo",
    }  # fmt: skip
    assert (shown["state"], shown["rows"], shown["counts"]["created"]) == ("done", 1, 1)
    assert cli("import", "list", "--json").document == [shown]
    undone = cli("import", "undo", "1", "--yes", "--json").document
    assert undone == {
        "import": 1, "people": 1, "subscriptions": 0, "values": 0, "kept_changed": 0,
        "kept_mailed": 0, "kept_unsubscribed": 0, "kept_values": 0,
    }  # fmt: skip
    assert cli("import", "show", "1", "--json").document["state"] == "undone"


def test_export_says_where_it_wrote(cli: Cli, people: Path, office: Path) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    ran = cli("subscriber", "export", "--list", "daily", "--out", "out.csv", "--json")
    assert ran.document == {"exported": 1, "file": "out.csv"}
    assert "ada@example.org" in (office / "out.csv").read_text("utf-8")


def test_suppressions_have_one_shape_in_every_command(cli: Cli, office: Path) -> None:
    added = cli("suppression", "add", "ada@example.org", "--json").document
    shape = {"address", "kind", "reason", "scope", "since", "expires_at", "note"}
    assert [keys(one) for one in added] == [shape]
    assert (added[0]["address"], added[0]["reason"]) == ("ada@example.org", "manual")
    assert cli("suppression", "list", "--json").document == added
    assert cli("suppression", "remove", "ada@example.org", "--json").document == []


def test_a_schedule_says_when_it_fires_next(cli: Cli, office: Path) -> None:
    (office / "desk").mkdir()
    cli("source", "add", "desk", "folder", "desk")
    rule = ("--list", "daily", "--source", "desk", "--cron", "0 6 * * *", "--timezone", "UTC")
    added = cli("schedule", "add", "morning", *rule, "--json").document
    assert keys(added) == {"name", "next"}
    assert added["next"].endswith("T06:00:00+00:00")
    (listed,) = cli("schedule", "list", "--json").document
    assert (listed["name"], listed["next"]) == ("morning", added["next"])
    coming = cli("schedule", "next", "morning", "-n", 3, "--json").document
    assert (len(coming), coming[0]["due"]) == (3, added["next"])
    assert cli("schedule", "run", "morning", "--json").document == []


def test_why_tells_each_slot_its_outcome(cli: Cli, office: Path) -> None:
    (office / "desk").mkdir()
    cli("source", "add", "desk", "folder", "desk")
    rule = ("--list", "daily", "--source", "desk", "--cron", "0 6 * * *", "--timezone", "UTC")
    cli("schedule", "add", "morning", *rule)
    ran = cli("schedule", "run", "morning", "--slot", "2026-03-05T06:00", "--json").document
    assert cli("schedule", "why", "morning", "--json").document == ran
    (slot,) = ran
    assert keys(slot) >= {"slot", "outcome", "reason", "issue"}
    assert (slot["slot"], slot["outcome"], slot["issue"]) == ("2026-03-05T06:00", "skipped", None)


def test_an_issue_is_a_number_and_then_a_status(cli: Cli, people: Path, monday: Path) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    brief = cli("brief", "add", monday, "--json").document[0]["id"]
    issue = cli("issue", "new", "--list", "daily", "--brief", brief, "--json").document
    assert keys(issue) == {"id"}
    draft = cli("issue", "status", issue["id"], "--json").document
    assert keys(draft) >= STATUS
    assert (draft["state"], draft["audience"]) == ("draft", 0)
    sent = cli("issue", "send", issue["id"], "--wait", "--json").document
    assert (sent["state"], sent["audience"], sent["accepted"]) == ("submitted", 1, 1)
    assert cli("issue", "status", issue["id"], "--json").document == sent
