"""
Turn frozen deliveries into recipients, with their merge values, links and Message-ID.

Everything is derived, so that the same delivery always makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.mail.links import Links
from newsletter.model.identifiers import instance_in, message_ids
from newsletter.model.mail import Mail, Recipient
from newsletter.store.delivery.deliveries import DeliveryRow


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
        review = unsubscribe
        # A notice has no such field, because nobody can unsubscribe from it.
        if "unsubscribe_url" in names:
            unsubscribe = self.links.unsubscribe_all([row.subscription_id for row in rows])
        if "review_url" in names:
            review = [self.links.review(row.id, epoch) for row in rows]
        ids = message_ids(
            issue_id,
            [row.id for row in rows],
            instance=instance_in(self.instance, epoch),
            domain=mail.sender.address.rpartition("@")[2],
        )
        return tuple(map(_recipient, rows, ids, unsubscribe, review))


def _recipient(
    row: DeliveryRow, message_id: str, unsubscribe_url: str | None, review_url: str | None
) -> Recipient:
    first, _, last = row.name.strip().partition(" ")
    email = row.email or ""
    values = {"email": email, "name": row.name, "first_name": first, "last_name": last.strip()}
    if unsubscribe_url is not None:
        values["unsubscribe_url"] = unsubscribe_url
    if review_url is not None:
        values["review_url"] = review_url
    return Recipient(row.id, email, message_id, row.name, unsubscribe_url, values)
