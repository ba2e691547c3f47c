"""
Build the signed URLs that mails and providers use: unsubscribe, confirm, settings, browser view,
review, webhook.
"""

from __future__ import annotations

import hmac
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.model.staff import StaffLinkKind
from subscribers.requests.model import RequestKind
from subscribers.tokens import KeyRing

UNSUBSCRIBE = "unsubscribe"
PREFERENCES = "preferences"
VIEW = "view"
REVIEW = "review"
WEBHOOK = "hook"
# Where the link of each kind of request leads.
_REQUEST_PATHS = {
    RequestKind.JOIN: "c",
    RequestKind.ASKED: "c",
    RequestKind.FIND: "p/find",
    RequestKind.ADDRESS: "p/address",
    RequestKind.ERASURE: "p/erase",
}
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

    def preferences(self, subscriber_id: int) -> str:
        """
        Return the URL of a person's settings. It is valid for ever, and whoever the email is
        forwarded to can open it too.
        """
        return self.preferences_all([subscriber_id])[0]

    def preferences_all(self, subscriber_ids: Sequence[int | None]) -> list[str]:
        """
        Return the URL of each person's settings, in order.

        For None, which stands for a test mail, the URL opens a page that says so.
        """
        known = [number for number in subscriber_ids if number is not None]
        signed = iter(self.keys.sign_all(PREFERENCES, known))
        return [
            f"{self.base_url}/p/{TEST_TOKEN if number is None else next(signed)}"
            for number in subscriber_ids
        ]

    def confirm(self, request_id: int, epoch: str) -> str:
        """
        Return the URL of the page where a person confirms that they want to join.
        """
        return self.request(RequestKind.JOIN, request_id, epoch)

    def settings(self, request_id: int, epoch: str) -> str:
        """
        Return the URL that a person asked for to see and change all that is known about them.
        """
        return self.request(RequestKind.FIND, request_id, epoch)

    def new_address(self, request_id: int, epoch: str) -> str:
        """
        Return the URL of the page where a person confirms their new address.
        """
        return self.request(RequestKind.ADDRESS, request_id, epoch)

    def erasure(self, request_id: int, epoch: str) -> str:
        """
        Return the URL of the page where a person confirms that they want to be erased.
        """
        return self.request(RequestKind.ERASURE, request_id, epoch)

    def request(self, kind: RequestKind, request_id: int, epoch: str) -> str:
        """
        Return the URL by which a person confirms a request of that kind. *epoch* is that in which
        the mail was frozen.
        """
        token = self._sign(request_purpose(kind), request_id, epoch)
        return f"{self.base_url}/{_REQUEST_PATHS[kind]}/{token}"

    def view(self, issue_id: int, epoch: str) -> str:
        """
        Return the URL of an issue in the browser, a page without personal data. *epoch* is that in
        which the issue was made.
        """
        return f"{self.base_url}/v/{self._sign(VIEW, issue_id, epoch)}"

    def review(self, delivery_id: int, epoch: str) -> str:
        """
        Return the URL of the page where the editor who received *delivery_id*, frozen in *epoch*,
        reviews the issue.
        """
        return f"{self.base_url}/r/{self._sign(REVIEW, delivery_id, epoch)}"

    def staff_link(self, kind: StaffLinkKind, link_id: int, epoch: str) -> str:
        """
        Return the URL of a link that lets staff in once and that nobody gets by email.
        """
        token = self._sign(staff_link_purpose(kind), link_id, epoch)
        return f"{self.base_url}/admin/{kind}/{token}"

    def staff_mail(self, kind: StaffLinkKind, delivery_id: int, epoch: str) -> str:
        """
        Return the URL of the link that lets in the member of staff who received *delivery_id*,
        frozen in *epoch*.
        """
        token = self._sign(staff_mail_purpose(kind), delivery_id, epoch)
        return f"{self.base_url}/admin/{kind}/{token}"

    def read(self, purpose: str, token: str) -> tuple[int, str]:
        """
        Return the number and the epoch in the *token* of a VIEW or REVIEW URL, of a request's or
        of one for staff. The tokens of unsubscribe and settings URLs have no epoch, because they
        are valid for ever.

        Raises:
            BadToken: it was not signed here for this purpose.
        """
        signed, _, epoch = token.partition(".")
        return self.keys.read(_within(purpose, epoch), signed), epoch

    def _sign(self, purpose: str, number: int, epoch: str) -> str:
        signed = self.keys.sign(_within(purpose, epoch), number)
        return f"{signed}.{epoch}" if epoch else signed

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


def request_purpose(kind: RequestKind) -> str:
    """
    Return the purpose for which the links of requests of that kind are signed.
    """
    return f"request-{kind.value}"


def staff_link_purpose(kind: StaffLinkKind) -> str:
    """
    Return the purpose for which links for staff are signed that nobody gets by email.
    """
    return f"staff-{kind.value}"


def staff_mail_purpose(kind: StaffLinkKind) -> str:
    """
    Return the purpose for which the links in emails to staff are signed.
    """
    return f"staff-{kind.value}-mail"


def _within(purpose: str, epoch: str) -> str:
    """
    Return the *purpose* that is signed in an *epoch*; links from before there were epochs have
    none.
    """
    return f"{purpose}\0{epoch}" if epoch else purpose
