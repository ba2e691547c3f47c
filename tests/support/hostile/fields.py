"""
Every text that is stored: what people, readers, sources, providers and browsers wrote, and what is
made by the program. A test compares both tables with the schema, so that a new text is put into one
of them.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Kind(enum.Enum):
    """
    How a text is stored: alone, as the values in JSON, or as an address of the web.
    """

    TEXT = enum.auto()
    VALUES = enum.auto()
    ADDRESS = enum.auto()


_TEXT = """
api_token.name api_token.created_by audit_entry.actor audit_entry.object_id batch.reason
brief.changed_by brief.source_name brief.status_reason ask_run.by_name consent.source
consent.text delivery.merge_values delivery.name delivery.reason exclusion.reason
field_value.value file_job.by_name file_job.error file_job.product history.by_name
issue.approved_by issue.approved_text issue.changed_by issue.failover_reason issue.intro
issue.pause_reason issue.preheader issue.resume_reason issue.sender_name issue.subject
issue_brief.heading issue_check.override_reason kill_switch.reason leave_reason.comment
list_settings.consent list_settings.held_reason list_settings.postal_address
list_settings.sender_name list_settings.tagline mailing_list.description mailing_list.name
note.by_name note.text outcome.detail outgoing_attempt.error passkey.name
privacy_request.by_name privacy_request.outcome reader_request.consent schedule.sender
slot.reason source.hold_reason source.pause_reason staff_member.name staff_session.user_agent
subscriber.name subscription.ended_reason suppression.note tag.name
"""
_VALUES = """
audit_entry.changes audit_entry.personal field.labels field.options history.detail
issue_check.findings outgoing_event.data poll.report source.categories source.too_slow
"""
_ADDRESSES = ["brief.link", "outgoing_webhook.url", "source.location"]

WRITTEN: Mapping[str, Kind] = (
    dict.fromkeys(_TEXT.split(), Kind.TEXT)
    | dict.fromkeys(_VALUES.split(), Kind.VALUES)
    | dict.fromkeys(_ADDRESSES, Kind.ADDRESS)
)
# What is written and has a test of its own, or stands here because of what else it holds.
WRITTEN_ELSEWHERE: Mapping[str, str] = {
    "brief.fields": "`write_vectors` fills its texts; its HTML is cleaned when it is read",
    "brief.given": "`write_vectors` fills its texts; its HTML is cleaned when it is read",
    "mail.mail": "a frozen email, shown in a frame without scripts: tests/ingest, tests/mail",
    "mail.corrected": "a frozen email, shown in a frame without scripts",
    "segment.rule": "`parse_rule` accepts it when it is saved, and its values are shown escaped",
    "list_settings.brand": "colours, fonts and https addresses that `settings/brand.py` checks",
    "bulk_job.error": "`add_failed_job` writes vectors into it",
    "bulk_job.given": "is shown before it is stored: what forms send comes back as text",
    "brief.status_phrase": "is shown only where it makes the text in `brief.status_reason`",
    "file_job.error_phrase": "is shown only where it makes the text in `file_job.error`",
    "bulk_job.error_phrase": "is shown only where it makes the text in `bulk_job.error`",
    "issue.pause_phrase": "is shown only where it makes the text in `issue.pause_reason`",
    "source.hold_phrase": "is shown only where it makes the text in `source.hold_reason`",
    "slot.reason_phrase": "is shown only where it makes the text in `slot.reason`",
    "webhook_inbox.raw": "is not shown",
    "reader_request.answers": "is not shown before it is stored as fields",
    "file_job.files": "paths of the program's own folder; names are shown from `by_name`",
    "file_job.options": "choices, and the words of consent, which `consent.text` has",
}
_MADE: Mapping[str, str] = {
    "names of letters, digits, hyphens and underscores, which are checked when they are saved": """
        field.name mailing_list.slug outgoing_webhook.name schedule.name segment.name source.name
        standing_notice.kind ask_run.segment""",
    "addresses and their keys, which `parse_address` checks": """
        delivery.email delivery.email_key history.email_key issue.reply_to issue.sender_address
        list_settings.reply_to list_settings.sender_address outgoing_event.address
        privacy_request.email_key schedule.editors staff_member.email staff_member.email_key
        subscriber.email subscriber.email_key suppression.email_key""",
    "addresses of the network": """
        list_settings.confirmed_url list_settings.joined_url list_settings.left_url
        list_settings.origins
        audit_entry.from_address bulk_job.from_address staff_session.from_address""",
    "states, kinds and other words of the program": """
        api_token.scopes ask_run.audience ask_run.state ask_run.through ask_run_person.state
        audit_entry.action audit_entry.channel audit_entry.object_kind batch.hold batch.outcome
        batch.state brief.cause brief.edited brief.status delivery.settled_by delivery.state
        bulk_job.kind bulk_job.state
        departure.reason departure.scope departure.what field.type file_job.kind file_job.state
        file_job.through history.by history.through history.what image.copy_kind image.kind
        issue.at_deadline issue.held_by issue.kind issue.part issue.state issue.timing
        issue_brief.shown_as
        kill_switch.kind leave_reason.reason mailing_list.opt_in mailing_list.visibility
        outcome.bounce outgoing_attempt.kind outgoing_delivery.state outgoing_event.kind
        outgoing_webhook.kinds outgoing_webhook.pause_cause outgoing_webhook.state
        privacy_request.kind privacy_request.through reader_request.form reader_request.kind
        schedule.approval schedule.at_deadline schedule.cadence schedule.misfire_policy
        schedule.rules signup_refusal.limit slot.outcome slot.part source.first_poll source.kind
        source.reading staff_link.kind staff_member.role staff_member.state subscription.cadence
        subscription.ended_cause subscription.state suppression.reason suppression.rule
        suppression.scope webhook_inbox.disposition""",
    "names of providers, templates and files of the installation": """
        account.name account.provider backfill_run.provider batch.provider issue.fallback_provider
        issue.provider issue.template list_settings.fallback_provider list_settings.provider
        outgoing_delivery.subject rate_limit.provider schedule.fallback_provider schedule.template
        webhook_inbox.provider""",
    "languages, time zones, days and times, which are checked when they are saved": """
        batch.timezone issue.slot list_settings.quiet list_settings.timezone mailing_list.language
        reader_request.language schedule.cron schedule.days_off schedule.quiet schedule.timezone
        slot.slot source.timezone staff_member.language staff_member.timezone
        standing_notice.language subscriber.language subscriber.timezone""",
    "names and numbers of what is stored": """
        bulk_job.people issue.audience reader_request.lists schedule.audience schedule.sources""",
    "hashes, keys, counts and marks that no page shows as they are": """
        api_response.body api_response.headers api_response.key api_token.secret_hash
        audit_entry.hash audit_entry.personal_hash audit_head.before_first audit_head.last_hash
        audit_head.seal api_response.request_hash batch.key batch.request_hash batch.worker
        brief.content_hash brief.key brief.site_key brief.text_hash consent.evidence
        database_identity.instance database_identity.name database_identity.place
        database_identity.signing_key delivery.provider_id departure.email_hash epoch.name
        file_job.counts file_job.progress file_job.undo image.copy image.id image_address.address
        image_address.image_id issue.approved_hash issue.created_epoch issue.frozen_epoch
        item_key.fallback_key item_key.key item_key.reused_for item_key.seen_hash
        item_key.source_name login_failure.key mail.sha256 outgoing_event.key
        outgoing_webhook.previous_salt outgoing_webhook.previous_secret_key
        outgoing_webhook.salt outgoing_webhook.secret_key passkey.credential_id passkey.public_key
        reader_request.network recovery_code.code_hash sent_alert.key signup_attempt.address
        signup_attempt.domain signup_attempt.network signup_attempt.person source.secret
        source.state staff_identity.issuer staff_identity.subject staff_link.epoch
        staff_member.password_hash staff_member.totp_secret staff_session.challenge
        staff_session.epoch staff_session.id_hash standing_notice.content_hash used_proof.nonce
        webhook_inbox.key worker.name""",
}
MADE: frozenset[str] = frozenset(name for names in _MADE.values() for name in names.split())
# While one of these stands somewhere, other pages say other things; they have tests of their own.
NOT_IN_ANY_ROW = frozenset(
    {"kill_switch.reason", "delivery.merge_values", "subscription.ended_reason"}
)
