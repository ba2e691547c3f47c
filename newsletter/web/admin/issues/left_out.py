"""
Say in the words of the newsroom why readers were left out of an issue, or skipped.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.web.admin.frame.words import StaffWords
from subscribers.audience.exclusion_reason import ExclusionKind, parse_reason


def left_out_in_words(counts: Mapping[str, int], words: StaffWords) -> list[tuple[str, int]]:
    """
    Return each reason in words with the number of people, the most first.
    """
    found: dict[str, int] = {}
    for reason, people in counts.items():
        line = reason_in_words(reason, words)
        found[line] = found.get(line, 0) + people
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))


def reason_in_words(text: str, words: StaffWords) -> str:
    """
    Return a reason of the ledger in words; what a provider wrote stays as it is.
    """
    reason = parse_reason(text)
    if reason is None:
        return text
    _, detail = words.gettext, reason.detail
    return {
        ExclusionKind.ERASED: _("Their data was erased"),
        ExclusionKind.SUPPRESSED: _("The address is suppressed: %(why)s", why=detail),
        ExclusionKind.MINUS_LIST: _(
            "They are on the list %(list)s, which is left out", list=detail
        ),
        ExclusionKind.PAUSED: _("They paused their email"),
        ExclusionKind.SEGMENT: _("They are not in the segment %(segment)s", segment=detail),
        ExclusionKind.CADENCE: _("They chose another cadence: %(cadence)s", cadence=detail),
        ExclusionKind.PENDING: _("They have not confirmed yet"),
        ExclusionKind.ENDED: _("Their subscription has ended: %(why)s", why=detail),
        ExclusionKind.NOT_SUBSCRIBED: _("Their subscription has ended"),
        ExclusionKind.ACTIVE: _("They are subscribed already"),
        ExclusionKind.CONFIRMED: _("They have confirmed already"),
        ExclusionKind.EXPIRED: _("They took too long"),
    }[reason.kind]
