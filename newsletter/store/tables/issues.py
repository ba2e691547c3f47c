"""
The tables of issues: what they hold, what was found in them, and the mail they became.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

list_settings = sa.Table(
    "list_settings",
    metadata,
    sa.Column("list_id", sa.ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sender_name", sa.Text, nullable=False, server_default=""),
    sa.Column("sender_address", sa.Text),
    sa.Column("reply_to", sa.Text),
    sa.Column(
        "needs_approval",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="An issue to the list has to be approved before it is sent",
    ),
)
"""What publishing adds to a mailing list."""

issue = sa.Table(
    "issue",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column(
        "kind",
        sa.Text,
        nullable=False,
        doc="issue, test (a test mail) or notice (a mail that is not an issue)",
    ),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column(
        "audience", sa.JSON, nullable=False, doc="The lists it goes to and those it leaves out"
    ),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("sender_name", sa.Text, nullable=False),
    sa.Column("sender_address", sa.Text, nullable=False),
    sa.Column("reply_to", sa.Text),
    sa.Column("provider", sa.Text, nullable=False, doc="The provider it is sent through first"),
    sa.Column("fallback_provider", sa.Text, doc="The provider it fails over to"),
    sa.Column("refused_since", UtcDateTime, doc="Since when its provider has accepted nothing"),
    sa.Column(
        "failed_over_at", UtcDateTime, doc="Since when it is sent through the fallback provider"
    ),
    sa.Column("failover_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text, doc="As typed; empty: the template's own"),
    sa.Column("preheader", sa.Text, doc="As typed; empty: the template's own"),
    sa.Column("intro", sa.Text, doc="As typed; empty: the template's own"),
    sa.Column("schedule_id", sa.ForeignKey("schedule.id", ondelete="SET NULL")),
    sa.Column("slot", sa.Text, doc="The slot that made it, as local time"),
    sa.Column(
        "part",
        sa.Text,
        nullable=False,
        server_default="",
        doc="Which issue of that slot, where it makes one for each brief",
    ),
    sa.Column(
        "parent_id",
        sa.ForeignKey("issue.id", ondelete="CASCADE"),
        doc="The issue that a test mail shows, a notice is about, or a correction corrects",
    ),
    sa.Column("send_at", UtcDateTime),
    sa.Column("timing", sa.JSON, doc="Quiet hours, and sending by the readers' clocks"),
    sa.Column("deadline", UtcDateTime, doc="When `at_deadline` happens to the draft"),
    sa.Column("at_deadline", sa.Text, doc="send, skip or hold"),
    sa.Column("needs_approval", sa.Boolean, nullable=False),
    sa.Column("approved_hash", sa.Text, doc="Of the content that was approved"),
    sa.Column("approved_count", sa.Integer, doc="The size of the audience when it was approved"),
    sa.Column("approved_at", UtcDateTime),
    sa.Column("approved_text", sa.Text, doc="What was approved, to show what has changed since"),
    sa.Column("pause_reason", sa.Text),
    sa.Column(
        "held_by",
        sa.Text,
        doc="Who or what said that only a person sends the draft; `pause_reason` says why",
    ),
    sa.Column(
        "stuck_at",
        UtcDateTime,
        doc="When an issue that was due to be sent could not be, and became a draft",
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("frozen_at", UtcDateTime),
    sa.Column("canary_until", UtcDateTime, doc="The readers after the canary wait until then"),
    sa.Column("submitted_at", UtcDateTime),
    sa.Column(
        "auto_paused_at", UtcDateTime, doc="When it was paused for bounces, complaints or refusals"
    ),
    sa.Column("resumed_at", UtcDateTime),
    sa.Column("resume_reason", sa.Text),
    sa.Index("ix_issue_state", "state"),
    sa.Index("ix_issue_schedule", "schedule_id"),
)
"""One edition: what staff typed, how it is sent, and where it stands."""

issue_brief = sa.Table(
    "issue_brief",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("brief_id", sa.ForeignKey("brief.id"), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("shown_as", sa.Text, nullable=False, doc="full, takeaways, excerpt or line"),
    sa.Column("heading", sa.Text, doc="The heading it stands under"),
    sa.Index("ix_issue_brief_brief", "brief_id"),
)
"""The briefs of an issue."""

issue_check = sa.Table(
    "issue_check",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("override_reason", sa.Text, doc="Why a person sent it in spite of warnings"),
    sa.Column("checked_at", UtcDateTime, nullable=False),
)
"""What the last preflight check of an issue found, and why it was sent all the same."""

mail = sa.Table(
    "mail",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "mail",
        sa.JSON,
        nullable=False,
        doc="Subject, HTML, text and headers with the marks of merge fields",
    ),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column(
        "corrected", sa.JSON, doc="The mail as the browser shows it after a brief was corrected"
    ),
    sa.Column("corrected_at", UtcDateTime),
)
"""The rendered mail of a frozen issue."""
