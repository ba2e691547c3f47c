"""
Turn frozen deliveries into recipients, with their merge values, links and Message-ID.

Everything is derived, so that the same delivery always makes the same bytes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from newsletter.mail.links import Links
from newsletter.mail.merge.declared import show_value
from newsletter.model.identifiers import instance_in, message_ids
from newsletter.model.mail import Mail, MergeField, Recipient
from newsletter.model.staff import StaffLinkKind
from newsletter.store.delivery.deliveries import DeliveryRow
from subscribers.requests.model import RequestKind


@dataclass(frozen=True)
class RecipientFactory:
    """
    Turn frozen deliveries into recipients, with the links that a mail's merge fields name.
    """

    links: Links
    instance: str

    def __call__(
        self, rows: Sequence[DeliveryRow], issue_id: int, mail: Mail, epoch: str
    ) -> tuple[Recipient, ...]:
        """
        Return the recipients that deliveries of one issue were frozen for in *epoch*, in order.
        """
        names = {field.name for field in mail.fields}
        unsubscribe: Sequence[str | None] = [None] * len(rows)
        if "unsubscribe_url" in names:
            unsubscribe = self.links.unsubscribe_all([row.subscription_id for row in rows])
        links = {name: self._links(name, rows, epoch) for name in _OWN_LINKS if name in names}
        ids = message_ids(
            issue_id,
            [(row.id, row.occasion) for row in rows],
            instance=instance_in(self.instance, epoch),
            domain=mail.sender.address.rpartition("@")[2],
        )
        own = zip(*links.values(), strict=True) if links else itertools.repeat(())
        declared = [field for field in mail.fields if field.display]
        return tuple(
            _recipient(row, message_id, url, zip(links, values, strict=True), declared)
            for row, message_id, url, values in zip(rows, ids, unsubscribe, own, strict=False)
        )

    def _links(self, name: str, rows: Sequence[DeliveryRow], epoch: str) -> Sequence[str | None]:
        """
        Return the link called *name* of each delivery, or None if it has none.
        """
        if name == "review_url":
            return [self.links.review(row.id, epoch) for row in rows]
        if name in STAFF_LINKS:
            return [self.links.staff_mail(STAFF_LINKS[name], row.id, epoch) for row in rows]
        if name == "preferences_url":
            return self.links.preferences_all([row.subscriber_id for row in rows])
        kind = REQUEST_LINKS[name]
        return [
            None if row.request_id is None else self.links.request(kind, row.request_id, epoch)
            for row in rows
        ]


# The fields of notices that answer a request.
REQUEST_LINKS: Mapping[str, RequestKind] = {
    "confirm_url": RequestKind.JOIN,
    "settings_url": RequestKind.FIND,
    "new_address_url": RequestKind.ADDRESS,
    "erasure_url": RequestKind.ERASURE,
}
# The fields of notices that let staff in.
STAFF_LINKS: Mapping[str, StaffLinkKind] = {
    "invitation_url": StaffLinkKind.INVITATION,
    "reset_url": StaffLinkKind.RESET,
}
_OWN_LINKS = ("review_url", "preferences_url", *REQUEST_LINKS, *STAFF_LINKS)


def _recipient(
    row: DeliveryRow,
    message_id: str,
    unsubscribe_url: str | None,
    links: Iterable[tuple[str, str | None]],
    declared: Sequence[MergeField],
) -> Recipient:
    first, _, last = row.name.strip().partition(" ")
    email = row.email or ""
    values = {"email": email, "name": row.name, "first_name": first, "last_name": last.strip()}
    if unsubscribe_url is not None:
        values["unsubscribe_url"] = unsubscribe_url
    values |= {name: url for name, url in links if url is not None}
    if row.merge_values is not None:
        frozen = orjson.loads(row.merge_values)
        values |= {
            each.key: show_value(each, frozen[each.name])
            for each in declared
            if each.name in frozen
        }
    return Recipient(row.id, email, message_id, row.name, unsubscribe_url, values)
