"""
The tables of the publishing side. Their foreign keys point in the same direction as imports: to
people, never back.

Importing this package registers every table, so that `metadata` is complete.
"""

from __future__ import annotations

import subscribers.database.asking_tables
import subscribers.database.field_tables
import subscribers.database.history_tables
import subscribers.database.job_tables
import subscribers.database.preference_tables
import subscribers.database.request_tables
import subscribers.database.segment_tables  # noqa: F401
from newsletter.store.tables.access import (
    draft_visitor,
    login_failure,
    passkey,
    recovery_code,
    staff_identity,
    staff_link,
    staff_list,
    staff_member,
    staff_session,
)
from newsletter.store.tables.api import api_response, api_token, api_token_list
from newsletter.store.tables.audit import audit_entry, audit_head
from newsletter.store.tables.content import brief, item_key, poll, source
from newsletter.store.tables.delivery import batch, delivery, exclusion, worker
from newsletter.store.tables.events import backfill_run, outcome, webhook_inbox
from newsletter.store.tables.flow_control import account, rate_limit
from newsletter.store.tables.images import image, image_address
from newsletter.store.tables.issues import issue, issue_brief, issue_check, list_settings, mail
from newsletter.store.tables.notices import standing_notice
from newsletter.store.tables.operations import (
    bulk_job,
    database_identity,
    epoch,
    kill_switch,
    sent_alert,
)
from newsletter.store.tables.outgoing import (
    outgoing_attempt,
    outgoing_delivery,
    outgoing_event,
    outgoing_webhook,
    outgoing_webhook_list,
)
from newsletter.store.tables.scheduling import schedule, slot
from newsletter.store.tables.signup import signup_attempt, signup_refusal, used_proof

__all__ = [
    "account",
    "api_response",
    "api_token",
    "api_token_list",
    "audit_entry",
    "audit_head",
    "backfill_run",
    "batch",
    "brief",
    "bulk_job",
    "database_identity",
    "delivery",
    "draft_visitor",
    "epoch",
    "exclusion",
    "image",
    "image_address",
    "issue",
    "issue_brief",
    "issue_check",
    "item_key",
    "kill_switch",
    "list_settings",
    "login_failure",
    "mail",
    "outcome",
    "outgoing_attempt",
    "outgoing_delivery",
    "outgoing_event",
    "outgoing_webhook",
    "outgoing_webhook_list",
    "passkey",
    "poll",
    "rate_limit",
    "recovery_code",
    "schedule",
    "sent_alert",
    "signup_attempt",
    "signup_refusal",
    "slot",
    "source",
    "staff_identity",
    "staff_link",
    "staff_list",
    "staff_member",
    "staff_session",
    "standing_notice",
    "used_proof",
    "webhook_inbox",
    "worker",
]
