"""
A frozen delivery as a recipient: their merge values, their links, their Message-ID.

Everything is derived, so that the same delivery always makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.mail.links import Links
from newsletter.model.mail import MergeField, Recipient
from newsletter.store.delivery.deliveries import DeliveryRow


def recipients_of(
    rows: Sequence[DeliveryRow],
    *,
    issue_id: int,
    links: Links,
    instance: str,
    sender_domain: str,
    fields: Sequence[MergeField],
) -> tuple[Recipient, ...]:
    """
    The recipients that deliveries of one issue were frozen for, in order, with the links that the
    *fields* of its mail name.
    """
    names = {field.name for field in fields}
    leave: Sequence[str | None] = [None] * len(rows)
    review = leave
    # A notice has no such field: nobody can unsubscribe from it.
    if "unsubscribe_url" in names:
        leave = links.unsubscribe_all([row.subscription_id for row in rows])
    if "review_url" in names:
        review = [links.review(row.id) for row in rows]
    start, end = f"<i{issue_id}-d", f".{instance}@{sender_domain}>"
    return tuple(
        [
            _recipient(row, f"{start}{row.id}{end}", unsubscribe_url=leave_at, review_url=review_at)
            for row, leave_at, review_at in zip(rows, leave, review, strict=True)
        ]
    )


def _recipient(
    row: DeliveryRow, message_id: str, *, unsubscribe_url: str | None, review_url: str | None
) -> Recipient:
    first, _, last = row.name.strip().partition(" ")
    email = row.email or ""
    values = {"email": email, "name": row.name, "first_name": first, "last_name": last.strip()}
    if unsubscribe_url is not None:
        values["unsubscribe_url"] = unsubscribe_url
    if review_url is not None:
        values["review_url"] = review_url
    return Recipient(row.id, email, message_id, row.name, unsubscribe_url, values)
