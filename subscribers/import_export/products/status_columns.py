"""
The columns of a file that say something about a person's status, and what their cells mean.

`status_words` has the words and columns that are common to many products; `products` the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from subscribers.import_export.cells import looks_like_time
from subscribers.import_export.status_words import (
    IF_FILLED,
    IF_NO,
    IF_YES,
    MAYBE_STATUS_COLUMNS,
    NO,
    SEVERITY,
    STATUS_OF_FILE,
    STATUS_WORD_COLUMNS,
    WORDS,
    YES,
    RowStatus,
    plain,
)

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
        word = plain(cell)
        return self.words.get(word, RowStatus.UNKNOWN) if word else self.blank

    def word_of(self, header: str, cell: str) -> str:
        return _shortened(cell) or f"{header}: blank"


@dataclass(frozen=True)
class YesOrNo:
    """
    Each cell is a yes or a no, as in `email_disabled`. A time means yes. Another word means
    `other`, if given, else what it means in a column of status words.
    """

    yes: RowStatus | None = None
    no: RowStatus | None = None
    blank: RowStatus | None = None
    other: RowStatus | None = None

    def status_of(self, cell: str) -> RowStatus | None:
        word = plain(cell)
        if not word:
            return self.blank
        if word in YES or looks_like_time(cell):
            return self.yes
        if word in NO:
            return self.no
        return self.other or WORDS.get(word, RowStatus.UNKNOWN)

    def word_of(self, header: str, cell: str) -> str:
        return f"{header}: {_shortened(cell) or 'blank'}"


@dataclass(frozen=True)
class IfFilled:
    """
    A cell that is not blank, such as the time in `unsubscribed_at`, means that it happened.
    """

    status: RowStatus

    def status_of(self, cell: str) -> RowStatus | None:
        return self.status if cell.strip() else None

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
        return self.word or f"{header}: {_shortened(cell)}"


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


_GENERIC: Mapping[str, CellMeaning] = {
    **{column: StatusWords(WORDS) for column in STATUS_WORD_COLUMNS},
    **{
        column: YesOrNo(yes=RowStatus.ACTIVE, no=status, blank=RowStatus.PENDING)
        for column, status in IF_NO.items()
    },
    **{column: YesOrNo(yes=status) for column, status in IF_YES.items()},
    **{column: IfFilled(status) for column, status in IF_FILLED.items()},
}
_OF_FILE = StatusWords({plain(status): status for status in RowStatus}, blank=None)
_BLOCKED = YesOrNo(yes=RowStatus.SUPPRESSED)


def generic_meaning(column: str, cells: Sequence[str]) -> CellMeaning | None:
    """
    Return what the *cells* of a column of that normalised name mean; None if they say nothing about
    a person's status.
    """
    if found := _GENERIC.get(column):
        return found
    if column == plain(STATUS_OF_FILE):
        return _OF_FILE
    if ("blacklist" in column or "blocklist" in column) and "sms" not in column:
        return _BLOCKED
    if column in MAYBE_STATUS_COLUMNS and any(plain(cell) in WORDS for cell in cells):
        return StatusWords(WORDS)
    return None


def _shortened(text: str) -> str:
    return " ".join(text.lower().split())[:_MAX_WORD] if text else ""
