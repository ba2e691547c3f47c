"""
What the cells of a column say about a person's status.

`generic_columns` has the columns that are common to many products; each product has its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from subscribers.import_export.cells import looks_like_time
from subscribers.import_export.status_words import NO, SEVERITY, WORDS, YES, RowStatus, plain

# What spreadsheets and databases write for nothing, beside dates of zeros.
_NOTHING = frozenset({"", "-", "–", "—", "null", "none", "nan", "n/a", "[]", "{}"})
_MAX_WORD = 60
_CACHED = 1_024


class CellMeaning(Protocol):
    """
    What the cells of a column mean.
    """

    def status_of(self, cell: str) -> RowStatus | None:
        """
        Return the status that *cell* means; None if it says nothing.
        """
        ...

    def word_of(self, header: str, cell: str) -> str:
        """
        Return how the product says that, in the column *header*.
        """
        ...


@dataclass(frozen=True)
class StatusWords:
    """
    Each cell has a word for the status, as in `status`. Words that are not known, and blank cells,
    never mean that a person is active.
    """

    words: Mapping[str, RowStatus]
    blank: RowStatus | None = RowStatus.PENDING

    def status_of(self, cell: str) -> RowStatus | None:
        if is_blank(cell):
            return self.blank
        return self.words.get(plain(cell), RowStatus.UNKNOWN)

    def word_of(self, header: str, cell: str) -> str:
        return shortened(cell) or f"{header}: blank"


@dataclass(frozen=True)
class YesOrNo:
    """
    Each cell is a yes or a no, as in `email_disabled`. A time means yes. Another word means
    `other`, if given, else what it means in a column of status words; where yes means that somebody
    is not active, no other word means that they are.
    """

    yes: RowStatus | None = None
    no: RowStatus | None = None
    blank: RowStatus | None = None
    other: RowStatus | None = None

    def status_of(self, cell: str) -> RowStatus | None:
        if is_blank(cell):
            return self.blank
        word = plain(cell)
        if word in YES or looks_like_time(cell):
            return self.yes
        if word in NO:
            return self.no
        found = self.other or WORDS.get(word, RowStatus.UNKNOWN)
        is_about_activity = self.yes is None or self.yes is RowStatus.ACTIVE
        return (
            found if is_about_activity else max(found, RowStatus.UNKNOWN, key=SEVERITY.__getitem__)
        )

    def word_of(self, header: str, cell: str) -> str:
        return f"{header}: {shortened(cell) or 'blank'}"


@dataclass(frozen=True)
class IfFilled:
    """
    A cell that is not blank, such as the time in `unsubscribed_at`, means that it happened.
    """

    status: RowStatus

    def status_of(self, cell: str) -> RowStatus | None:
        return None if is_blank(cell) or plain(cell) in NO else self.status

    def word_of(self, header: str, _cell: str) -> str:
        return header


@dataclass(frozen=True)
class IfContains:
    """
    A cell that contains one of the *parts*, in lower case, has a status, called `word` if given.
    """

    parts: Sequence[str]
    status: RowStatus
    word: str = ""

    def status_of(self, cell: str) -> RowStatus | None:
        text = cell.lower()
        return self.status if any(part in text for part in self.parts) else None

    def word_of(self, header: str, cell: str) -> str:
        return self.word or f"{header}: {shortened(cell)}"


@dataclass(frozen=True)
class Undecided:
    """
    What a cell means is not known, but it may say that a person must not be emailed: nobody is
    active by it until somebody says what the column is. `as_status` is what it means if that is a
    status.
    """

    as_status: CellMeaning

    def status_of(self, cell: str) -> RowStatus | None:
        is_silent = is_blank(cell) and self.as_status.status_of(cell) is None
        return None if is_silent else RowStatus.UNKNOWN

    def word_of(self, header: str, cell: str) -> str:
        return f"{header}: {shortened(cell) or 'blank'}"


class SaidStatus(NamedTuple):
    """
    A status and how the file says it. `severity` comes first, for `max`.
    """

    severity: int
    status: RowStatus
    word: str


def said(status: RowStatus, word: str) -> SaidStatus:
    return SaidStatus(SEVERITY[status], status, word)


class StatusColumn:
    """
    The column at `place`, called *header* in the file. What its cells mean is remembered, because
    they repeat a few words.
    """

    def __init__(self, place: int, header: str, meaning: CellMeaning) -> None:
        self.place = place
        self.meaning = meaning
        self._header = " ".join(header.split())[:_MAX_WORD]
        self._known: dict[str, SaidStatus | None] = {}

    def read(self, cell: str) -> SaidStatus | None:
        """
        Return what *cell* says; None if nothing.
        """
        try:
            return self._known[cell]
        except KeyError:
            pass
        status = self.meaning.status_of(cell)
        found = said(status, self.meaning.word_of(self._header, cell)) if status else None
        if len(self._known) < _CACHED and len(cell) <= _MAX_WORD:
            self._known[cell] = found
        return found


def is_blank(cell: str) -> bool:
    """
    Return True if there is nothing in a cell, or what stands for nothing.
    """
    text = cell.strip().lower()
    return text in _NOTHING or text.startswith("0000-00-00")


def shortened(text: str) -> str:
    return " ".join(text.lower().split())[:_MAX_WORD] if text else ""
