"""
Check that issues can be sent to each mailing list: the check `lists` of `newsletter doctor`.
"""

from __future__ import annotations

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.issues.settings.list_identity import require_providers
from newsletter.store.issues.list_holds import require_not_held
from newsletter.store.issues.list_settings import load_list_settings
from subscribers.lists import all_slugs, find_list
from subscribers.text.phrases import phrase


def check_lists(app: App) -> str:
    """
    Return how many lists there are.

    Raises:
        NewsletterError: a provider of one is not in the settings, its look is no longer valid, or
            it is held; the line names each such list.
    """
    faults = []
    with app.database.read() as connection:
        slugs = all_slugs(connection)
        for slug in slugs:
            own = load_list_settings(connection, find_list(connection, slug).id)
            try:
                require_providers(app.publishing, slug, own)
                app.publishing.brand_with(own.brand)
                require_not_held(connection, [slug])
            except NewsletterError as error:
                faults.append(str(error))
    if faults:
        raise NewsletterError("; ".join(faults))
    return (
        phrase("{number}, all of which can be sent to", number=len(slugs))
        if slugs
        else phrase("none yet")
    )
