"""
When a draft is to be sent, as it is chosen in a form: now, at a time, or by each reader's clock.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from newsletter.errors import InvalidValue
from newsletter.scheduling.local_times import parse_time
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.typed_form import TypedForm
from subscribers.text.phrases import phrase

NOW, AT, BY_CLOCK = "now", "at", "clock"


@dataclass(frozen=True, kw_only=True)
class SendChoice:
    """
    When a draft is to be sent: now, at a local time, or when each reader's clock shows it; empty if
    nothing was chosen. `shown` is the hash of what the person saw.
    """

    when: str = ""
    at: str = ""
    ignores_quiet: bool = False
    shown: str = ""

    @classmethod
    def of(cls, given: QueryParams | TypedForm) -> SendChoice:
        """
        Read the choice from a query or a form.
        """
        one = given.one if isinstance(given, TypedForm) else lambda name: given.get(name, "")
        when = one("when")
        return cls(
            when=when if when in (NOW, AT, BY_CLOCK) else "",
            at=one("at"),
            ignores_quiet=bool(one("ignore_quiet")),
            shown=one("shown"),
        )

    @property
    def query(self) -> dict[str, str]:
        """
        Return the choice as a query of the page on which it is made.
        """
        quiet = "yes" if self.ignores_quiet else ""
        given = {"when": self.when, "at": self.at, "ignore_quiet": quiet}
        return {name: value for name, value in given.items() if value}

    def fault(self, words: StaffWords, *, now: dt.datetime, timezone: str) -> FieldError | None:
        """
        Return what is wrong with the choice, for the field that it is about.
        """
        _ = words.gettext
        if not self.when:
            return FieldError(name="when", text=_("Choose when it is sent."))
        if self.when == NOW:
            text = _("A time is typed, but “Now” is chosen. Choose “At a time”, or empty the time.")
            return FieldError(name="at", text=text) if self.at else None
        try:
            self.moment(now, timezone)
        except InvalidValue:
            return FieldError(name="at", text=_("Choose a time that has not passed yet."))
        return None

    def moment(self, now: dt.datetime, timezone: str) -> dt.datetime:
        """
        Return when that is in *timezone*, in UTC.

        Raises:
            InvalidValue: it is not a time, or has passed.
        """
        # Only a local time: a form has no other, and `+2h` would be another at the answer.
        wall = self.wall()
        moment = parse_time(wall.isoformat(), now=now, timezone=timezone)
        if moment <= now:
            raise InvalidValue(
                phrase("{at} has passed: choose a later time", at=self.at), field="at"
            )
        return moment

    def wall(self) -> dt.datetime:
        """
        Return the local time that was typed.

        Raises:
            InvalidValue: it is not one.
        """
        try:
            wall = dt.datetime.fromisoformat(self.at)
        except ValueError as error:
            raise InvalidValue(phrase("{at!r} is not a time", at=self.at), field="at") from error
        return wall.replace(tzinfo=None, second=0, microsecond=0)
