"""
Buttondown: the columns of its own export, with a word for each status. A name is in the metadata.

https://docs.buttondown.com/importing-subscribers
"""

from __future__ import annotations

from collections.abc import Sequence

from subscribers.import_export.export.presets.model import (
    Preset,
    PresetFile,
    PresetPerson,
    joined,
)
from subscribers.import_export.status_words import RowStatus

_COLUMNS = (
    "id", "secondary_id", "email", "notes", "subscriber_type", "referrer_url", "utm_source",
    "utm_medium", "utm_campaign", "creation_date", "ip_address", "subscription_date",
    "unsubscription_date", "tags", "metadata",
)  # fmt: skip
_WORDS = {
    RowStatus.ACTIVE: "regular",
    RowStatus.PENDING: "unactivated",
    RowStatus.UNSUBSCRIBED: "unsubscribed",
    RowStatus.SUPPRESSED: "blocked",
    RowStatus.BOUNCED: "undeliverable",
    RowStatus.COMPLAINED: "complained",
}


def _cells(person: PresetPerson, word: str) -> Sequence[object]:
    is_over = person.status not in (RowStatus.ACTIVE, RowStatus.PENDING)
    return (
        person.id,
        "",
        person.email,
        person.note,
        word,
        *("" for _ in range(4)),
        person.subscribed_at,
        "",
        person.subscribed_at,
        person.status_changed_at if is_over else "",
        joined(person.tags, ";"),
        person.as_json(name=person.name),
    )


BUTTONDOWN = Preset(
    name="buttondown",
    has_notes=True,
    files=(PresetFile(name="subscribers.csv", columns=_COLUMNS, words=_WORDS, cells=_cells),),
)
