"""
`[audit]`: how long the audit trail is kept.
"""

from __future__ import annotations

from pydantic import Field

from newsletter.settings.sections import Section


class AuditSettings(Section):
    """
    The audit trail of what staff and programs did.
    """

    keep_days: int = Field(default=730, ge=0)
    """How many days entries are kept; 0 for ever."""
