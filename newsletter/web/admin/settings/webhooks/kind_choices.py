"""
The kinds of event that a webhook can be sent, and how what was sent has ended, in words.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.model.outgoing import OutgoingKind
from newsletter.web.admin.frame.words import StaffWords


def kind_choices(words: StaffWords) -> Mapping[str, str]:
    """
    Return what each kind of event is called.
    """
    _ = words.gettext
    return {
        OutgoingKind.ISSUE_APPROVAL_NEEDED.value: _("an issue waits for approval"),
        OutgoingKind.ISSUE_APPROVED.value: _("an issue was approved"),
        OutgoingKind.ISSUE_SCHEDULED.value: _("an issue was scheduled"),
        OutgoingKind.ISSUE_SUBMITTED.value: _("an issue was submitted"),
        OutgoingKind.ISSUE_PAUSED.value: _("an issue was paused"),
        OutgoingKind.ISSUE_CORRECTED.value: _("an issue was corrected"),
        OutgoingKind.ISSUE_CANCELLED.value: _("an issue was cancelled"),
        OutgoingKind.ISSUE_FAILED.value: _("an issue could not be sent"),
        OutgoingKind.SCHEDULE_SKIPPED.value: _("a schedule made no issue"),
        OutgoingKind.BRIEF_COLLECTED.value: _("a brief was collected"),
        OutgoingKind.SUBSCRIBER_JOINED.value: _("somebody signed up"),
        OutgoingKind.SUBSCRIBER_CONFIRMED.value: _("somebody confirmed"),
        OutgoingKind.SUBSCRIBER_LEFT.value: _("somebody left"),
        OutgoingKind.SUBSCRIBER_SUPPRESSED.value: _("an address was suppressed"),
        OutgoingKind.SUBSCRIBER_BOUNCED.value: _("an email bounced"),
        OutgoingKind.SUBSCRIBER_COMPLAINED.value: _("somebody pressed “spam”"),
        OutgoingKind.SUBSCRIBER_UPDATED.value: _("somebody's details changed"),
        OutgoingKind.SUBSCRIBER_TAGGED.value: _("somebody's tags changed"),
        OutgoingKind.IMPORT_FINISHED.value: _("an import ended"),
        OutgoingKind.EXPORT_READY.value: _("an export is ready"),
        "test": _("test"),
    }
