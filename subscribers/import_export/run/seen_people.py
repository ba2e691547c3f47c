"""
Remember which people the earlier rows of an import were about.
"""

from __future__ import annotations

from subscribers.import_export.import_policy import REFUSED
from subscribers.import_export.rows import Row
from subscribers.import_export.run.hash_set import HashSet
from subscribers.import_export.status_words import SEVERITY, RowStatus


class SeenPeople:
    """
    The people in the rows so far, and those whom a row calls by a status that is refused: the
    strictest word about a person counts, wherever it is in the files.

    Of most people only a hash of the address key is kept; a collision only makes a count wrong.
    """

    def __init__(self) -> None:
        self._seen = HashSet()
        self._refused: dict[int, RowStatus] = {}

    def __contains__(self, key: str) -> bool:
        return hash(key) in self._seen

    def add(self, row: Row) -> None:
        """
        Remember the person of a row.
        """
        person = hash(row.address.key)
        self._seen.add(person)
        if row.status in REFUSED:
            before = self._refused.get(person, row.status)
            self._refused[person] = max(before, row.status, key=SEVERITY.__getitem__)

    def with_strictest_status(self, row: Row) -> Row:
        """
        Return the row with the status that an earlier one was refused for, if that is stricter.
        """
        if not self._refused:
            return row
        refused = self._refused.get(hash(row.address.key))
        if refused is None or SEVERITY[refused] <= SEVERITY[row.status]:
            return row
        return row._replace(status=refused)
