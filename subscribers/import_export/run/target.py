"""
Where an import puts its rows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Self

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import ImportRefused
from subscribers.history.model import Origin, OriginKind
from subscribers.model import MailingList
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing


@dataclass(frozen=True, kw_only=True)
class ImportTarget:
    """
    Where the rows are imported to. `consent` says how these people agreed, `source` names the file
    in the consents, if not by its own name. `import_number` is that of the import in the history,
    to which `through` says how it was started; 0 is a dry run, which writes nothing. If
    `only_listed`, rows that are about other lists are left out; if `keep_values`, no value is
    replaced that a person has. `reach` holds the slugs of the only lists about which anything is
    changed, or is None.
    """

    connection: sa.Connection
    mailing_list: MailingList
    consent: str | None
    import_number: int
    through: str
    now: dt.datetime
    source: str | None
    keyring: KeyRing | None
    only_listed: bool = False
    keep_values: bool = False
    reach: frozenset[str] | None = None

    @property
    def origin(self) -> Origin:
        """
        Return the import as the history names it.
        """
        return Origin(kind=OriginKind.IMPORT, name=str(self.import_number), through=self.through)

    @property
    def only_slug(self) -> str | None:
        """
        Return the list that a row must be about to be imported; None if any row is.
        """
        return self.mailing_list.slug if self.only_listed else None

    def with_present_slug(self) -> Self:
        """
        Return the target with the slug that its list has now, and keeps until the transaction ends.

        Raises:
            ImportRefused: the list was removed.
        """
        lists = tables.mailing_list
        found = sa.select(lists.c.slug).where(lists.c.id == self.mailing_list.id)
        if self.import_number:
            found = found.with_for_update(read=True)
        slug = self.connection.scalar(found)
        if slug is None:
            raise ImportRefused(
                phrase("list {list} was removed during the import", list=self.mailing_list.slug)
            )
        return replace(self, mailing_list=replace(self.mailing_list, slug=slug))
