"""
Find which column of a file holds what, by the product that wrote it, the names of the columns and
what a person says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from subscribers.errors import ImportRefused, InvalidAddress
from subscribers.import_export.cells import split_email_cell
from subscribers.import_export.products.generic_columns import generic_meaning
from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.state_headings import UNSURE_HEADINGS
from subscribers.import_export.products.status_columns import StatusColumn
from subscribers.import_export.products.undecided_columns import undecided_meaning
from subscribers.import_export.reading.column_names import COLUMN_NAMES
from subscribers.import_export.reading.file_layout import Attributes
from subscribers.import_export.status_words import plain
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address


@dataclass(frozen=True, kw_only=True)
class ReadingChoices:
    """
    What a person says about a file: the product that wrote it, and what its columns are, by their
    names. `into` are the names of the list that it is imported into.
    """

    product: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    into: Sequence[str] = ()


AS_DETECTED = ReadingChoices()
# The columns that are known, and of no status.
_ABOUT_PEOPLE = frozenset(
    {*(each for names in COLUMN_NAMES.values() for each in names.split())}
    | {"tags", "tag", "labels", "label", "groups", "group", "segments", "segment", "lists"}
)


def find_fields(
    signs: FileSigns, product: Product, choices: ReadingChoices
) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "email", _find_email(signs, product, choices)
    for name, generic in COLUMN_NAMES.items():
        names = product.fields.get(name, generic)
        places = _places(signs, names) or (_places(signs, generic) if names else ())
        if places and name != "email":
            _refuse_repeated([signs.header[place] for place in places])
            yield name, places


def _refuse_repeated(names: Sequence[str]) -> None:
    """
    Refuse a file in which two columns of the same name would be read: they may be about different
    things.
    """
    for name in names:
        if names.count(name) > 1:
            raise ImportRefused(
                phrase(
                    "{names} columns are called {name!r}: rename one",
                    names=names.count(name),
                    name=name,
                )
            )


def _places(signs: FileSigns, names: str) -> tuple[int, ...]:
    """
    Return the positions of the columns of these names, in the order of the names.
    """
    return tuple(
        place
        for name in names.split()
        for place, column in enumerate(signs.columns)
        if column == name or (name.endswith("*") and column.startswith(name[:-1]))
    )


def _find_email(signs: FileSigns, product: Product, choices: ReadingChoices) -> tuple[int, ...]:
    for column, name in choices.columns.items():
        if name == "email" and has_column(signs.header, column):
            return (place_of(signs.header, column),)
    mapped = {place for column in choices.columns for place in _places_of(signs.header, column)}
    free = [place for place in range(len(signs.header)) if place not in mapped]

    def named(names: str) -> tuple[int, ...]:
        return tuple(place for place in _places(signs, names) if place in free)

    if places := named(product.fields.get("email", "")):
        return places
    places = named(COLUMN_NAMES["email"])
    if not places:
        places = tuple(place for place in free if _holds_addresses(signs.rows, place))
    if product.is_first_column_email:
        return places[:1] or tuple(free[:1])
    # Only an import has this option.
    option = phrase(', or add --map "COLUMN=email"') if choices.into else ""
    if not places:
        raise ImportRefused(
            phrase(
                "no column contains addresses: name one 'email' in the first line, or "
                "remove the header{option}",
                option=option,
            )
        )
    if len(places) > 1:
        names = " and ".join(repr(signs.header[place]) for place in places)
        raise ImportRefused(
            phrase(
                "the columns {names} may both be the address: rename one{option}",
                names=names,
                option=option,
            )
        )
    return places


def place_of(header: Sequence[str], column: str) -> int:
    """
    Return the position of the column that a person calls *column*.

    Raises:
        ImportRefused: there is none, or more than one.
    """
    places = _places_of(header, column)
    if len(places) != 1:
        what = phrase("no column")
        if places:
            what = phrase("{number} columns", number=len(places))
        shown = ", ".join(header[:20])
        raise ImportRefused(
            phrase(
                "the file has {what} {column!r}; its columns are {shown}",
                what=what,
                column=column,
                shown=shown,
            )
        )
    return places[0]


def has_column(header: Sequence[str], column: str) -> bool:
    """
    Return True if there is a column that a person calls *column*.
    """
    return bool(_places_of(header, column))


def _places_of(header: Sequence[str], column: str) -> list[int]:
    exact = [place for place, name in enumerate(header) if name == column.strip()]
    return exact or [place for place, name in enumerate(header) if plain(name) == plain(column)]


def _holds_addresses(body: Sequence[Sequence[str]], place: int) -> bool:
    cells = [row[place] for row in body if len(row) > place and row[place].strip()]
    return bool(cells) and sum(map(is_email_cell, cells)) >= 0.8 * len(cells)


def find_status_columns(
    signs: FileSigns, product: Product, *, has_names: bool = True
) -> Iterator[StatusColumn]:
    others = dict.fromkeys(product.other_lists(signs))
    is_product = product.is_known or signs.is_own_export
    of_product = {**product.statuses, **product.more_statuses(signs), **others}
    for place, column in enumerate(signs.columns):
        if column in of_product:
            meaning = of_product[column]
        elif column == "consent" and signs.is_own_export:
            meaning = None
        else:
            # Our own export has a column for the status, and nothing is guessed from the others.
            cells = [] if signs.is_own_export else signs.cells(column)
            meaning = None
            if is_product or column not in UNSURE_HEADINGS:
                meaning = generic_meaning(column, cells, is_product=is_product)
            if meaning is None and not is_product and column not in _ABOUT_PEOPLE:
                meaning = undecided_meaning(signs.header[place], cells, has_name=has_names)
        if meaning is not None:
            yield StatusColumn(place, signs.header[place], meaning)


def find_other_lists(signs: FileSigns, product: Product) -> Iterator[StatusColumn]:
    others = product.other_lists(signs)
    for place, column in enumerate(signs.columns):
        if meaning := others.get(column):
            yield StatusColumn(place, signs.header[place], meaning)


def find_attributes(signs: FileSigns, product: Product) -> Attributes | None:
    places = _places(signs, product.attributes)
    return Attributes(place=places[0], read=product.read_attributes) if places else None


def is_email_cell(cell: str) -> bool:
    try:
        parse_address(split_email_cell(cell)[1])
    except InvalidAddress:
        return False
    return True
