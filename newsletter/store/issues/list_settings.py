"""
The settings that publishing adds to a mailing list: its sender and providers, its look, what its
sign-up asks, and when its issues may be sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from newsletter.model.mail import Sender
from newsletter.model.timing import QuietHours, quiet_from
from newsletter.store.issues.numbers import newest_number
from newsletter.store.tables import list_settings
from subscribers.database.columns import insert_into
from subscribers.database.tables import mailing_list
from subscribers.lists import find_lists, read_list
from subscribers.model import MailingList

# The columns that have the name and type of their setting.
_PLAIN = (
    "reply_to",
    "needs_approval",
    "second_person_above",
    "timezone",
    "provider",
    "fallback_provider",
    "postal_address",
    "tagline",
    "consent",
    "consent_version",
    "confirms_on_open",
    "needs_proof_of_work",
    "sends_welcome",
    "sends_goodbye",
    "origins",
    "joined_url",
    "confirmed_url",
    "left_url",
    "held_reason",
)


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """
    What publishing adds to a list. None, and no `brand`, mean the site's.

    `quiet` are the hours in which no issue is submitted, in `timezone`. `brand` has the keys of
    `[brand]` that differ from the site's. `consent` is the sentence that people agree to when they
    join; each change of it raises `consent_version`. A confirmation link that `confirms_on_open`
    needs no button. While there is a `held_reason`, nothing is sent to the list. An issue to more
    readers than `second_person_above` needs the approval of a second person. Pages of the
    `origins`, with spaces between them, may sign people up.
    """

    sender: Sender | None = None
    reply_to: str | None = None
    provider: str | None = None
    fallback_provider: str | None = None
    postal_address: str | None = None
    brand: Mapping[str, Any] = field(default_factory=dict)
    needs_approval: bool = False
    second_person_above: int | None = None
    quiet: QuietHours | None = None
    timezone: str = "UTC"
    tagline: str = ""
    consent: str = ""
    consent_version: int = 1
    confirms_on_open: bool = False
    needs_proof_of_work: bool = False
    sends_welcome: bool = True
    sends_goodbye: bool = False
    origins: str = ""
    joined_url: str | None = None
    confirmed_url: str | None = None
    left_url: str | None = None
    held_reason: str | None = None


def load_list_settings(connection: sa.Connection, list_id: int) -> ListSettings:
    """
    Load the settings of the list, or the defaults.
    """
    row = connection.execute(
        sa.select(list_settings).where(list_settings.c.list_id == list_id)
    ).one_or_none()
    return ListSettings() if row is None else settings_from_row(row)


def all_list_settings(connection: sa.Connection) -> dict[int, ListSettings]:
    """
    Load the settings of every list that has some, by the number of the list.
    """
    rows = connection.execute(sa.select(list_settings))
    return {row.list_id: settings_from_row(row) for row in rows}


def settings_from_row(row: sa.Row[Any]) -> ListSettings:
    """
    Return the settings in a row that has all columns of the table.
    """
    plain = {name: getattr(row, name) for name in _PLAIN}
    return ListSettings(
        **plain,
        sender=Sender(row.sender_name, row.sender_address) if row.sender_address else None,
        quiet=quiet_from(row.quiet) if row.quiet else None,
        brand=row.brand or {},
    )


@dataclass(frozen=True, kw_only=True)
class AudienceLists:
    """
    The lists that an issue goes to, each with its settings, and those that it leaves out.
    `next_number` is that of the next issue to the first.
    """

    lists: Sequence[MailingList]
    settings: Sequence[ListSettings]
    minus: Sequence[MailingList]
    next_number: int

    @property
    def needs_approval(self) -> bool:
        """
        Return whether one of the lists requires that its issues are approved.
        """
        return any(each.needs_approval for each in self.settings)

    @property
    def second_person_limit(self) -> int | None:
        """
        Return the number of readers above which a second person has to approve, the lowest of the
        lists; None if no list has one.
        """
        limits = [each.second_person_above for each in self.settings]
        return min((each for each in limits if each is not None), default=None)

    @property
    def timezone(self) -> str:
        """
        Return the time zone of the first list, in which the times of the issue are typed.
        """
        return next((each.timezone for each in self.settings), ListSettings.timezone)

    @property
    def quiet_hours(self) -> list[QuietHours]:
        """
        Return the quiet hours of its lists, each in the time zone of its list, as `quiet_hours_of`.
        """
        pairs = sorted(zip(self.lists, self.settings, strict=True), key=lambda each: each[0].slug)
        return [replace(own.quiet, timezone=own.timezone) for _, own in pairs if own.quiet]


def lists_of_audience(
    connection: sa.Connection, slugs: Sequence[str], minus: Sequence[str] = ()
) -> AudienceLists:
    """
    Load the lists *slugs* that an issue goes to and those that it leaves out, in one statement.

    Raises:
        UnknownList: one of them does not exist.
    """
    newest = newest_number(mailing_list.c.id).scalar_subquery().label("newest_number")
    found = connection.execute(
        sa.select(mailing_list, list_settings, newest)
        .outerjoin_from(mailing_list, list_settings, list_settings.c.list_id == mailing_list.c.id)
        .where(mailing_list.c.slug.in_([*slugs, *minus]))
    )
    rows = {row.slug: row for row in found}
    if not rows.keys() >= {*slugs, *minus}:
        find_lists(connection, [*slugs, *minus])
    return AudienceLists(
        lists=[read_list(rows[slug]) for slug in slugs],
        settings=[
            ListSettings() if rows[slug].list_id is None else settings_from_row(rows[slug])
            for slug in slugs
        ],
        minus=[read_list(rows[slug]) for slug in minus],
        next_number=int(rows[slugs[0]].newest_number or 0) + 1 if slugs else 1,
    )


@dataclass(frozen=True, kw_only=True)
class NamedList:
    """
    A list with what somebody needs to know who chooses it for an issue.
    """

    slug: str
    name: str
    timezone: str = "UTC"
    needs_approval: bool = False
    second_person_above: int | None = None


def named_lists(connection: sa.Connection) -> list[NamedList]:
    """
    Return every list, ordered by its name.
    """
    found = connection.execute(
        sa.select(
            mailing_list.c.slug,
            mailing_list.c.name,
            list_settings.c.timezone,
            list_settings.c.needs_approval,
            list_settings.c.second_person_above,
        )
        .outerjoin_from(mailing_list, list_settings, list_settings.c.list_id == mailing_list.c.id)
        .order_by(mailing_list.c.name, mailing_list.c.slug)
    )
    return [
        NamedList(
            slug=row.slug,
            name=row.name,
            timezone=row.timezone or "UTC",
            needs_approval=bool(row.needs_approval),
            second_person_above=row.second_person_above,
        )
        for row in found
    ]


def requiring_approval(connection: sa.Connection, slugs: Sequence[str]) -> list[str]:
    """
    Return those of the lists *slugs* whose issues need approval, in the order of their slugs.
    """
    found = connection.execute(
        sa.select(mailing_list.c.slug)
        .join(list_settings, list_settings.c.list_id == mailing_list.c.id)
        .where(mailing_list.c.slug.in_(list(slugs)), list_settings.c.needs_approval)
        .order_by(mailing_list.c.slug)
    )
    return list(found.scalars())


def second_person_limits(connection: sa.Connection) -> dict[str, int]:
    """
    Return, by the slug of each list that has one, the number of readers above which an issue needs
    a second person.
    """
    above = list_settings.c.second_person_above
    found = connection.execute(
        sa.select(mailing_list.c.slug, above)
        .join(list_settings, list_settings.c.list_id == mailing_list.c.id)
        .where(above.is_not(None))
    )
    return {row.slug: row.second_person_above for row in found}


def timezone_of_list(connection: sa.Connection, slug: str) -> str:
    """
    Return the time zone of the list *slug*.
    """
    found: str | None = connection.scalar(
        sa.select(list_settings.c.timezone)
        .join(mailing_list, mailing_list.c.id == list_settings.c.list_id)
        .where(mailing_list.c.slug == slug)
    )
    return found or ListSettings.timezone


def quiet_hours_of(connection: sa.Connection, slugs: Sequence[str]) -> list[QuietHours]:
    """
    Return the quiet hours of the lists *slugs*, each in the time zone of its list.
    """
    found = connection.execute(
        sa.select(list_settings.c.quiet, list_settings.c.timezone)
        .join(mailing_list, mailing_list.c.id == list_settings.c.list_id)
        .where(mailing_list.c.slug.in_(list(slugs)), list_settings.c.quiet.is_not(None))
        .order_by(mailing_list.c.slug)
    )
    return [quiet_from(row.quiet, row.timezone) for row in found]


def quiet_hours_by_list(connection: sa.Connection) -> dict[str, QuietHours]:
    """
    Return the quiet hours of every list that has some, by its slug.
    """
    found = connection.execute(
        sa.select(mailing_list.c.slug, list_settings.c.quiet, list_settings.c.timezone)
        .join(mailing_list, mailing_list.c.id == list_settings.c.list_id)
        .where(list_settings.c.quiet.is_not(None))
        .order_by(mailing_list.c.slug)
    )
    return {row.slug: quiet_from(row.quiet, row.timezone) for row in found}


def set_list_settings(connection: sa.Connection, list_id: int, own: ListSettings) -> None:
    """
    Store the settings of the list.
    """
    values = {
        **{name: getattr(own, name) for name in _PLAIN},
        "sender_name": own.sender.name if own.sender else "",
        "sender_address": own.sender.address if own.sender else None,
        "quiet": str(own.quiet) if own.quiet else None,
        "brand": dict(own.brand) or sa.null(),
    }
    connection.execute(
        insert_into(connection, list_settings)
        .values(list_id=list_id, **values)
        .on_conflict_do_update(index_elements=["list_id"], set_=values)
    )
