"""
Mailchimp: a file for each status, in the columns of its own export. It has no people who have not
confirmed, and no word for suppressed ones, who are unsubscribed there.

https://mailchimp.com/help/format-guidelines-for-your-import-file/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from subscribers.import_export.export.presets.model import (
    Preset,
    PresetFile,
    PresetPerson,
    joined,
    local_time,
)
from subscribers.import_export.status_words import RowStatus

_COLUMNS = (
    "Email Address", "First Name", "Last Name", "TAGS", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME",
    "CONFIRM_IP",
)  # fmt: skip
# What Mailchimp writes after a complaint.
_ABUSE = "ABUSE"


def _subscribed(person: PresetPerson, _: str) -> Sequence[object]:
    opted_in, confirmed = local_time(person.subscribed_at), local_time(person.confirmed_at)
    tags = joined(person.tags, ",")
    return (person.email, *person.first_and_last, tags, opted_in, "", confirmed, "")


def _unsubscribed(person: PresetPerson, reason: str) -> Sequence[object]:
    return (*_subscribed(person, ""), local_time(person.status_changed_at), reason)


def _cleaned(person: PresetPerson, _: str) -> Sequence[object]:
    return (*_subscribed(person, ""), local_time(person.status_changed_at))


_NO_REASON: Mapping[RowStatus, str] = {RowStatus.UNSUBSCRIBED: "", RowStatus.SUPPRESSED: ""}
MAILCHIMP = Preset(
    name="mailchimp",
    has_field_columns=True,
    files=(
        PresetFile(
            name="subscribed_email_audience_export.csv",
            columns=_COLUMNS,
            words={RowStatus.ACTIVE: ""},
            cells=_subscribed,
        ),
        PresetFile(
            name="unsubscribed_email_audience_export.csv",
            columns=(*_COLUMNS, "UNSUB_TIME", "UNSUB_REASON"),
            words={**_NO_REASON, RowStatus.COMPLAINED: _ABUSE},
            cells=_unsubscribed,
        ),
        PresetFile(
            name="cleaned_email_audience_export.csv",
            columns=(*_COLUMNS, "CLEAN_TIME"),
            words={RowStatus.BOUNCED: ""},
            cells=_cleaned,
        ),
    ),
)
