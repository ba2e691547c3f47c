"""
Read what is given about many people into the rows that an import has.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from subscribers.errors import SubscribersError
from subscribers.fields.model import Field
from subscribers.fields.parse import parse_value
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.rows import Row
from subscribers.tags.names import parse_tag
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address
from subscribers.validation.text_fields import parse_language, person_name
from subscribers.validation.timezones import parse_timezone


@dataclass(frozen=True, kw_only=True)
class GivenPerson:
    """
    What is given about one person. An empty value leaves what is stored as it is; `tags` are added.
    """

    address: str
    name: str = ""
    timezone: str = ""
    language: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()


class UpsertOutcome(enum.StrEnum):
    """
    What became of one person. KEPT: they left the list or are suppressed, and nothing was changed.
    REFUSED: they were erased. REPEATED: an earlier row of the request was about them.
    """

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    REFUSED = "refused"
    INVALID = "invalid"
    REPEATED = "repeated"


@dataclass(frozen=True, kw_only=True)
class UpsertResult:
    """
    The outcome of one person; `reason` says what is not valid.
    """

    outcome: UpsertOutcome
    reason: str = ""


def read_given(
    given: Sequence[GivenPerson], fields: Mapping[str, Field], source: str
) -> tuple[list[tuple[UpsertResult | None, str]], dict[str, Row]]:
    """
    Return the result of each person that is clear already, with their address key; and the rows of
    the others.
    """
    results: list[tuple[UpsertResult | None, str]] = []
    rows: dict[str, Row] = {}
    for number, each in enumerate(given, start=1):
        try:
            row = _row(number, each, fields)._replace(consent_source=source)
        except SubscribersError as error:
            invalid = UpsertResult(outcome=UpsertOutcome.INVALID, reason=str(error))
            results.append((invalid, ""))
            continue
        key = row.address.key
        is_repeated = rows.setdefault(key, row) is not row
        repeated = UpsertResult(outcome=UpsertOutcome.REPEATED) if is_repeated else None
        results.append((repeated, key))
    return results, rows


def _row(number: int, given: GivenPerson, fields: Mapping[str, Field]) -> Row:
    return Row(
        record=CsvRecord(number, [given.address]),
        address=parse_address(given.address),
        name=person_name(given.name),
        language=parse_language(given.language) if given.language else None,
        timezone=parse_timezone(given.timezone) if given.timezone else None,
        values={
            name: value
            for name, text in given.fields.items()
            if (value := parse_value(_field(fields, name), text))
        },
        tags=tuple(dict.fromkeys(map(parse_tag, given.tags))),
    )


def _field(fields: Mapping[str, Field], name: str) -> Field:
    if name not in fields:
        raise SubscribersError(phrase("there is no field {name!r}", name=name))
    return fields[name]
