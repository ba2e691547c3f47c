"""
Who a list is to its readers: its sender, provider and look, and the site's where it has none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.errors import SettingsError
from newsletter.issues.context import PublishingContext
from newsletter.model.issue import Issue, Site
from newsletter.model.mail import Sender
from newsletter.store.issues.list_settings import ListSettings, load_list_settings
from subscribers.database.tables import mailing_list
from subscribers.lists import find_list
from subscribers.model import MailingList
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class ListIdentity:
    """
    What the mails of a list are sent and rendered with. `site` has the list's brand, postal address
    and language.
    """

    site: Site
    sender: Sender
    reply_to: str | None
    provider: str
    fallback_provider: str | None


def list_identity(
    context: PublishingContext, connection: sa.Connection, list_id: int
) -> ListIdentity:
    """
    Return who the list is to its readers.

    Raises:
        SettingsError: its fallback provider cannot continue what its provider began, or one of them
            is not in the settings.
    """
    own = load_list_settings(connection, list_id)
    language = connection.scalar(
        sa.select(mailing_list.c.language).where(mailing_list.c.id == list_id)
    )
    return ListIdentity(
        site=site_with(context, own, language=language),
        sender=own.sender or context.default_sender,
        reply_to=own.reply_to or context.default_reply_to,
        provider=own.provider or context.default_provider,
        fallback_provider=fallback_of_list(context, own),
    )


def site_of_list(context: PublishingContext, connection: sa.Connection, about: MailingList) -> Site:
    """
    Return the site as the mails and pages of a list show it: with the list's own brand, postal
    address and language.
    """
    own = load_list_settings(connection, about.id)
    return site_with(context, own, language=about.language)


def site_of_issue(context: PublishingContext, connection: sa.Connection, issue: Issue) -> Site:
    """
    Return the site as the first list of an issue shows it.

    Raises:
        UnknownList: that list no longer exists.
    """
    first = find_list(connection, issue.audience.lists[0])
    return site_of_list(context, connection, first)


def fallback_of_list(
    context: PublishingContext, own: ListSettings, named: str | None = None
) -> str | None:
    """
    Return the fallback provider of an issue to a list: *named*, else the list's, else the site's.

    Raises:
        SettingsError: it is not in the settings, or cannot continue what the list's provider began.
    """
    primary = own.provider or context.default_provider
    return context.fallback_provider(named or own.fallback_provider, primary=primary)


def require_providers(context: PublishingContext, slug: str, own: ListSettings) -> None:
    """
    Require that the providers of the list are in the settings.

    Raises:
        SettingsError: one is not, or its fallback cannot continue what it began; the line names the
            list.
    """
    provider_of_list(context, slug, own)
    try:
        fallback_of_list(context, own)
    except SettingsError as error:
        raise SettingsError(phrase("list {list}: {error}", list=slug, error=error)) from error


def provider_of_list(context: PublishingContext, slug: str, own: ListSettings) -> str:
    """
    Return the provider of issues to the list: its own, else the site's.

    Raises:
        SettingsError: its own is not in the settings; the line names the list.
    """
    if own.provider is None:
        return context.default_provider
    try:
        context.provider_named(own.provider)
    except SettingsError as error:
        raise SettingsError(phrase("list {list}: {error}", list=slug, error=error)) from error
    return own.provider


def site_with(context: PublishingContext, own: ListSettings, *, language: str | None) -> Site:
    """
    Return the site as a list with the settings *own* and that *language* shows it.
    """
    return replace(
        context.site,
        language=language or context.site.language,
        postal_address=own.postal_address or context.site.postal_address,
        brand=context.brand_with(own.brand) if own.brand else context.site.brand,
    )
