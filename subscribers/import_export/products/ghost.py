"""
Ghost: the members of a site. Several newsletters come down to one yes or no.

https://ghost.org/docs/members/
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import YesOrNo
from subscribers.import_export.status_words import RowStatus


def _is_origin_of(file: FileSigns) -> bool:
    marks = file.count("complimentaryplan stripecustomerid labels tiers deletedat giftid")
    return file.has("subscribedtoemails") or (marks >= 3 and not file.has("tier"))


GHOST = Product(
    name="ghost",
    is_origin_of=_is_origin_of,
    fields={"signed_up_at": "createdat", "note": "note"},
    statuses={
        "subscribedtoemails": YesOrNo(
            yes=RowStatus.ACTIVE, no=RowStatus.UNSUBSCRIBED, blank=RowStatus.PENDING
        )
    },
    tags={"labels": ","},
)
