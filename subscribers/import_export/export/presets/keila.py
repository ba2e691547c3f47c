"""
Keila: its columns and no other, which would shift the cells. It has no people who have not
confirmed; whoever complained or is suppressed is unsubscribed there.

https://www.keila.io/docs
"""

from __future__ import annotations

from collections.abc import Sequence

from subscribers.import_export.export.presets.model import Preset, PresetFile, PresetPerson
from subscribers.import_export.status_words import RowStatus

_COLUMNS = ("Email", "First name", "Last name", "Data", "Status", "External ID")
_WORDS = {
    RowStatus.ACTIVE: "active",
    RowStatus.UNSUBSCRIBED: "unsubscribed",
    RowStatus.SUPPRESSED: "unsubscribed",
    RowStatus.COMPLAINED: "unsubscribed",
    RowStatus.BOUNCED: "unreachable",
}


def _cells(person: PresetPerson, word: str) -> Sequence[object]:
    return (person.email, *person.first_and_last, person.as_json(), word, person.id)


KEILA = Preset(
    name="keila",
    files=(PresetFile(name="contacts.csv", columns=_COLUMNS, words=_WORDS, cells=_cells),),
)
