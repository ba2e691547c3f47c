"""
A frozen delivery as a recipient: their merge values, their links, their Message-ID.

Everything is derived, so that the same delivery always makes the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.model.mail import MergeField, Recipient
from newsletter.store.deliveries import DeliveryRow
from subscribers.tokens import KeyRing

UNSUBSCRIBE = "unsubscribe"
VIEW = "view"
REVIEW = "review"
# A test mail's link: it looks like the real one and does nothing.
TEST_TOKEN = "test"  # noqa: S105 - not a secret


@dataclass(frozen=True, kw_only=True)
class Links:
    """
    The addresses in a mail. `base_url` is the site's, without a slash at its end.
    """

    base_url: str
    keys: KeyRing

    def unsubscribe(self, subscription_id: int | None) -> str:
        """
        Where one subscription ends (RFC 8058); for a test mail, a page that says so.
        """
        token = TEST_TOKEN
        if subscription_id is not None:
            token = self.keys.sign(UNSUBSCRIBE, subscription_id)
        return f"{self.base_url}/u/{token}"

    def view(self, issue_id: int) -> str:
        """
        Where an issue is read in the browser, with nobody's data in it.
        """
        return f"{self.base_url}/v/{self.keys.sign(VIEW, issue_id)}"

    def review(self, delivery_id: int) -> str:
        """
        Where the editor of one delivery decides about the issue their notice speaks of.
        """
        return f"{self.base_url}/r/{self.keys.sign(REVIEW, delivery_id)}"


def instance_name(secret: bytes) -> str:
    """
    A short name of this installation, the same as long as its secret: it keeps the keys and
    Message-IDs of two installations apart.
    """
    return hashlib.sha256(b"instance:" + secret).hexdigest()[:10]


def recipient_of(
    row: DeliveryRow,
    *,
    issue_id: int,
    links: Links,
    instance: str,
    sender_domain: str,
    fields: Sequence[MergeField],
) -> Recipient:
    """
    The recipient a delivery was frozen for, with the links that the *fields* of the mail name.
    """
    first, _, last = row.name.strip().partition(" ")
    names = {field.name for field in fields}
    own_links = {}
    # A notice has no such field: nobody can unsubscribe from it.
    if "unsubscribe_url" in names:
        own_links["unsubscribe_url"] = links.unsubscribe(row.subscription_id)
    if "review_url" in names:
        own_links["review_url"] = links.review(row.id)
    email = row.email or ""
    return Recipient(
        delivery_id=row.id,
        email=email,
        name=row.name,
        message_id=f"<i{issue_id}-d{row.id}.{instance}@{sender_domain}>",
        unsubscribe_url=own_links.get("unsubscribe_url"),
        values={
            "email": email,
            "name": row.name,
            "first_name": first,
            "last_name": last.strip(),
            **own_links,
        },
    )
