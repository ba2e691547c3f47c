"""
Check an SES account before any mail is sent: whether it may send, how much and how fast, and
whether the sender is verified
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html and
API_GetEmailIdentity.html).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from newsletter.errors import SettingsError
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.responses import parse_object, redacted_line

ACCOUNT = "/v2/email/account"
IDENTITY = "/v2/email/identities/"
DEADLINE_S = 10.0
_NOT_FOUND = 404
# A key that may only send gets this error: the account's state is then unknown, which is allowed.
_ACCESS_DENIED = "AccessDeniedException"


class SesAccount:
    """
    An SES account.

    *request* makes a signed call to a path. *place* is its section of the settings and *rate* the
    rate set there, both for messages.
    """

    def __init__(
        self,
        request: Callable[[str], HttpResponse | HttpFailure],
        *,
        place: str,
        rate: float | None,
    ) -> None:
        self._request = request
        self._place = place
        self._rate = rate

    def check(self, sender: str) -> str:
        """
        Check the account and *sender*, and describe the quota, the rate and the sender.

        Raises:
            SettingsError: the account cannot send to readers, or not from *sender*.
        """
        return "; ".join([self._describe_quota(), self._describe_sender(sender)])

    def _describe_quota(self) -> str:
        account = self._get(ACCOUNT)
        if account is None:
            return "quota unknown: allow the key ses:GetAccount to see it"
        if account.get("SendingEnabled") is False or account.get("EnforcementStatus") == "SHUTDOWN":
            raise SettingsError(f"{self._place} Amazon stopped its sending: see the SES console")
        if account.get("ProductionAccessEnabled") is False:
            raise SettingsError(
                f"{self._place} is in the SES sandbox, where only verified addresses get email: "
                "request production access in this region"
            )
        found = _describe_quota(account.get("SendQuota"), self._rate)
        is_watched = account.get("EnforcementStatus") == "PROBATION"
        return f"{found}, under review by Amazon: see the SES console" if is_watched else found

    def _describe_sender(self, sender: str) -> str:
        for name in _identities(sender):
            identity = self._get(IDENTITY + quote(name, safe=""))
            if identity is None:
                return "allow the key ses:GetEmailIdentity to see whether the sender is verified"
            if identity.get("VerifiedForSendingStatus") is True:
                return f"{name} is verified"
        raise SettingsError(
            f"{self._place} the sender {sender or '(none)'} is not verified: verify its address or "
            "domain in SES, in this region"
        )

    def _get(self, path: str) -> Mapping[str, Any] | None:
        """
        Return the object at *path*, an empty one if there is none, or None if the key may not read
        it.

        Raises:
            SettingsError: the account cannot be reached or does not accept the key.
        """
        response = self._request(path)
        if isinstance(response, HttpFailure):
            raise SettingsError(
                f"{self._place} cannot be reached ({response.reason}): try later, or check region"
            )
        kind = response.headers.get("x-amzn-errortype", "").partition(":")[0]
        if kind == _ACCESS_DENIED:
            return None
        body = parse_object(response.body)
        if 200 <= response.status < 300:
            return body
        if response.status == _NOT_FOUND and path != ACCOUNT:
            return {}
        message = redacted_line(body.get("message") or body.get("Message"))
        problem = ": ".join(part for part in (f"HTTP {response.status}", kind, message) if part)
        raise SettingsError(
            f"{self._place} was refused ({problem}): check its keys, region and this machine's "
            "clock"
        )


def _identities(sender: str) -> list[str]:
    """
    Return the identities that may be verified for *sender*: address, domain and parent domains.
    """
    labels = sender.rpartition("@")[2].split(".")
    domains = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    return [sender, *domains] if "@" in sender else []


def _describe_quota(quota: object, rate: float | None) -> str:
    """
    Describe the quota and how to adapt the setting `rate`. Amazon's -1 means "no limit".
    """
    account = quota if isinstance(quota, dict) else {}
    day, used, most = (account.get(n) for n in ("Max24HourSend", "SentLast24Hours", "MaxSendRate"))
    if not isinstance(day, int | float) or not isinstance(most, int | float):
        return "quota not reported"
    daily = f"{day:,.0f} emails in 24 hours" if day >= 0 else "unlimited emails"
    sent = f" ({used:,.0f} sent)" if isinstance(used, int | float) else ""
    if most < 0:
        return f"{daily}{sent}"
    return f"{daily}{sent}, {most:g} per second{_rate_hint(rate, most)}"


def _rate_hint(rate: float | None, most: float) -> str:
    if rate is None:
        return f": set rate = {most:g}"
    return f": lower rate, which is {rate:g}" if rate > most else ""
