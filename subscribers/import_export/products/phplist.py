"""
phpList: subscribers with flags of 0 and 1, and the names of their lists.

https://www.phplist.org/manual/books/phplist-manual/page/exporting-subscribers
"""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import CellMeaning, YesOrNo
from subscribers.import_export.status_words import RowStatus

_CONFIRMED = YesOrNo(yes=RowStatus.ACTIVE, no=RowStatus.PENDING, blank=RowStatus.PENDING)
_BLOCKED = YesOrNo(yes=RowStatus.SUPPRESSED)


# The columns of the table in the database.
_TABLE = "confirmed blacklisted optedin bouncecount uniqid htmlemail rssfrequency subscribepage"


def _more_statuses(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    # It says whether somebody used a form that no longer exists.
    return {"optedin": None} if file.has("confirmed") else {}


def _is_origin_of(file: FileSigns) -> bool:
    return file.count(_TABLE) >= 4 or (
        file.count(
            "isthissubscriberconfirmed isthissubscriberblacklisted isthisuserconfirmed "
            "isthisuserblacklisted didthissubscribermanuallyconfirm isthisaccountdisabled"
        )
        >= 1
    )


PHPLIST = Product(
    name="phplist",
    is_origin_of=_is_origin_of,
    fields={"signed_up_at": "entered"},
    statuses={
        "isthissubscriberconfirmed": _CONFIRMED,
        "isthisuserconfirmed": _CONFIRMED,
        "isthissubscriberblacklisted": _BLOCKED,
        "isthisuserblacklisted": _BLOCKED,
        "isthisaccountdisabled": _BLOCKED,
    },
    more_statuses=_more_statuses,
    tags={"listmembership": ";"},
)
