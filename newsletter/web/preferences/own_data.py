"""
Everything that is stored about a reader, as their page shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.actions.preferences import ReaderSettings
from newsletter.web.public.settings_values import DataRow, DataSection

_PERSON = {
    "name": "data_name",
    "language": "data_language",
    "timezone": "data_timezone",
    "created_at": "data_joined",
    "paused_until": "data_paused",
}


def data_sections(data: Mapping[str, Any], found: ReaderSettings) -> tuple[DataSection, ...]:
    """
    Return the sections of the page: what *data*, the whole of it, says about the person, in the
    order in which it matters to them.
    """
    person = data["person"] or {}
    labels = {each.name: each.label(person.get("language") or "") for each in found.fields}
    names = {each.newsletter.slug: each.newsletter.name for each in found.choices}
    return (
        DataSection(
            word="data_person",
            rows=(
                DataRow(word="data_email", value=str(data["address"])),
                *(
                    DataRow(word=word, value=_short(person[name]))
                    for name, word in _PERSON.items()
                    if person.get(name)
                ),
            ),
        ),
        DataSection(
            word="data_answers",
            rows=tuple(
                DataRow(label=labels.get(name, name), value=value)
                for name, value in data["answers"].items()
            ),
        ),
        DataSection(
            word="data_newsletters",
            rows=tuple(_newsletter(each, names) for each in data["newsletters"]),
        ),
        DataSection(word="data_history", rows=tuple(map(_event, data["history"]))),
        DataSection(word="data_emails", rows=tuple(map(_email, data["emails"]))),
    )


def _newsletter(each: Mapping[str, Any], names: Mapping[str, str]) -> DataRow:
    consents = [consent["text"] for consent in each["consents"]]
    parts = [each["state"], _short(each["since"]), each["cadence"], *consents]
    return DataRow(label=names.get(each["list"], each["list"]), value=_joined(parts))


def _event(entry: Mapping[str, Any]) -> DataRow:
    detail = json.dumps(entry["detail"], ensure_ascii=False) if entry["detail"] else ""
    parts = [entry["what"], entry["list"], entry["by"], entry["through"], detail]
    return DataRow(label=_short(entry["at"]), value=_joined(parts))


def _email(each: Mapping[str, Any]) -> DataRow:
    events = [f"{kind} {_short(at)}" for kind, at in each["events"].items()]
    parts = [each["subject"], each["state"], *events]
    return DataRow(label=_short(each["submitted_at"] or ""), value=_joined(parts))


def _joined(parts: Sequence[str | None]) -> str:
    return " · ".join(part for part in parts if part)


def _short(text: object) -> str:
    """
    Return a time without its seconds, and anything else as it is.
    """
    written = str(text)
    is_time = len(written) > 16 and written[4:5] == "-" and written[10:11] == "T"
    return f"{written[:10]} {written[11:16]} UTC" if is_time else written
