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
    sa.Column("second_person_above", sa.Integer, doc="For more readers a second person approves"),
    sa.Column("quiet", sa.Text, doc="The hours in which no issue to the list is submitted"),
    sa.Column(
        "timezone",
        sa.Text,
        nullable=False,
        server_default="UTC",
        doc="The time zone of these hours",
    ),
    sa.Column("provider", sa.Text, doc="The provider of its issues; empty: the site's"),
    sa.Column("fallback_provider", sa.Text, doc="Its own fallback provider; empty: the site's"),
    sa.Column("postal_address", sa.Text, doc="The postal address in its emails"),
    sa.Column("brand", sa.JSON, doc="Its own colours and logo, with the keys of [brand]"),
    sa.Column("tagline", sa.Text, nullable=False, server_default="", doc="Under its name on pages"),
    sa.Column(
        "consent", sa.Text, nullable=False, server_default="", doc="The sentence people agree to"
    ),
    sa.Column("consent_version", sa.Integer, nullable=False, server_default="1"),
    sa.Column(
        "confirms_on_open",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="Opening the link of the confirmation is enough; otherwise its page has a button",
    ),
    sa.Column(
        "needs_proof_of_work",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="The sign-up form asks the browser for a proof of work",
    ),
    sa.Column("sends_welcome", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("sends_goodbye", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column(
        "origins",
        sa.Text,
        nullable=False,
        server_default="",
        doc="The sites whose pages may sign people up, with spaces between them",
    ),
    sa.Column("joined_url", sa.Text, doc="The page to land on after signing up; empty: our own"),
    sa.Column("confirmed_url", sa.Text, doc="The one after confirming"),
    sa.Column("left_url", sa.Text, doc="The one after leaving"),
    sa.Column(
        "held_reason",
        sa.Text,
        doc="Why nothing is sent to the list until a person decides, such as after a restore",
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
    sa.Column(
        "refused_since", UtcDateTime, doc="The time since which its provider has accepted nothing"
    ),
    sa.Column(
        "failed_over_at",
        UtcDateTime,
        doc="The time since which it is sent through the fallback provider",
    ),
    sa.Column("failover_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text, doc="As typed; empty: the template's own"),
    sa.Column("preheader", sa.Text, doc="As typed; empty: the template's own"),
    sa.Column("intro", sa.Text, doc="As typed; empty: the template's own"),
    sa.Column("schedule_id", sa.ForeignKey("schedule.id", ondelete="SET NULL")),
    sa.Column("slot", sa.Text, doc="The slot for which it was made, in local time"),
    sa.Column(
        "part",
        sa.Text,
        nullable=False,
        server_default="",
        doc="Which issue of that slot, if the schedule makes one for each brief",
    ),
    sa.Column(
        "parent_id",
        sa.ForeignKey("issue.id", ondelete="CASCADE"),
        doc="The issue that a test mail shows, a notice is about, or a correction corrects",
    ),
    sa.Column("number", sa.Integer, doc="Its number for readers, from the freeze on"),
    sa.Column("number_list_id", BigId, doc="The list whose issues the number counts"),
    sa.Column("send_at", UtcDateTime),
    sa.Column("timing", sa.JSON, doc="Quiet hours, and sending at readers' local times"),
    sa.Column(
        "deadline", UtcDateTime, doc="The time at which `at_deadline` is applied to the draft"
    ),
    sa.Column("at_deadline", sa.Text, doc="send, skip or hold"),
    sa.Column("needs_approval", sa.Boolean, nullable=False),
    sa.Column("approved_hash", sa.Text, doc="A hash of the content that was approved"),
    sa.Column("approved_count", sa.Integer, doc="The size of the audience when it was approved"),
    sa.Column("approved_number", sa.Integer, doc="The `number` that it was approved with"),
    sa.Column("approved_at", UtcDateTime),
    sa.Column("approved_by", sa.Text, doc="Who approved it, as a key of one person"),
    sa.Column(
        "changed_by",
        sa.Text,
        doc="Who last changed what it says, as a key of one person; empty: a schedule made it",
    ),
    sa.Column("approved_text", sa.Text, doc="What was approved, to show what has changed since"),
    sa.Column("pause_reason", sa.Text),
    sa.Column("pause_phrase", sa.JSON(none_as_null=True), doc="To translate `pause_reason`"),
    sa.Column(
        "held_by",
        sa.Text,
        doc="Who or what put the draft on hold; `pause_reason` says why",
    ),
    sa.Column(
        "stuck_at",
        UtcDateTime,
        doc="When the issue could not be sent at its time, and became a draft",
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("frozen_at", UtcDateTime),
    sa.Column(
        "canary_until", UtcDateTime, doc="The time until which the readers after the canary wait"
    ),
    sa.Column("submitted_at", UtcDateTime),
    sa.Column(
        "auto_paused_at",
        UtcDateTime,
        doc="When it was paused because of bounces, complaints or refusals",
    ),
    sa.Column("resumed_at", UtcDateTime),
    sa.Column("resume_reason", sa.Text),
    sa.Column(
        "created_epoch",
        sa.Text,
        nullable=False,
        server_default="",
        doc="The epoch in which it was made, which its web page's URL names",
    ),
    sa.Column(
        "frozen_epoch",
        sa.Text,
        nullable=False,
        server_default="",
        doc="The epoch in which it was frozen, which the names of its emails and calls contain",
    ),
    sa.Index("ix_issue_state", "state"),
    sa.Index("ix_issue_schedule", "schedule_id"),
    sa.Index("ix_issue_number", "number_list_id", "number"),
    sqlite_autoincrement=True,
)
"""One edition: what staff typed, how it is sent, and its state."""

issue_brief = sa.Table(
    "issue_brief",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("brief_id", sa.ForeignKey("brief.id"), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("shown_as", sa.Text, nullable=False, doc="full, takeaways, excerpt or line"),
    sa.Column("heading", sa.Text, doc="The heading that it is under"),
    sa.Index("ix_issue_brief_brief", "brief_id"),
)
"""The briefs of an issue."""

issue_check = sa.Table(
    "issue_check",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("override_reason", sa.Text, doc="Why a person sent it despite warnings"),
    sa.Column("checked_at", UtcDateTime, nullable=False),
)
"""What the last preflight check of an issue found, and why it was sent despite warnings."""

mail = sa.Table(
    "mail",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "mail",
        sa.JSON,
        nullable=False,
        doc="Subject, HTML, text and headers, with marks in place of merge fields",
    ),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column(
        "corrected", sa.JSON, doc="The mail as the browser shows it after a brief was corrected"
    ),
    sa.Column("corrected_at", UtcDateTime),
)
"""The rendered mail of a frozen issue."""
