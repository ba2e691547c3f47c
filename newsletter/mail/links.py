"""
Build the signed addresses in a mail: unsubscribe, browser view, review, webhook.
"""

from __future__ import annotations

import hmac
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass

from subscribers.tokens import KeyRing

UNSUBSCRIBE = "unsubscribe"


VIEW = "view"


REVIEW = "review"


WEBHOOK = "hook"


# A test mail's link: it looks like the real one and does nothing.
TEST_TOKEN = "test"  # noqa: S105 - not a secret


@dataclass(frozen=True, kw_only=True)
class Links:
    """
    The addresses in a mail. `base_url` is the site's, without a slash at its end.
    """

    base_url: str
    keys: KeyRing

    def unsubscribe(self, subscription_id: int) -> str:
        """
        Return the address that ends one subscription (RFC 8058).
        """
        return self.unsubscribe_all([subscription_id])[0]

    def unsubscribe_all(self, subscription_ids: Sequence[int | None]) -> list[str]:
        """
        Return the address that ends each subscription, in order.

        For None, which stands for a test mail, it leads to a page that says so.
        """
        known = [number for number in subscription_ids if number is not None]
        signed = iter(self.keys.sign_all(UNSUBSCRIBE, known))
        return [
            f"{self.base_url}/u/{TEST_TOKEN if number is None else next(signed)}"
            for number in subscription_ids
        ]

    def view(self, issue_id: int) -> str:
        """
        Return the address of an issue in the browser, which holds nobody's data.
        """
        return f"{self.base_url}/v/{self.keys.sign(VIEW, issue_id)}"

    def review(self, delivery_id: int) -> str:
        """
        Return the address where the editor that one delivery is for decides about the issue.
        """
        return f"{self.base_url}/r/{self.keys.sign(REVIEW, delivery_id)}"

    def webhook(self, provider: str) -> str:
        """
        Return the secret address that a provider sends its webhooks to.
        """
        secret = self.keys.words(f"{WEBHOOK}\0{provider}")[0]
        return f"{self.base_url}/hooks/{urllib.parse.quote(provider, safe='')}/{secret}"

    def is_webhook_secret(self, provider: str, candidate: str) -> bool:
        """
        Return whether *candidate* is the secret in a provider's webhook address, in constant time.
        """
        given = candidate.encode("utf-8", "surrogatepass")
        secrets = self.keys.words(f"{WEBHOOK}\0{provider}")
        return sum(hmac.compare_digest(given, secret.encode()) for secret in secrets) > 0
