"""
beehiiv: the subscribers of a publication, with a column of yes and no for each tier.
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import StatusWords
from subscribers.import_export.status_words import RowStatus

_WORDS = words(
    active="active",
    pending="pending validating needsattention",
    # People who unsubscribed, and those whom beehiiv does not mail for another reason.
    unsubscribed="inactive unsubscribed paused",
    bounced="invalid bounced",
    complained="complained",
)


_COLUMNS = (
    "tier subscriptiontier subscriptionpremiumtiernames subscriberid utmchannel referringsite "
    "referralcode referralcount"
)


def _is_origin_of(file: FileSigns) -> bool:
    return file.has("status") and file.count(_COLUMNS) >= 1 and not file.has("subscribertype")


BEEHIIV = Product(
    name="beehiiv",
    is_origin_of=_is_origin_of,
    # The first time that they signed up, even if they came back later.
    fields={"signed_up_at": "createdat subscribedat", "status_at": "unsubscribedat"},
    statuses={"status": StatusWords(_WORDS, blank=RowStatus.PENDING)},
    tags={"tags": ","},
)
