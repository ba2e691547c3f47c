"""
Say the details of what happened to a person in the language of the page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from newsletter.web.admin.frame.words import StaffWords
from subscribers.suppression.rules import shown_rule


class HistoryWords:
    """
    The names and values of details, and the ways in which something came, in the language of
    *words*. What is not known here was written by people, and stays as it is.
    """

    def __init__(self, words: StaffWords) -> None:
        self._names = _names(words)
        self._values = {
            "reason": _reasons(words),
            "state": _states(words),
            "standing": _states(words),
            "before": _states(words),
            "cadence": _cadences(words),
        }
        self._ways = _ways(words)

    def name(self, name: str) -> str:
        """
        Return what a detail is called.
        """
        return self._names.get(name, name)

    def value(self, name: str, value: Any) -> Any:
        """
        Return the value of the detail *name*.
        """
        if name == "rule":
            return shown_rule(str(value))
        if name == "until" and isinstance(value, str):
            return _moment(value)
        return self._values.get(name, {}).get(value, value) if isinstance(value, str) else value

    def reason(self, reason: str) -> str:
        """
        Return why a subscription ended.
        """
        return self._values["reason"].get(reason, reason)

    def way(self, way: str) -> str:
        """
        Return the way in which something came.
        """
        return self._ways.get(way, way)


def _moment(value: str) -> dt.datetime | str:
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        return value


def _names(words: StaffWords) -> Mapping[str, str]:
    _ = words.gettext
    return {
        "reason": _("Reason"),
        "state": _("State"),
        "standing": _("State then"),
        "before": _("Before"),
        "why": _("Why"),
        "until": _("Until"),
        "rule": _("Because of"),
        "list": _("List"),
        "tags": _("Tags"),
        "name": _("Name"),
        "email": _("Email address"),
        "language": _("Language"),
        "timezone": _("Time zone"),
        "cadence": _("How often"),
        "consent": _("Consent"),
        "issue": _("Issue"),
        "issue_id": _("Issue"),
        "moved_from": _("Moved from"),
        "import_undone": _("Undone import"),
        "request": _("Privacy request"),
        "run": _("Run"),
        "asked_to_confirm": _("Asked to confirm"),
        "paused_until": _("Paused until"),
    }


def _reasons(words: StaffWords) -> Mapping[str, str]:
    _ = words.gettext
    return {
        "by staff": _("by staff"),
        "by the reader": _("by the person"),
        "at the provider": _("at the provider"),
        "no answer": _("no answer"),
        "moved": _("moved to another address"),
        "before the change of address": _("before the change of address"),
        "unsubscribed before a restore": _("unsubscribed before a restore"),
        "bounce": _("the address bounced"),
        "complaint": _("they complained about an email"),
        "unsubscribed": _("they unsubscribed from everything"),
        "manual": _("by staff"),
        "unknown": _("no reason is known"),
        "erased": _("erased"),
    }


def _states(words: StaffWords) -> Mapping[str, str]:
    _ = words.gettext
    return {
        "active": _("Gets email"),
        "pending": _("To confirm"),
        "ended": _("Left"),
        "suppressed": _("Suppressed"),
    }


def _cadences(words: StaffWords) -> Mapping[str, str]:
    _ = words.gettext
    return {
        "each": _("every issue"),
        "weekly": _("once a week"),
        "monthly": _("once a month"),
    }


def _ways(words: StaffWords) -> Mapping[str, str]:
    _ = words.gettext
    return {
        "command line": _("at the command line"),
        "web": _("in the newsroom"),
        "API": _("by the API"),
        "program": _("by the program"),
        "settings page": _("on their page of settings"),
        "unsubscribe link": _("by the link to unsubscribe"),
        "unsubscribe email": _("by email to unsubscribe"),
        "confirmation": _("by the link to confirm"),
        "expiry": _("because its time was over"),
        "restore": _("by a restore"),
    }
