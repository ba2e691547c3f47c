"""
Substack: `email_list.NAME.csv`, in a ZIP archive with the posts. What a person pays is not whether
they get email.
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import IfContains, YesOrNo
from subscribers.import_export.status_words import RowStatus


def _is_origin_of(file: FileSigns) -> bool:
    return file.has("activesubscription") and file.count("emaildisabled expiry plan") >= 1


SUBSTACK = Product(
    name="substack",
    is_origin_of=_is_origin_of,
    statuses={
        "emaildisabled": YesOrNo(
            yes=RowStatus.UNSUBSCRIBED, no=RowStatus.ACTIVE, blank=RowStatus.PENDING
        ),
        # What remains of people who had their data deleted: HASH@deletion-request.substack.com.
        "email": IfContains(("@deletion-request.",), RowStatus.ERASED, "deletion request"),
    },
)
