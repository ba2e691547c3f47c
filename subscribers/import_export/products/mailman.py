"""
Mailman: the roster, a line `Name <address>` for each member. It includes those to whom delivery is
disabled, whom a listing of its own names (`list_members --nomail=bybounce`).

https://docs.mailman3.org/projects/mailman/en/latest/src/mailman/commands/docs/members.html
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import SaidStatus, said
from subscribers.import_export.status_words import RowStatus

_NAMES = ("mailman", "listmembers", "nomail", "bybounce", "byuser", "byadmin", "roster")
# Why delivery is disabled.
_DISABLED = {
    "bybounce": RowStatus.BOUNCED,
    "byadmin": RowStatus.SUPPRESSED,
    "bymoderator": RowStatus.SUPPRESSED,
    "byuser": RowStatus.UNSUBSCRIBED,
    "nomail": RowStatus.UNSUBSCRIBED,
    "disabled": RowStatus.UNSUBSCRIBED,
}


def _is_origin_of(file: FileSigns) -> bool:
    if file.header:
        return False
    lines = [",".join(row).strip() for row in file.rows]
    are_members = all(line.count("@") == 1 for line in lines) and any(
        line.endswith(">") and not line.startswith("<") for line in lines
    )
    return are_members or any(name in file.name for name in _NAMES)


def _file_status(file: FileSigns) -> SaidStatus | None:
    found = (said(status, word) for word, status in _DISABLED.items() if word in file.name)
    return next(found, None)


MAILMAN = Product(
    name="mailman",
    is_origin_of=_is_origin_of,
    file_status=_file_status,
    without_status=said(RowStatus.ACTIVE, "member"),
)
