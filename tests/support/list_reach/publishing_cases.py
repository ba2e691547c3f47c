"""
What is asked of the other list's sources, briefs, issues, schedules, staff, tokens and webhooks, by
the names of the operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from list_reach.cases import (
    Case,
    equal,
    forbidden,
    hidden,
    kept,
    open_to_all,
    refused,
    shown,
    unknown,
)
from list_reach.other_list import OWN
from newsletter.model.issue import IssueState

_SEGMENTS = ("segment", "segment_of_both", "segment_of_none")
_SCHEDULE = {"cron": "0 6 * * *", "timezone": "UTC", "sources": ["site"]}


def _issue(body: Any = None, *, query: str = "") -> Sequence[Case]:
    """
    An issue in each state, one to both lists, and a message to a person, which is no issue.
    """
    names = [*(f"issue_{state}" for state in IssueState), "issue_to_both", "notice"]
    return [hidden(body, query=query, issue=f"${name}") for name in names]


def _schedule(body: Any = None) -> Sequence[Case]:
    return [hidden(body, schedule=f"${name}") for name in ("schedule", "schedule_of_both")]


CONTENT: Mapping[str, Sequence[Case]] = {
    "list_sources": [open_to_all()],
    # The names of sources are known to all.
    "add_source": [
        kept({"name": "$source", "kind": "feed", "location": "https://example.org/feed/"})
    ],
    "show_source": [open_to_all(source="$source")],
    "change_source": [kept({"every_s": 300}, source="$source")],
    "remove_source": [kept(source="$source")],
    "show_source_status": [open_to_all(source="$source")],
    "pause_source": [kept({"reason": "mine"}, source="$source")],
    "resume_source": [kept(source="$source")],
    "collect_source": [kept(source="$source")],
    "list_briefs": [open_to_all(), open_to_all(query="source=$source")],
    # A new brief belongs to no list.
    "write_brief": [],
    "find_brief": [open_to_all(key="$key")],
    "keep_brief": [kept({"title": "Mine", "body": "Mine."}, key="$key")],
    "show_brief": [open_to_all(brief="$brief")],
    "remove_brief": [kept(brief="$brief")],
    "change_brief": [kept({"title": "Mine"}, brief="$brief")],
    "reset_brief": [kept({"fields": ["title"]}, brief="$brief")],
    "hold_brief": [kept({"reason": "mine"}, brief="$brief")],
    "free_brief": [kept(brief="$brief")],
    "join_briefs": [kept({"other": 1}, brief="$brief")],
    "pin_brief": [kept(brief="$brief")],
    "unpin_brief": [kept(brief="$brief")],
    # An image belongs to no list.
    "upload_image": [],
}

ISSUES: Mapping[str, Sequence[Case]] = {
    "list_issues": [shown(), *(shown(f"state={state}") for state in IssueState)],
    "make_issue": [
        unknown({"lists": ["$list"]}),
        unknown({"lists": [OWN, "$list"]}),
        unknown({"lists": [OWN], "not_lists": ["$list"]}),
        *(unknown({"lists": [OWN], "segment": f"${name}"}) for name in _SEGMENTS),
    ],
    "show_issue": _issue(),
    "change_issue": [
        *_issue({"subject": "Mine"}),
        hidden({"lists": ["$list"]}, issue="$own_issue"),
        hidden({"not_lists": ["$list"]}, issue="$own_issue"),
        *(unknown({"segment": f"${name}"}, issue="$own_issue") for name in _SEGMENTS),
    ],
    "remove_issue": _issue(),
    "duplicate_issue": _issue(),
    "count_readers": _issue(),
    "preview_issue": _issue(),
    "check_issue": _issue(),
    "show_changes": _issue(),
    "approve_issue": _issue(),
    "hold_issue": _issue(),
    "correct_issue": _issue({"subject": "Mine"}),
    "send_issue": _issue({}),
    "send_test": _issue({"addresses": ["own@example.org"]}),
    "pause_issue": _issue({"reason": "mine"}),
    "resume_issue": _issue({}),
    "reschedule_issue": _issue({"at": "2027-01-01T09:00:00Z"}),
    "cancel_issue": _issue(),
    "resend_issue": [
        *_issue({"addresses": ["$person"], "again": True}),
        equal({"addresses": ["$person"], "again": True}, issue="$own_issue"),
    ],
    "resolve_issue": _issue({"outcome": "accepted"}),
    "show_issue_status": _issue(),
    "list_issue_statuses": [shown(), shown("list=$list")],
    "list_templates": [open_to_all()],
    "show_template": [open_to_all(template="digest")],
    "list_recipients": _issue(),
    "list_schedules": [shown()],
    "add_schedule": [
        unknown({"name": "mine", **_SCHEDULE, "lists": ["$list"]}),
        unknown({"name": "mine", **_SCHEDULE, "lists": [OWN, "$list"]}),
        unknown({"name": "mine", **_SCHEDULE, "lists": [OWN], "not_lists": ["$list"]}),
        *(
            unknown({"name": "mine", **_SCHEDULE, "lists": [OWN], "segment": f"${name}"})
            for name in _SEGMENTS
        ),
    ],
    "show_schedule": _schedule(),
    "change_schedule": [
        *_schedule({"max": 3}),
        hidden({"not_lists": ["$list"]}, schedule="own"),
        *(unknown({"segment": f"${name}"}, schedule="own") for name in _SEGMENTS),
    ],
    "remove_schedule": _schedule(),
    "pause_schedule": _schedule(),
    "resume_schedule": _schedule(),
    "list_next_runs": _schedule(),
    "list_runs": _schedule(),
    "run_schedule": _schedule({}),
}

STAFF: Mapping[str, Sequence[Case]] = {
    "show_kill_switch": [open_to_all()],
    "engage_kill_switch": [forbidden({"reason": "mine"})],
    "disengage_kill_switch": [forbidden()],
    "list_staff": [forbidden()],
    "invite_member": [unknown({"address": "$member", "role": "author", "lists": [OWN]})],
    "show_member": [hidden(address="$member")],
    "change_member": [hidden({"role": "owner"}, address="$member")],
    "remove_member": [hidden(address="$member")],
    "reset_member": [hidden({}, address="$member")],
    "show_me": [shown()],
    "list_tokens": [forbidden()],
    "make_token": [refused({"name": "mine", "scopes": ["people:read"], "lists": ["$list"]})],
    "show_token": [hidden(number="$token")],
    "revoke_token": [hidden(number="$token")],
    "list_audit_entries": [forbidden(), forbidden(query="object_id=list:$list")],
    "check_audit_trail": [forbidden()],
    "list_webhooks": [forbidden()],
    "make_webhook": [
        unknown({"name": "$webhook", "url": "https://example.org/hook", "lists": [OWN]})
    ],
    "show_webhook": [hidden(webhook="$webhook")],
    "change_webhook": [hidden({"lists": []}, webhook="$webhook")],
    "remove_webhook": [hidden(webhook="$webhook")],
    "renew_webhook_secret": [hidden(webhook="$webhook")],
    "pause_webhook": [hidden(webhook="$webhook")],
    "resume_webhook": [hidden(webhook="$webhook")],
    "show_webhook_status": [hidden(webhook="$webhook")],
    "list_webhook_attempts": [hidden(webhook="$webhook")],
    "replay_webhook_events": [hidden({"failed": True}, webhook="$webhook")],
    "test_webhook": [hidden(webhook="$webhook")],
}
