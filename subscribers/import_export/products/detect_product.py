"""
Find out which product wrote a file.
"""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.errors import ImportRefused
from subscribers.import_export.products.beehiiv import BEEHIIV
from subscribers.import_export.products.brevo import BREVO
from subscribers.import_export.products.buttondown import BUTTONDOWN
from subscribers.import_export.products.ghost import GHOST
from subscribers.import_export.products.google import GOOGLE
from subscribers.import_export.products.hubspot import HUBSPOT
from subscribers.import_export.products.keila import KEILA
from subscribers.import_export.products.kit import KIT
from subscribers.import_export.products.listmonk import LISTMONK
from subscribers.import_export.products.mailchimp import MAILCHIMP
from subscribers.import_export.products.mailerlite import MAILERLITE
from subscribers.import_export.products.mailman import MAILMAN
from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.phplist import PHPLIST
from subscribers.import_export.products.sendgrid import SENDGRID
from subscribers.import_export.products.status_columns import said
from subscribers.import_export.products.substack import SUBSTACK
from subscribers.import_export.status_words import RowStatus
from subscribers.text.phrases import phrase

# Anything else: a spreadsheet, a list of addresses, our own export.
GENERIC = Product(
    name="generic",
    is_known=False,
    is_origin_of=lambda _: True,
    without_status=said(RowStatus.ACTIVE, ""),
    tags={"tags": ""},
)
# Those with the clearest marks come first.
PRODUCTS: Mapping[str, Product] = {
    product.name: product
    for product in (
        MAILCHIMP,
        SUBSTACK,
        BUTTONDOWN,
        PHPLIST,
        GOOGLE,
        SENDGRID,
        HUBSPOT,
        GHOST,
        LISTMONK,
        KEILA,
        BEEHIIV,
        BREVO,
        MAILERLITE,
        KIT,
        MAILMAN,
    )
}


def detect_product(file: FileSigns, chosen: str | None = None) -> Product:
    """
    Return the product that wrote the file, or the *chosen* one.

    Raises:
        ImportRefused: the file is from another product than the chosen one. Read as that, people
            who left might become active.
    """
    found = GENERIC
    if not file.is_own_export:
        found = next((each for each in PRODUCTS.values() if each.is_origin_of(file)), GENERIC)
    if chosen is None or chosen == found.name:
        return found
    if found is not GENERIC:
        raise ImportRefused(
            phrase(
                "the file is an export of {name}: leave out --product {chosen}",
                name=found.name,
                chosen=chosen,
            )
        )
    return product_named(chosen)


def product_named(name: str) -> Product:
    """
    Return the product of that name.

    Raises:
        ImportRefused: it is not known.
    """
    try:
        return PRODUCTS[name.strip().lower()]
    except KeyError as error:
        known = ", ".join(sorted(PRODUCTS))
        raise ImportRefused(
            phrase("{name!r} is not a known product: use one of {known}", name=name, known=known)
        ) from error
