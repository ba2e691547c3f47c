"""
Build the signed URLs that mails and providers use: unsubscribe, browser view, review, webhook.
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
# The token in the links of a test mail, which look real but change nothing.
TEST_TOKEN = "test"  # noqa: S105 - not a secret


@dataclass(frozen=True, kw_only=True)
class Links:
    """
    Builds signed URLs. `base_url` is the site's, without a slash at the end.
    """

    base_url: str
    keys: KeyRing

    def unsubscribe(self, subscription_id: int) -> str:
        """
        Return the URL that ends one subscription (RFC 8058).
        """
        return self.unsubscribe_all([subscription_id])[0]

    def unsubscribe_all(self, subscription_ids: Sequence[int | None]) -> list[str]:
        """
        Return the URL that ends each subscription, in order.

        For None, which stands for a test mail, the URL opens a page that says so.
        """
        known = [number for number in subscription_ids if number is not None]
        signed = iter(self.keys.sign_all(UNSUBSCRIBE, known))
        return [
            f"{self.base_url}/u/{TEST_TOKEN if number is None else next(signed)}"
            for number in subscription_ids
        ]

    def view(self, issue_id: int) -> str:
        """
        Return the URL of an issue in the browser, a page without personal data.
        """
        return f"{self.base_url}/v/{self.keys.sign(VIEW, issue_id)}"

    def review(self, delivery_id: int) -> str:
        """
        Return the URL of the page where the editor who received *delivery_id* reviews the issue.
        """
        return f"{self.base_url}/r/{self.keys.sign(REVIEW, delivery_id)}"

    def webhook(self, provider: str) -> str:
        """
        Return the secret URL that a provider sends its webhooks to.
        """
        secret = self.keys.words(f"{WEBHOOK}\0{provider}")[0]
        return f"{self.base_url}/hooks/{urllib.parse.quote(provider, safe='')}/{secret}"

    def is_webhook_secret(self, provider: str, candidate: str) -> bool:
        """
        Return whether *candidate* is the secret in a provider's webhook URL, in constant time.
        """
        given = candidate.encode("utf-8", "surrogatepass")
        secrets = self.keys.words(f"{WEBHOOK}\0{provider}")
        return sum(hmac.compare_digest(given, secret.encode()) for secret in secrets) > 0
