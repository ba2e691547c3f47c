"""
The addresses in a mail: unsubscribe, browser view, review, webhook; signed.
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


HOOK = "hook"


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
