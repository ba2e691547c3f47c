"""
A frozen delivery as a recipient: their merge values, their links, their Message-ID.

Everything is derived, so that the same delivery always makes the same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.model.mail import MergeField, Recipient
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.events.outcomes import Named
from subscribers.tokens import KeyRing

UNSUBSCRIBE = "unsubscribe"
VIEW = "view"
REVIEW = "review"
HOOK = "hook"
# A test mail's link: it looks like the real one and does nothing.
TEST_TOKEN = "test"  # noqa: S105 - not a secret
# What stands before the @ of our Message-IDs; a provider that takes no dots in tags has `_` there.
_LABEL = re.compile(r"i([0-9]{1,18})-d([0-9]{1,18})[._]([0-9a-f]{10})")
_KEY = re.compile(r"([0-9a-f]{10})-i([0-9]{1,18})-b[0-9]+-[0-9]+")


@dataclass(frozen=True, kw_only=True)
class Links:
    """
    The addresses in a mail. `base_url` is the site's, without a slash at its end.
    """

    base_url: str
    keys: KeyRing

    def unsubscribe(self, subscription_id: int) -> str:
        """
        Where one subscription ends (RFC 8058).
        """
        return self.unsubscribe_all([subscription_id])[0]

    def unsubscribe_all(self, subscription_ids: Sequence[int | None]) -> list[str]:
        """
        Where each subscription ends, in order; for None, a test mail, a page that says so.
        """
        known = [number for number in subscription_ids if number is not None]
        signed = iter(self.keys.sign_all(UNSUBSCRIBE, known))
        return [
            f"{self.base_url}/u/{TEST_TOKEN if number is None else next(signed)}"
            for number in subscription_ids
        ]

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

    def hook(self, provider: str) -> str:
        """
        Where a provider tells what became of mails; whoever knows the address may knock.
        """
        word = self.keys.words(f"{HOOK}\0{provider}")[0]
        return f"{self.base_url}/hooks/{urllib.parse.quote(provider, safe='')}/{word}"

    def opens_hook(self, provider: str, word: str) -> bool:
        """
        Whether *word* is the secret in a provider's address, compared in constant time.
        """
        given = word.encode("utf-8", "surrogatepass")
        mine = self.keys.words(f"{HOOK}\0{provider}")
        return sum(hmac.compare_digest(given, one.encode()) for one in mine) > 0


def instance_name(secret: bytes) -> str:
    """
    A short name of this installation, the same as long as its secret: it keeps the keys and
    Message-IDs of two installations apart.
    """
    return hashlib.sha256(b"instance:" + secret).hexdigest()[:10]


def delivery_named(
    label: str, batch_key: str, email_key: str, *, message: str = "", instance: str
) -> Named | None:
    """
    The delivery that an event names, by the label of its message, else by the key of its call and
    the address, else by the provider's name for the *message* and the address; None where it names
    none of this installation.
    """
    # PostgreSQL cannot even be asked for a name with a NUL in it.
    if message and message.isprintable() and email_key:
        return Named(email_key=email_key, provider_id=message)
    found = _LABEL.fullmatch(label)
    if found is not None:
        is_ours = found[3] == instance
        return Named(issue_id=int(found[1]), delivery_id=int(found[2])) if is_ours else None
    called = _KEY.fullmatch(batch_key)
    if called is None or called[1] != instance or not email_key:
        return None
    return Named(issue_id=int(called[2]), email_key=email_key)


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
