"""
listmonk: a file to subscribe and one for the blocklist, which has everybody who must not be mailed.
Its import reads one file at a time, and adds everybody in it in the way that is chosen there.

https://listmonk.app/docs/
"""

from __future__ import annotations

from collections.abc import Sequence

from subscribers.import_export.export.presets.model import Preset, PresetFile, PresetPerson
from subscribers.import_export.status_words import RowStatus

_COLUMNS = ("email", "name", "attributes")
_NEVER = (
    RowStatus.UNSUBSCRIBED, RowStatus.SUPPRESSED, RowStatus.BOUNCED, RowStatus.COMPLAINED
)  # fmt: skip


def _cells(person: PresetPerson, _: str) -> Sequence[object]:
    return (person.email, person.name, person.as_json())


LISTMONK = Preset(
    name="listmonk",
    files=(
        PresetFile(
            name="subscribe.csv", columns=_COLUMNS, words={RowStatus.ACTIVE: ""}, cells=_cells
        ),
        PresetFile(
            name="blocklist.csv",
            columns=_COLUMNS,
            words=dict.fromkeys(_NEVER, ""),
            cells=_cells,
        ),
    ),
)
