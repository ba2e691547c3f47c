"""
What the inbox is asked for, in the address of its page: words, a source, a state, days, and the
place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from newsletter.model.brief import BriefStatus
from newsletter.store.content.inbox import InboxFilter
from newsletter.web.admin.path_numbers import number_or_none

INBOX = "/admin/briefs"
# Recorded briefs are older than their source: nobody looks for them in the inbox.
SHOWN = (BriefStatus.NEW, BriefStatus.HELD, BriefStatus.USED)
_MOST_CHARS = 200


@dataclass(frozen=True, kw_only=True)
class InboxQuery:
    """
    The values of the address. Those that are not valid are empty.
    """

    text: str = ""
    source: str = ""
    state: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    before: int | None = None
    after: int | None = None

    @classmethod
    def read(cls, values: Mapping[str, str]) -> InboxQuery:
        """
        Return what the *values* of an address ask for.
        """
        state = values.get("state", "")
        return cls(
            text=values.get("q", "").replace("\0", "")[:_MOST_CHARS].strip(),
            source=values.get("source", "").replace("\0", "")[:_MOST_CHARS],
            state=state if state in list(BriefStatus) else "",
            since=_day(values.get("since", "")),
            until=_day(values.get("until", "")),
            before=number_or_none(values.get("before", "")),
            after=number_or_none(values.get("after", "")),
        )

    @property
    def wanted(self) -> InboxFilter:
        """
        Return which briefs are asked for.
        """
        return InboxFilter(
            states=(BriefStatus(self.state),) if self.state else SHOWN,
            source=self.source or None,
            since=self.since,
            until=self.until,
            words=tuple(self.text.split()),
        )

    @property
    def is_narrowed(self) -> bool:
        """
        Return True if some briefs are left out.
        """
        return bool(self.text or self.source or self.state or self.since or self.until)

    @property
    def values(self) -> dict[str, Any]:
        """
        Return the values by their names in the address, without the place.
        """
        days = {"since": self.since, "until": self.until}
        return {"q": self.text, "source": self.source, "state": self.state, **days}

    def path(self, **changes: Any) -> str:
        """
        Return the address with the same values, except those of *changes*, and at their place.
        """
        given = {name: value for name, value in (self.values | changes).items() if value}
        return f"{INBOX}?{urlencode(given)}" if given else INBOX


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
