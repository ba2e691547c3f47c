"""
Check that every email names a postal address: the check `postal_address` of `newsletter doctor`.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.store.issues.list_settings import load_list_settings
from subscribers.lists import all_slugs, find_list
from subscribers.text.phrases import joined, phrase, plural

_MOST_NAMED = 5


def check_postal_address(app: App) -> str:
    """
    Return the postal address of the site, and how many lists have their own.

    Raises:
        NewsletterError: the emails of the site or of a list leave this machine without one; the
            line names such lists.
    """
    usual = app.settings.delivery.provider
    without, with_own = [], 0
    with app.database.read() as connection:
        for slug in all_slugs(connection):
            own = load_list_settings(connection, find_list(connection, slug).id)
            if own.postal_address:
                with_own += 1
            elif app.settings.reaches_people(own.provider or usual):
                without.append(slug)
    address = app.site.postal_address
    if not address and (without or app.settings.reaches_people(usual)):
        raise NewsletterError(
            phrase(
                "[site] postal_address is missing{lists}: most laws require one in "
                "commercial email",
                lists=_and_of_lists(without),
            )
        )
    found = address or phrase("not set; needed before email leaves this machine")
    lists = plural("{n} list has its own", "{n} lists have their own", with_own)
    return joined("; ", [found, lists]) if with_own else found


def _and_of_lists(slugs: Sequence[str]) -> str:
    if not slugs:
        return ""
    if len(slugs) == 1:
        return phrase(", and 1 list has none of its own ({list})", list=slugs[0])
    named = ", ".join(slugs[:_MOST_NAMED])
    more = len(slugs) - _MOST_NAMED
    names = phrase("{names} and {more} more", names=named, more=more) if more > 0 else named
    return phrase(
        ", and {number} lists have none of their own ({names})", number=len(slugs), names=names
    )
