"""
Whom the page of people shows: the text that was typed and the filter, as they are in a form or in
the query of a URL. A text may be an address, so it is in no URL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from newsletter.web.admin.path_numbers import number_or_none
from subscribers.filters.model import PeopleFilter, PersonState

_STATES = {each.value: each for each in PersonState}


@dataclass(frozen=True, kw_only=True)
class AskedPeople:
    """
    What was asked for. With `is_anywhere`, the text is searched for in the middle of addresses and
    names too. The page begins behind the person with the number `after`; `seen` people were on the
    pages before.
    """

    text: str = ""
    is_anywhere: bool = False
    list_slug: str = ""
    state: str = ""
    segment: str = ""
    tag: str = ""
    after: int = 0
    seen: int = 0

    @property
    def which(self) -> PeopleFilter:
        """
        Return the filter without the text.
        """
        return PeopleFilter(
            list_slug=self.list_slug,
            state=_STATES.get(self.state),
            segment=self.segment,
            tag=self.tag,
            text=self.text if self.is_anywhere else "",
        )

    @property
    def narrowed(self) -> dict[str, str]:
        """
        Return the values of the filter that are given, by the names of their fields.
        """
        given = {
            "list": self.list_slug,
            "state": self.state,
            "segment": self.segment,
            "tag": self.tag,
        }
        return {name: value for name, value in given.items() if value}

    def path(self, **more: int) -> str:
        """
        Return the URL of the people whom the filter matches.
        """
        query = urlencode({**self.narrowed, **more})
        return f"/admin/people?{query}" if query else "/admin/people"


def read_asked(value: Callable[[str], str]) -> AskedPeople:
    """
    Return what was asked for; *value* gives that of a field.
    """
    state = value("state")
    return AskedPeople(
        text=value("q").strip(),
        is_anywhere=bool(value("anywhere")),
        list_slug=value("list"),
        state=state if state in _STATES else "",
        segment=value("segment"),
        tag=value("tag").strip(),
        after=number_or_none(value("after")) or 0,
        seen=number_or_none(value("seen")) or 0,
    )
