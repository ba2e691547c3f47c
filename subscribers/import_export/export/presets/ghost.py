"""
Ghost: members, who get emails or do not. Those who have not confirmed are left out: Ghost would
take them for members who left.

https://ghost.org/help/import-members/
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

_WORDS = {
    RowStatus.ACTIVE: "true",
    RowStatus.UNSUBSCRIBED: "false",
    RowStatus.SUPPRESSED: "false",
    RowStatus.BOUNCED: "false",
    RowStatus.COMPLAINED: "false",
}


def _cells(person: PresetPerson, word: str) -> Sequence[object]:
    labels = joined(person.tags, ",")
    return (person.email, person.name, person.note, word, labels, person.subscribed_at)


GHOST = Preset(
    name="ghost",
    has_no_fields=True,
    has_notes=True,
    files=(
        PresetFile(
            name="members.csv",
            columns=("email", "name", "note", "subscribed_to_emails", "labels", "created_at"),
            words=_WORDS,
            cells=_cells,
        ),
    ),
)
