"""
The lists that readers can join, with everything that their pages show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.issues.context import PublishingContext
from newsletter.model.brand import Brand
from newsletter.store.issues.list_settings import ListSettings, settings_from_row
from newsletter.store.tables import list_settings
from subscribers.database.tables import mailing_list
from subscribers.errors import UnknownList
from subscribers.fields.asked import asked_fields
from subscribers.fields.model import AskedField
from subscribers.model import MailingList, OptIn, Visibility
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class PublicList:
    """
    A list as pages show it. `asks` are the fields that its sign-up form asks for; `consent` is the
    sentence that people agree to, empty if the pages have to word it. While it `is_held`, nobody
    can sign up, because no email is sent to confirm it.
    """

    id: int
    slug: str
    name: str
    tagline: str
    description: str
    language: str
    visibility: Visibility
    opt_in: OptIn
    brand: Brand
    postal_address: str
    consent: str
    consent_version: int
    confirms_on_open: bool
    needs_proof_of_work: bool
    sends_welcome: bool
    sends_goodbye: bool
    origins: tuple[str, ...]
    joined_url: str
    confirmed_url: str
    left_url: str
    is_held: bool
    asks: tuple[AskedField, ...] = ()

    @property
    def mailing_list(self) -> MailingList:
        """
        Return the list that people subscribe to.
        """
        return MailingList(
            id=self.id,
            slug=self.slug,
            name=self.name,
            description=self.description,
            opt_in=self.opt_in,
            visibility=self.visibility,
            language=self.language,
        )


def public_lists(context: PublishingContext, connection: sa.Connection) -> list[PublicList]:
    """
    Return the lists that public pages offer, ordered by name.
    """
    return _load(context, connection, mailing_list.c.visibility == Visibility.PUBLIC.value)


def joinable_list(context: PublishingContext, connection: sa.Connection, slug: str) -> PublicList:
    """
    Return the public or unlisted list of that slug.

    Raises:
        UnknownList: there is none, or it is private.
    """
    is_it = (mailing_list.c.slug == slug) & (mailing_list.c.visibility != Visibility.PRIVATE.value)
    found = _load(context, connection, is_it)
    if not found:
        raise UnknownList(phrase("there is no public list {slug!r}", slug=slug))
    return found[0]


def lists_as_pages_show_them(
    context: PublishingContext, connection: sa.Connection, list_ids: Sequence[int]
) -> list[PublicList]:
    """
    Return lists by their numbers, whatever their visibility: those that somebody is on.
    """
    return _load(context, connection, mailing_list.c.id.in_(list(list_ids)))


def _load(
    context: PublishingContext, connection: sa.Connection, which: sa.ColumnElement[bool]
) -> list[PublicList]:
    rows = connection.execute(
        sa.select(mailing_list, list_settings)
        .outerjoin(list_settings, list_settings.c.list_id == mailing_list.c.id)
        .where(which)
        .order_by(mailing_list.c.name, mailing_list.c.id)
    ).all()
    asked = asked_fields(connection, [row.id for row in rows]) if rows else {}
    return [_public_list(context, row, asked.get(row.id, ())) for row in rows]


def _public_list(
    context: PublishingContext, row: sa.Row[Any], asks: tuple[AskedField, ...]
) -> PublicList:
    own = ListSettings() if row.list_id is None else settings_from_row(row)
    found = MailingList(
        id=row.id,
        slug=row.slug,
        name=row.name,
        description=row.description,
        opt_in=OptIn(row.opt_in),
        visibility=Visibility(row.visibility),
        language=row.language,
    )
    return list_as_pages_show_it(context, found, own, asks)


def list_as_pages_show_it(
    context: PublishingContext,
    found: MailingList,
    own: ListSettings,
    asks: tuple[AskedField, ...],
) -> PublicList:
    """
    Return a list that was loaded, with its settings and the fields that its form asks for, as pages
    show it.

    Raises:
        SettingsError: its look is no longer valid.
    """
    return PublicList(
        id=found.id,
        slug=found.slug,
        name=found.name,
        tagline=own.tagline,
        description=found.description,
        language=found.language,
        visibility=found.visibility,
        opt_in=found.opt_in,
        brand=context.brand_with(own.brand) if own.brand else context.site.brand,
        postal_address=own.postal_address or context.site.postal_address,
        consent=own.consent,
        consent_version=own.consent_version,
        confirms_on_open=own.confirms_on_open,
        needs_proof_of_work=own.needs_proof_of_work,
        sends_welcome=own.sends_welcome,
        sends_goodbye=own.sends_goodbye,
        origins=tuple(own.origins.split()),
        joined_url=own.joined_url or "",
        confirmed_url=own.confirmed_url or "",
        left_url=own.left_url or "",
        is_held=own.held_reason is not None,
        asks=tuple(each for each in asks if each.field.is_public),
    )
