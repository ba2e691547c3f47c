"""
Detect the layout of a file: its delimiter, whether it has a header, and which column is what.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from subscribers.errors import ImportRefused, InvalidAddress
from subscribers.fields.model import Field
from subscribers.import_export import status_words
from subscribers.import_export.cells import split_email_cell, take_guard_off
from subscribers.import_export.status_words import plain
from subscribers.validation.address import parse_address

SAMPLE_LINES = 100
_DELIMITERS = (",", ";", "\t", "|")

# The normalised column names of each field. The first one in a file is used.
_NAMES: Mapping[str, str] = {
    "email": "email emailaddress mail mailaddress emailadresse mailadresse emailadress "
    "adresseemail adressemail courriel correo correoelectronico correoelectrónico email1value "
    "subscriberemail",
    "name": "name fullname displayname",
    "first": "first firstname givenname vorname prenom prénom nombre",
    "last": "last lastname surname familyname nachname nom apellido apellidos",
    "language": "language lang locale",
    "timezone": "timezone tz zeitzone fuseauhoraire zonahoraria husohorario fusoorario tijdzone "
    "fusohorario fusohorário",
    "consent": "consent",
    "consent_at": "confirmedat confirmtime optintime optedinat consentat",
    "consent_source": "optinsource",
    "signed_up_at": "subscribedat createdat creationdate subscriptiondate entered addedtime",
    "status_at": "statuschangedat unsubscribedat unsubtime unsubscriptiondate cleantime bouncedat",
    "status_reason": "statusreason",
}


_EMAIL = frozenset(_NAMES["email"].split())
# As our own export calls them.
_SHOWN_AS = {"first": "first_name", "last": "last_name"}


@dataclass(frozen=True, kw_only=True)
class FileLayout:
    """
    How to read a file. `header` has the name of every column (generated if the file has no header),
    `fields` the position of each known field, `status_columns` the position and normalised name of
    every column that says something about a person's status.
    """

    delimiter: str
    skipped_lines: int
    has_header: bool
    header: tuple[str, ...]
    fields: Mapping[str, int]
    status_columns: tuple[tuple[int, str], ...] = ()
    declared: tuple[tuple[int, Field], ...] = ()

    @property
    def columns(self) -> dict[str, str]:
        """
        Return what each column that is read is read as: `{"Vorname": "first_name"}`.
        """
        places = [(place, _SHOWN_AS.get(field, field)) for field, place in self.fields.items()]
        places += [(place, "status") for place, _ in self.status_columns]
        places += [(place, field.name) for place, field in self.declared]
        read: dict[str, str] = {}
        for place, field in sorted(places, key=lambda each: each[0]):
            column = self.header[place]
            read[column] = f"{read[column]}, {field}" if column in read else field
        return read

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """
        Return the columns that are not read.
        """
        return tuple(column for column in self.header if column not in self.columns)


def detect_layout(lines: Iterable[str]) -> FileLayout:
    """
    Detect the layout from the first lines.

    Raises:
        ImportRefused: no column contains addresses, or several may.
    """
    sample = list(itertools.islice(lines, SAMPLE_LINES))
    skipped = 0
    delimiter = _sep_hint(sample[0]) if sample else None
    if delimiter:
        sample, skipped = sample[1:], 1
    rows = _parse(sample, delimiter or _find_delimiter(sample))
    if not rows:
        raise ImportRefused("the file has no rows")
    chosen = delimiter or _find_delimiter(sample)
    if any(_is_email_cell(cell) for cell in rows[0]):
        return _without_header(rows, chosen, skipped)
    return _with_header(rows, chosen, skipped)


def _sep_hint(line: str) -> str | None:
    """
    Return the delimiter in a first line for Excel such as `sep=;`.
    """
    text = line.strip().strip('"')
    return text[4] if text.lower().startswith("sep=") and len(text) == 5 else None


def _parse(sample: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(sample, delimiter=delimiter) if any(row)]
    except csv.Error:
        return []


def _find_delimiter(sample: Sequence[str]) -> str:
    """
    Return the delimiter with which most rows have as many cells as the first, and more than one.
    Failing that, the one that splits the first row so that one of its cells is the column of
    addresses: the rows with a wrong number of cells are then rejected one by one.
    """

    def score(delimiter: str) -> tuple[bool, bool, float, int]:
        rows = _parse(sample, delimiter)
        width = len(rows[0]) if rows else 0
        share = sum(len(row) == width for row in rows) / max(len(rows), 1)
        has_email = width > 1 and any(
            plain(cell) in _EMAIL or _is_email_cell(cell) for cell in rows[0]
        )
        return width > 1 and share >= 0.5, has_email, share, width

    return max(_DELIMITERS, key=score)


def _without_header(rows: list[list[str]], delimiter: str, skipped: int) -> FileLayout:
    width = max(len(row) for row in rows)
    place = next(place for place, cell in enumerate(rows[0]) if _is_email_cell(cell))
    header = tuple("email" if n == place else f"column {n + 1}" for n in range(width))
    return FileLayout(
        delimiter=delimiter,
        skipped_lines=skipped,
        has_header=False,
        header=header,
        fields={"email": place},
    )


def _with_header(rows: list[list[str]], delimiter: str, skipped: int) -> FileLayout:
    header, body = [take_guard_off(cell) for cell in rows[0]], rows[1:]
    columns = [plain(cell) for cell in header]
    fields: dict[str, int] = {}
    for field, names in _NAMES.items():
        known = names.split()
        places = [place for place, column in enumerate(columns) if column in known]
        if places:
            fields[field] = places[0]
        if field == "email":
            _refuse_several(header, places)
    if "email" not in fields:
        fields["email"] = _guess_email(header, body)
    return FileLayout(
        delimiter=delimiter,
        skipped_lines=skipped,
        has_header=True,
        header=tuple(header),
        fields=fields,
        status_columns=_find_status_columns(columns, body),
    )


def _refuse_several(header: Sequence[str], places: Sequence[int]) -> None:
    if len(places) > 1:
        names = " and ".join(repr(header[place]) for place in places)
        raise ImportRefused(f"the columns {names} may both be the address: rename one")


def _guess_email(header: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    """
    Return the position of the only column whose cells are addresses; its name does not matter.
    """
    places = [place for place in range(len(header)) if _holds_addresses(body, place)]
    if not places:
        raise ImportRefused(
            "no column contains addresses: name one 'email' in the first line, or remove the header"
        )
    _refuse_several(header, places)
    return places[0]


def _holds_addresses(body: Sequence[Sequence[str]], place: int) -> bool:
    cells = [row[place] for row in body if len(row) > place and row[place].strip()]
    return bool(cells) and sum(map(_is_email_cell, cells)) >= 0.8 * len(cells)


def _find_status_columns(
    columns: Sequence[str], body: Sequence[Sequence[str]]
) -> tuple[tuple[int, str], ...]:
    found = [
        (n, column) for n, column in enumerate(columns) if status_words.is_status_column(column)
    ]
    for place, column in enumerate(columns):
        if column in status_words.MAYBE_STATUS_COLUMNS and any(
            len(row) > place and status_words.is_status_word(row[place]) for row in body
        ):
            found.append((place, "status"))
    return tuple(found)


def _is_email_cell(cell: str) -> bool:
    try:
        parse_address(split_email_cell(cell)[1])
    except InvalidAddress:
        return False
    return True
