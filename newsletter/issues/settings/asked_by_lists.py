"""
What the lists of an issue ask for before it is sent: an approval, or that of a second person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from newsletter.store.issues.list_settings import AudienceLists, NamedList


@dataclass(frozen=True, kw_only=True)
class AskedByLists:
    """
    Whether one of the lists asks for an approval, and the lowest number of readers above which one
    asks for a second person; None if none does.
    """

    needs_approval: bool = False
    second_person_above: int | None = None

    def holds(self, readers: int | None) -> bool:
        """
        Return whether an issue to so many readers, None if they were not counted, is not sent
        without an approval.
        """
        limit = self.second_person_above
        return self.needs_approval or (
            limit is not None and readers is not None and readers > limit
        )


def asked_by(slugs: Collection[str], named: Iterable[NamedList]) -> AskedByLists:
    """
    Return what those of the lists ask for that have these *slugs*.
    """
    own = [each for each in named if each.slug in slugs]
    limits = [each.second_person_above for each in own if each.second_person_above is not None]
    return AskedByLists(
        needs_approval=any(each.needs_approval for each in own),
        second_person_above=min(limits, default=None),
    )


def asked_by_audience(lists: AudienceLists) -> AskedByLists:
    """
    Return what the lists of an audience ask for.
    """
    return AskedByLists(
        needs_approval=lists.needs_approval, second_person_above=lists.second_person_limit
    )
