"""
Test that webhooks recorded by another project's tests mean to us what they mean there, except where
the provider's documentation agrees with us.

The recordings (`provider-events`) lie beside a developer's checkout. Their vocabulary is not ours:
a bounce there is hard or soft here, and `rejected` is a refusal by the provider itself. Requests
that the other project refused for their password or signature are left out; other tests cover that.
"""

from __future__ import annotations

import base64
import datetime as dt
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from newsletter.model.event import Event, EventKind, UnreadableEvent

MODULES = {
    "amazon_ses": "ses",
    "brevo": "brevo",
    "mailgun": "mailgun",
    "mailjet": "mailjet",
    "postmark": "postmark",
    "resend": "resend",
    "sendgrid": "sendgrid",
    "sparkpost": "sparkpost",
}
# What each of their names may be here; a pair says why, too.
KINDS: dict[str | tuple[str, str], set[EventKind]] = {
    "queued": {EventKind.ACCEPTED},
    "sent": {EventKind.ACCEPTED},
    "delivered": {EventKind.DELIVERED},
    "deferred": {EventKind.DEFERRED},
    "opened": {EventKind.OPENED},
    "clicked": {EventKind.CLICKED},
    "complained": {EventKind.COMPLAINED},
    "unsubscribed": {EventKind.UNSUBSCRIBED},
    "failed": {EventKind.BLOCKED},
    "bounced": {EventKind.BOUNCED_HARD, EventKind.BOUNCED_SOFT},
    ("bounced", "invalid"): {EventKind.BOUNCED_HARD},
    "rejected": {EventKind.BLOCKED},
    ("rejected", "bounced"): {EventKind.BOUNCED_HARD},
    ("rejected", "invalid"): {EventKind.BOUNCED_HARD},
    ("rejected", "spam"): {EventKind.COMPLAINED},
    ("rejected", "unsubscribed"): {EventKind.UNSUBSCRIBED},
}
# Names for what says nothing about a mail that was sent; we leave such events out.
IGNORED = ("unknown", "autoresponded", "subscribed")
FORM = "neither: Mailgun has sent JSON since 2018, and forms only to webhooks set up before"
NO_DATA = "us: by Resend's schema every event has data, so this body is no event of its"
PIXEL = "both: SparkPost reports the first open as `initial_open`, and each open as `open`"
AMP = "both: our mails have no AMP part, so SparkPost sends no such event about them"
PROXY = "us: by Brevo's page a proxy loaded the image, which shows no reader"
TWO = "both: the recording names two people, and each of our mails has one recipient"
# Who is right by the provider's documentation, for every recording that differs.
DIFFERENCES = {
    ("amazon_ses", "test_multiple_bounce_event"): TWO,
    ("brevo", "test_proxy_open_event"): PROXY,
    ("brevo", "test_unique_proxy_open_event"): PROXY,
    ("mailgun", "test_alt_smtp_code"): FORM,
    ("mailgun", "test_delivered_event"): FORM,
    ("mailgun", "test_dropped_bounce"): FORM,
    ("mailgun", "test_dropped_spam"): FORM,
    ("mailgun", "test_dropped_timed_out"): FORM,
    ("mailgun", "test_invalid_mailbox"): FORM,
    ("mailgun", "test_metadata_key_conflicts"): FORM,
    ("mailgun", "test_metadata_message_headers"): FORM,
    ("mailgun", "test_metadata_post_fields"): FORM,
    ("mailgun", "test_misconfigured_inbound"): FORM,
    ("mailgun", "test_tags"): FORM,
    ("mailgun", "test_x_tags"): FORM,
    ("mailgun", "test_rejected_event"): (
        "both: they read the address from the header To; our label names the delivery"
    ),
    ("resend", "test_supports_credential_rotation"): NO_DATA,
    ("resend", "test_verifies_basic_auth"): NO_DATA,
    ("resend", "test_verifies_correct_signature"): NO_DATA,
    ("resend", "test_warns_if_no_auth"): NO_DATA,
    ("resend", "test_works_with_login_required_middleware"): NO_DATA,
    ("resend", "test_basic_auth_required_without_secret"): NO_DATA,
    ("resend", "test_signing_secret_optional_with_basic_auth"): NO_DATA,
    ("sparkpost", "test_amp_events"): AMP,
    ("sparkpost", "test_click_event"): AMP,
    ("sparkpost", "test_initial_open_event_as_opened"): PIXEL,
}


def recordings(folder: Path) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for provider in MODULES:
        for call in json.loads((folder / f"{provider}.json").read_text()):
            if "WebhookValidationFailure" not in (call["error"] or ""):
                yield (provider, call["test"].rpartition(".")[2]), call


def read(provider: str, call: dict[str, Any]) -> list[Event]:
    module = importlib.import_module(f"newsletter.providers.{MODULES[provider]}.events")
    try:
        return list(module.read_events(base64.b64decode(call["body"])))
    except UnreadableEvent:
        return [Event(kind=EventKind.BLOCKED, at=None, email="unreadable")]


def is_same(ours: list[Event], theirs: list[dict[str, Any]]) -> bool:
    named = [one for one in theirs if one["event_type"] not in IGNORED]
    return len(ours) == len(named) and all(map(is_same_event, ours, named))


def is_same_event(ours: Event, theirs: dict[str, Any]) -> bool:
    name = theirs["event_type"]
    kinds = KINDS.get((name, theirs["reject_reason"]), KINDS[name])
    return ours.kind in kinds and ours.email == (theirs["recipient"] or "")


def test_every_recorded_webhook_means_the_same_or_the_difference_is_explained(shared: Path):
    calls = list(recordings(shared / "samples" / "provider-events"))
    differing = {key for key, call in calls if not is_same(read(key[0], call), call["events"])}
    assert len(calls) >= 149
    assert differing == DIFFERENCES.keys()


def test_every_recorded_time_is_the_event_s_own(shared: Path):
    for key, call in recordings(shared / "samples" / "provider-events"):
        ours = read(key[0], call)
        # The other project takes the time of Amazon's envelope.
        if key in DIFFERENCES or key[0] == "amazon_ses" or not is_same(ours, call["events"]):
            continue
        times = [one.at for one in ours if one.at is not None]
        named = [one["timestamp"] for one in call["events"] if one["event_type"] not in IGNORED]
        given = [dt.datetime.fromisoformat(time) for time in named if time]
        assert times == given or not given, key
