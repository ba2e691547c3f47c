"""
Detect the layout of a file: its delimiter, whether it has a header, the product that wrote it, and
which column is what.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Sequence

from subscribers.errors import ImportRefused
from subscribers.import_export.cells import take_guard_off
from subscribers.import_export.file_refusals import too_many_columns
from subscribers.import_export.products.detect_product import GENERIC, detect_product
from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import (
    SaidStatus,
    StatusColumn,
    Undecided,
)
from subscribers.import_export.reading.column_names import COLUMN_NAMES
from subscribers.import_export.reading.file_layout import FileLayout
from subscribers.import_export.reading.file_names import status_of_file_name
from subscribers.import_export.reading.find_columns import (
    AS_DETECTED,
    ReadingChoices,
    find_attributes,
    find_fields,
    find_other_lists,
    find_status_columns,
    is_email_cell,
)
from subscribers.import_export.reading.pasted_addresses import split_addresses
from subscribers.import_export.status_words import STATUS_OF_FILE, plain
from subscribers.text.phrases import phrase

SAMPLE_LINES = 100
MAX_COLUMNS = 64
# What is enough of a line to see whether it has several addresses.
_PASTED_LINE = 1_000
_DELIMITERS = (",", ";", "\t", "|")

_EMAIL = frozenset(COLUMN_NAMES["email"].split())


def detect_layout(
    lines: Iterable[str], *, file_name: str = "", choices: ReadingChoices = AS_DETECTED
) -> FileLayout:
    """
    Detect the layout from the first lines and the name of the file.

    Raises:
        ImportRefused: no column contains addresses, or several may; there are too many columns; or
            the file is from another product than the one chosen.
    """
    sample, skipped, chosen, rows = _read_sample(lines)
    is_pasted = _is_pasted(sample)
    if is_pasted or any(is_email_cell(cell) for cell in rows[0]):
        chosen = "" if is_pasted else chosen
        return _without_header(rows, chosen, skipped, FileSigns(file_name, (), rows), choices)
    header = tuple(take_guard_off(cell).strip() for cell in rows[0])
    signs = FileSigns(file_name, header, rows[1:], choices.into)
    product = detect_product(signs, choices.product)
    if product is GENERIC and len(header) > MAX_COLUMNS:
        raise ImportRefused(too_many_columns(len(header), MAX_COLUMNS))
    return _with_header(chosen, skipped, signs, product, choices)


def first_rows(lines: Iterable[str]) -> list[list[str]]:
    """
    Return the first rows of a file whose layout may not be known.

    Raises:
        ImportRefused: it has none, or holds something else than rows.
    """
    return _read_sample(lines)[3]


def _read_sample(lines: Iterable[str]) -> tuple[list[str], int, str, list[list[str]]]:
    """
    Return the first lines after those skipped, how many these are, the delimiter and the rows.
    """
    sample = list(itertools.islice(lines, SAMPLE_LINES))
    if sample and sample[0].strip().upper() == "BEGIN:VCARD":
        raise ImportRefused(phrase("these are vCards: export the contacts as CSV instead"))
    skipped = 0
    delimiter = _sep_hint(sample[0]) if sample else None
    if delimiter:
        sample, skipped = sample[1:], 1
    chosen = delimiter or _find_delimiter(sample)
    rows = _parse(sample, chosen)
    if not rows:
        raise ImportRefused(phrase("the file has no rows"))
    return sample, skipped, chosen, rows


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
            plain(cell) in _EMAIL or is_email_cell(cell) for cell in rows[0]
        )
        return width > 1 and share >= 0.5, has_email, share, width

    return max(_DELIMITERS, key=score)


def _is_pasted(sample: Sequence[str]) -> bool:
    """
    Return True for text that begins with an address and has several in a line, however they are
    separated, or one in each line with a separator after it.
    """
    lines = [line[:_PASTED_LINE].strip() for line in sample if line.strip()]
    parts = [split_addresses(line) for line in lines]
    counts = [sum(map(is_email_cell, each)) for each in parts]
    if not counts or not counts[0]:
        return False
    are_single = all(len(each) == 1 for each in parts)
    return max(counts) > 1 or (are_single and all(line[-1] in ",;" for line in lines[:-1] or lines))


def _without_header(
    rows: list[list[str]],
    delimiter: str,
    skipped: int,
    signs: FileSigns,
    choices: ReadingChoices,
) -> FileLayout:
    """
    Return the layout of a file of addresses: a column of them, or lines with one or several each.
    """
    product = detect_product(signs, choices.product)
    width, place = 1, 0
    if product is not GENERIC:
        delimiter = ""
    if delimiter:
        width = max(len(row) for row in rows)
        place = next(place for place, cell in enumerate(rows[0]) if is_email_cell(cell))
    header = tuple("email" if n == place else f"column {n + 1}" for n in range(width))
    named = FileSigns(signs.file_name, header, rows, choices.into)
    status_columns = (
        tuple(find_status_columns(named, product, has_names=False)) if delimiter else ()
    )
    otherwise, at_least = _status_of_file(signs, product, has_statuses=_are_decided(status_columns))
    return FileLayout(
        product=product.name,
        delimiter=delimiter,
        skipped_lines=skipped,
        has_header=False,
        header=header,
        fields={"email": (place,)},
        status_columns=status_columns,
        otherwise=otherwise,
        at_least=at_least,
    )


def _with_header(
    delimiter: str,
    skipped: int,
    signs: FileSigns,
    product: Product,
    choices: ReadingChoices,
) -> FileLayout:
    status_columns = tuple(find_status_columns(signs, product))
    otherwise, at_least = _status_of_file(signs, product, has_statuses=_are_decided(status_columns))
    return FileLayout(
        product=product.name,
        delimiter=delimiter,
        skipped_lines=skipped,
        has_header=True,
        header=signs.header,
        fields=dict(find_fields(signs, product, choices)),
        status_columns=status_columns,
        other_lists=tuple(find_other_lists(signs, product)),
        otherwise=otherwise,
        at_least=at_least,
        tags=tuple(
            (place, product.tags[column])
            for place, column in enumerate(signs.columns)
            if column in product.tags
        ),
        attributes=find_attributes(signs, product),
        read_time=product.time_reader(signs),
        hint=product.hint(signs),
    )


def _are_decided(columns: Sequence[StatusColumn]) -> bool:
    """
    Return True if one of the columns is known to say a status.
    """
    return any(not isinstance(each.meaning, Undecided) for each in columns)


def _status_of_file(
    signs: FileSigns, product: Product, *, has_statuses: bool
) -> tuple[SaidStatus, SaidStatus | None]:
    """
    Return what the file as a whole says about those whom no column is about, and about everybody.
    """
    otherwise = product.without_status
    # In our file of rows with errors, a column has what the files said that the rows are from.
    if signs.has(plain(STATUS_OF_FILE)):
        return otherwise, None
    if found := product.file_status(signs):
        return otherwise, found
    named = status_of_file_name(signs.file_name)
    if named and has_statuses:
        return max(otherwise, named), None
    return otherwise, named
