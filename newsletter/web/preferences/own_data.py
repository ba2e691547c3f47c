"""
What is stored about a reader, as their page shows it. Codes and details are in the file only.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.actions.readers.preferences import ReaderSettings
from newsletter.mail.templating.context import format_date_long
from newsletter.mail.templating.translations import language_in_itself
from newsletter.web.public.settings_values import DataRow, DataSection
from subscribers.fields.model import Field, FieldType

_PERSON = {"name": "data_name", "language": "data_language", "timezone": "data_timezone"}
_DAYS = {"created_at": "data_joined", "paused_until": "data_paused"}
_STATES = {"pending": "data_pending", "active": "data_signed_up", "ended": "data_left"}
_EVENTS = {"joined": "data_signed_up"}


def data_sections(
    data: Mapping[str, Any], found: ReaderSettings, language: str
) -> tuple[DataSection, ...]:
    """
    Return the sections of the page: what *data*, the whole of it, says about the person in
    *language*, in the order in which it matters to them.
    """
    fields = {each.name: each for each in found.fields}
    names = {each.newsletter.slug: each.newsletter.name for each in found.choices}
    return (
        DataSection(word="data_person", rows=tuple(_person(data, language))),
        DataSection(
            word="data_answers",
            rows=tuple(
                _answer(name, value, fields.get(name), language)
                for name, value in data["answers"].items()
            ),
        ),
        DataSection(word="data_notes", rows=tuple(_notes(data, language))),
        DataSection(
            word="data_newsletters",
            rows=tuple(_newsletter(each, names, language) for each in data["newsletters"]),
        ),
        DataSection(
            word="data_history",
            rows=tuple(_event(each, names, fields, language) for each in data["history"]),
        ),
        DataSection(
            word="data_emails",
            rows=tuple(
                DataRow(label=_day(each["submitted_at"], language), value=each["subject"] or "")
                for each in data["emails"]
                if each["submitted_at"]
            ),
        ),
    )


def _person(data: Mapping[str, Any], language: str) -> list[DataRow]:
    person = data["person"] or {}
    known = {name: word for name, word in (_PERSON | _DAYS).items() if person.get(name)}
    rows = [DataRow(word="data_email", value=str(data["address"]))]
    for name, word in known.items():
        value = str(person[name])
        if name in _DAYS:
            value = _day(value, language)
        elif name == "language":
            value = language_in_itself(value)
        rows.append(DataRow(word=word, value=value))
    return rows


def _answer(name: str, value: str, field: Field | None, language: str) -> DataRow:
    if field is None:
        return DataRow(label=name, value=value)
    label = field.label(language)
    if field.type is FieldType.BOOLEAN and value in ("yes", "no"):
        return DataRow(label=label, words=(value,))
    labels = {option.key: option.label(language) for option in field.options}
    keys = json.loads(value) if field.type is FieldType.CHOICES and value else [value]
    return DataRow(label=label, value=", ".join(labels.get(key, key) for key in keys))


def _notes(data: Mapping[str, Any], language: str) -> list[DataRow]:
    """
    Return what staff say of the person: the tags in one row, then the notes.
    """
    tags = [DataRow(word="data_tags", value=", ".join(data["tags"]))] if data["tags"] else []
    notes = [
        DataRow(label=_day(each["written_at"], language), value=each["text"])
        for each in data["notes"]
    ]
    return [*tags, *notes]


def _newsletter(each: Mapping[str, Any], names: Mapping[str, str], language: str) -> DataRow:
    consents = [consent["text"] for consent in each["consents"]]
    return DataRow(
        label=names.get(each["list"], each["list"]),
        words=(_STATES[each["state"]], f"cadence_{each['cadence']}"),
        value=_joined([_day(each["since"], language), *consents]),
    )


def _event(
    entry: Mapping[str, Any],
    names: Mapping[str, str],
    fields: Mapping[str, Field],
    language: str,
) -> DataRow:
    changed = entry["detail"].get("fields") or {}
    labels = [fields[name].label(language) for name in changed if name in fields]
    return DataRow(
        label=_day(entry["at"], language),
        words=(_EVENTS.get(entry["what"], f"data_{entry['what']}"),),
        value=_joined([names.get(entry["list"], entry["list"]), *labels]),
    )


def _joined(parts: Sequence[str | None]) -> str:
    return " · ".join(part for part in parts if part)


def _day(time: str, language: str) -> str:
    return format_date_long(dt.datetime.fromisoformat(time).date(), language)
