"""
The tables of staff: their accounts, how they log in, and their sessions.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import AsciiKey, BigId, UtcDateTime
from subscribers.database.tables import metadata


def _staff_id(*, is_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "staff_id",
        sa.ForeignKey("staff_member.id", ondelete="CASCADE"),
        primary_key=is_key,
        nullable=False,
        autoincrement=False,
    )


staff_member = sa.Table(
    "staff_member",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("email", sa.String(320), nullable=False),
    sa.Column("email_key", AsciiKey, nullable=False, doc="The address in lower case"),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.String(35), nullable=False, doc="Of their pages and emails"),
    sa.Column("timezone", sa.String(60), doc="Of the times they see; an IANA name, else UTC"),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False, doc="invited, active or removed"),
    sa.Column(
        "has_all_lists",
        sa.Boolean,
        nullable=False,
        doc="False if they are limited to the lists in `staff_list`",
    ),
    sa.Column("password_hash", sa.Text, doc="Argon2id; empty if they have no password"),
    sa.Column("totp_secret", sa.Text, doc="Of their authenticator app, encrypted"),
    sa.Column("totp_step", BigId, doc="The time step of the last code that was used"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_seen_at", UtcDateTime),
    sa.UniqueConstraint("email_key"),
    sqlite_autoincrement=True,
)
"""
The members of staff. One who was removed stays, because the histories name them.
"""

staff_list = sa.Table(
    "staff_list",
    metadata,
    _staff_id(is_key=True),
    sa.Column(
        "list_id",
        sa.ForeignKey("mailing_list.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Index(None, "list_id"),
)
"""The lists that a member of staff is limited to."""

draft_visitor = sa.Table(
    "draft_visitor",
    metadata,
    sa.Column(
        "issue_id",
        sa.ForeignKey("issue.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _staff_id(is_key=True),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Index(None, "staff_id"),
)
"""Who has the page of a draft open, and when their browser last said so."""

staff_identity = sa.Table(
    "staff_identity",
    metadata,
    sa.Column("issuer", sa.String(300), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True, doc="Their number at the issuer"),
    _staff_id(),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index(None, "staff_id"),
)
"""Who members of staff are at an OpenID Connect provider."""

staff_link = sa.Table(
    "staff_link",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False, doc="invitation, reset or setup"),
    sa.Column(
        "staff_id",
        sa.ForeignKey("staff_member.id", ondelete="CASCADE"),
        doc="Whom it is for; empty for the setup link of the first owner",
    ),
    sa.Column("issue_id", BigId, doc="The notice it was sent with, if it was sent by email"),
    sa.Column("epoch", sa.String(4), nullable=False, doc="The epoch in which it was made"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime, doc="When it was used or replaced"),
    sa.Index(None, "staff_id"),
    sa.Index(None, "issue_id"),
    sqlite_autoincrement=True,
)
"""
Links that work once: invitations, password resets and the setup of the first owner. The tokens in
them are signed and not stored.
"""

staff_session = sa.Table(
    "staff_session",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("id_hash", sa.String(64), nullable=False, doc="SHA-256 of what the cookie holds"),
    _staff_id(),
    sa.Column("is_open", sa.Boolean, nullable=False, doc="False until the second factor was given"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_seen_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("elevated_at", UtcDateTime, nullable=False, doc="When they last proved who they are"),
    sa.Column("user_agent", sa.String(300), nullable=False),
    sa.Column("from_address", sa.String(45), nullable=False),
    sa.Column("challenge", sa.String(100), doc="Of the passkey that was asked for, encoded"),
    sa.Column("epoch", sa.String(4), nullable=False, doc="The epoch in which it began"),
    sa.UniqueConstraint("id_hash"),
    sa.Index(None, "staff_id"),
    sa.Index(None, "ends_at"),
    sqlite_autoincrement=True,
)
"""The sessions of staff in their browsers. One that ends is deleted."""

recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    _staff_id(),
    sa.Column("code_hash", sa.String(64), nullable=False),
    sa.Column("used_at", UtcDateTime),
    sa.UniqueConstraint("staff_id", "code_hash"),
    sqlite_autoincrement=True,
)
"""The codes by which staff log in once without their authenticator app or passkey."""

passkey = sa.Table(
    "passkey",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    _staff_id(),
    sa.Column("credential_id", sa.LargeBinary, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", BigId, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime),
    sa.UniqueConstraint("credential_id"),
    sa.Index(None, "staff_id"),
    sqlite_autoincrement=True,
)
"""The passkeys of staff."""

login_failure = sa.Table(
    "login_failure",
    metadata,
    sa.Column("key", sa.String(22), primary_key=True, doc="A keyed hash of what is counted"),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False, doc="No attempt is made before"),
    sa.Index(None, "last_at"),
)
"""
Failed attempts to log in: of an account from a network, of an account, and from a network.
"""
