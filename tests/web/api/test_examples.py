"""
Every example of the document works: each operation succeeds with those of its parameters and of its
body, in an installation that has what they name.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
from api_client import ApiClient
from api_examples import ExampleCalls, example_operations
from installation import Installation
from staff_samples import activate_member

from newsletter.store.content.source_holds import hold_source
from newsletter.store.content.sources import find_source
from newsletter.workers.file_jobs import FileJobWorker

# What reads or changes a little, in any order.
READING = (
    "list_lists", "show_list", "count_list", "show_list_health", "list_subscribers",
    "show_subscriber", "export_subscriber", "show_subscription", "list_history", "list_notes",
    "list_fields", "show_field", "count_field", "list_tags", "show_tag", "list_segments",
    "show_segment", "count_segment", "show_segment_uses", "explain_segment", "sample_segment",
    "count_rule", "list_suppressions", "show_suppressions", "list_privacy_requests",
    "show_privacy_request", "list_pending", "list_imports", "show_import", "list_exports",
    "list_sources", "show_source", "show_source_status",
    "list_briefs", "find_brief", "show_brief", "list_issues", "show_issue", "count_readers",
    "preview_issue", "check_issue", "list_schedules", "show_schedule", "list_next_runs",
    "list_runs", "show_kill_switch", "list_staff", "show_member", "show_me", "list_tokens",
    "list_audit_entries", "check_audit_trail", "list_webhooks", "show_webhook",
    "show_webhook_status", "list_webhook_attempts", "list_issue_statuses", "list_templates",
    "show_template", "explain_subscriber",
)  # fmt: skip
CHANGING = (
    "change_list", "hold_list", "release_list", "make_subscriber", "change_subscriber",
    "keep_subscription", "change_tags",
    "write_note", "change_field", "change_segment", "import_suppressions", "close_privacy_request",
    "resend_confirmations", "drop_pending", "count_ask_run", "start_ask_run", "show_ask_run",
    "stop_ask_run", "tag_people", "unsubscribe_people", "suppress_people", "move_people",
    "try_import", "export_suppressions", "change_source", "collect_source",
    "write_brief", "change_brief", "reset_brief", "hold_brief", "free_brief", "join_briefs",
    "pin_brief",
    "unpin_brief", "change_issue", "duplicate_issue", "change_schedule", "pause_schedule",
    "resume_schedule", "engage_kill_switch", "disengage_kill_switch",
    "change_member", "reset_member", "change_webhook", "renew_webhook_secret", "pause_webhook",
    "resume_webhook", "replay_webhook_events", "test_webhook",
)  # fmt: skip
REMOVING = (
    "end_subscription", "rename_tag", "remove_segment", "remove_field",
    "remove_suppression", "erase_subscriber", "remove_schedule", "remove_source", "remove_member",
    "remove_webhook",
)  # fmt: skip


def test_every_operation_succeeds_with_its_examples(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")

    def send(method: str, path: str, body: Any) -> httpx.Response:
        response: httpx.Response = api(method, path, body)
        return response

    calls = ExampleCalls(send)
    calls.make()
    activate_member(installation.app)
    for name in (*READING, *CHANGING):
        calls.call(name)
    calls.call("change_address", address="mary@example.org")
    _send_issues(calls, installation)
    _work_files(calls, installation)
    _use_what_others_made(calls, installation)
    for name, made in (("remove_issue", "make_issue"), ("remove_brief", "write_brief")):
        number = calls.call(made).json()["id"]
        calls.remove(name, **{name.partition("_")[2]: number})
    for name in REMOVING:
        calls.remove(name)
    calls.remove("remove_tag", tag="journalists")
    calls.remove("remove_list", slug="weekly")
    assert set(example_operations()) - calls.called == set(), "add it to the others here"


def _send_issues(calls: ExampleCalls, installation: Installation) -> None:
    waiting, sent = (calls.call("make_issue").json()["id"] for _ in range(2))
    for name in (
        "approve_issue", "show_changes", "send_test", "send_issue", "reschedule_issue",
        "hold_issue", "cancel_issue",
    ):  # fmt: skip
        calls.call(name, issue=waiting)
    calls.send("POST", f"/issues/{sent}/send", {})
    for name in ("pause_issue", "resume_issue", "show_issue_status", "list_recipients"):
        calls.call(name, issue=sent)
    installation.submit_all()
    for name in ("resolve_issue", "resend_issue"):
        calls.call(name, issue=sent)
    installation.submit_all()
    installation.now += dt.timedelta(minutes=5)
    calls.call("change_brief")
    calls.call("correct_issue", issue=sent)


def _work_files(calls: ExampleCalls, installation: Installation) -> None:
    export = calls.call("start_export").json()["id"]
    calls.call("resume_import")
    broken = {"name": "broken.csv", "text": "email\nnobody\n"}
    again = calls.send("POST", "/imports", {"files": [broken], "list": "daily", "consent": "asked"})
    FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()
    for name in ("show_export", "download_export"):
        calls.call(name, number=export)
    calls.call("show_import_errors", number=again.json()["id"])
    for name in ("count_import_undo", "undo_import"):
        calls.call(name)


def _use_what_others_made(calls: ExampleCalls, installation: Installation) -> None:
    calls.call("show_notice", number=calls.call("send_notice").json()["id"])
    tokens = calls.call("list_tokens").json()["items"]
    token = next(each["id"] for each in tokens if each["name"] == "shop")
    for name in ("show_token", "revoke_token"):
        calls.call(name, number=token)
    with installation.app.database.write() as connection:
        source = find_source(connection, "site")
        hold_source(connection, source, reason="its ids changed", now=installation.now)
    calls.call("resume_source")
    calls.call("pause_source")
    installation.now = dt.datetime(2026, 3, 5, 5, 0, tzinfo=dt.UTC)
    calls.call("run_schedule")
