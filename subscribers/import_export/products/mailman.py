"""
Mailman: the roster, a line `Name <address>` for each member. It includes those to whom delivery is
disabled, whom a listing of its own names (`list_members --nomail=bybounce`). Scripts and archivers
write tables of members, which have that in a column.

https://docs.mailman3.org/projects/mailman/en/latest/src/mailman/commands/docs/members.html
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import SaidStatus, StatusWords, said
from subscribers.import_export.status_words import RowStatus, plain

_NAMES = ("mailman", "listmembers", "nomail", "bybounce", "byuser", "byadmin", "roster")
_OF_MEMBERS = "role deliverymode moderationaction listid subscriptionmode"
# Why delivery is disabled.
_DISABLED = {
    "bybounce": RowStatus.BOUNCED,
    "byadmin": RowStatus.SUPPRESSED,
    "bymoderator": RowStatus.SUPPRESSED,
    "byuser": RowStatus.UNSUBSCRIBED,
    "nomail": RowStatus.UNSUBSCRIBED,
    "disabled": RowStatus.UNSUBSCRIBED,
}


# What the tables of members have about delivery: in Mailman 2 by a letter, `[B]`.
_NOMAIL = {
    **dict.fromkeys(["off", "no", "false", "0", "enabled"], RowStatus.ACTIVE),
    **dict.fromkeys(["b", "onb", "bybounces", "bybounce"], RowStatus.BOUNCED),
    **dict.fromkeys(["a", "ona", "bymoderator", "byadmin"], RowStatus.SUPPRESSED),
    **dict.fromkeys(["u", "onu", "byuser"], RowStatus.UNSUBSCRIBED),
    **dict.fromkeys(["on", "yes", "true", "1", "unknown"], RowStatus.UNSUBSCRIBED),
}
_DELIVERY = StatusWords(_NOMAIL, blank=RowStatus.ACTIVE)
# The same table may have people who own, moderate, or only write to the list.
_ROLE = StatusWords(
    words(active="member", no_consent="owner moderator nonmember"), blank=RowStatus.ACTIVE
)


def _is_origin_of(file: FileSigns) -> bool:
    if file.header:
        return (
            file.columns == ("subscribedaddresses",)
            or (file.has("deliverystatus") and _has_second_sign(file))
            or (file.has("nomail") and file.count("digest mod hide ack realname address") >= 2)
        )
    lines = [",".join(row).strip() for row in file.rows]
    are_members = all(line.count("@") == 1 for line in lines) and any(
        line.endswith((">", ")")) and not line.startswith("<") for line in lines
    )
    return are_members or any(name in file.name for name in _NAMES)


def _has_second_sign(file: FileSigns) -> bool:
    """
    Return True if a file with a status of delivery, as shops have for parcels, is of members.
    """
    reasons = {plain(cell) for cell in file.cells("deliverystatus")}
    return file.count(_OF_MEMBERS) > 0 or not reasons.isdisjoint(_DISABLED)


def _file_status(file: FileSigns) -> SaidStatus | None:
    if "enabled" in file.name:
        return None
    found = (said(status, word) for word, status in _DISABLED.items() if word in file.name)
    return next(found, None)


MAILMAN = Product(
    name="mailman",
    is_origin_of=_is_origin_of,
    fields={
        "email": "email address subscribedaddresses",
        "name": "displayname realname fullname name",
    },
    statuses={"nomail": _DELIVERY, "deliverystatus": _DELIVERY, "role": _ROLE},
    file_status=_file_status,
    without_status=said(RowStatus.ACTIVE, "member"),
)
