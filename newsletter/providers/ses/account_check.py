"""
Check an SES account before it is given any mail: whether it may send, how much and how fast, and
whether the sender is verified
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html and
API_GetEmailIdentity.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from newsletter.errors import SettingsError
from newsletter.providers.http_client import HttpFailure
from newsletter.providers.responses import parse_object, redacted_line
from newsletter.providers.ses.client import SesClient

ACCOUNT = "/v2/email/account"
IDENTITY = "/v2/email/identities/"
DEADLINE_S = 10.0
_NOT_FOUND = 404
# A key may do nothing but send: then nothing is known, and nothing wrong.
_ACCESS_DENIED = "AccessDeniedException"


class SesAccount:
    """
    An SES account.

    *place* is its section of the settings and *rate* what that section says, both for messages.
    """

    def __init__(self, calls: SesClient, *, place: str, rate: float | None) -> None:
        self._calls = calls
        self._place = place
        self._rate = rate

    def check(self, sender: str) -> str:
        """
        Describe the quota, the rate and whether *sender* is verified.

        Raises:
            SettingsError: the account cannot send to readers, or not from *sender*.
        """
        return "; ".join([self._describe_quota(), self._describe_sender(sender)])

    def _describe_quota(self) -> str:
        account = self._get(ACCOUNT)
        if account is None:
            return "its quota is unknown: let the key do ses:GetAccount to see it"
        if account.get("SendingEnabled") is False or account.get("EnforcementStatus") == "SHUTDOWN":
            raise SettingsError(f"{self._place} Amazon has stopped its sending: see its console")
        if account.get("ProductionAccessEnabled") is False:
            raise SettingsError(
                f"{self._place} is in the sandbox, where only verified addresses get mail: ask "
                "Amazon for production access in this region"
            )
        found = _describe_quota(account.get("SendQuota"), self._rate)
        is_watched = account.get("EnforcementStatus") == "PROBATION"
        return f"{found}, under review by Amazon: see its console" if is_watched else found

    def _describe_sender(self, sender: str) -> str:
        for name in _identities(sender):
            identity = self._get(IDENTITY + quote(name, safe=""))
            if identity is None:
                return "let the key do ses:GetEmailIdentity to see whether the sender is verified"
            if identity.get("VerifiedForSendingStatus") is True:
                return f"{name} is verified"
        raise SettingsError(
            f"{self._place} does not know the sender {sender or '(none)'}: verify its address or "
            "domain there, in this region"
        )

    def _get(self, path: str) -> Mapping[str, Any] | None:
        """
        Return the object at *path*, an empty one if nothing is there; None if the key may not read
        it.

        Raises:
            SettingsError: the account cannot be reached or does not accept the key.
        """
        response = self._calls.get(path, DEADLINE_S)
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
            f"{self._place} is not let in ({problem}): check its keys, region and this machine's "
            "clock"
        )


def _identities(sender: str) -> list[str]:
    """
    Return what may be verified for *sender*: the address, its domain, and the domains above it.
    """
    labels = sender.rpartition("@")[2].split(".")
    domains = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    return [sender, *domains] if "@" in sender else []


def _describe_quota(quota: object, rate: float | None) -> str:
    """
    Describe the quota and what it means for the setting `rate`. Amazon's -1 means "no limit".
    """
    account = quota if isinstance(quota, dict) else {}
    day, used, most = (account.get(n) for n in ("Max24HourSend", "SentLast24Hours", "MaxSendRate"))
    if not isinstance(day, int | float) or not isinstance(most, int | float):
        return "it does not say its quota"
    a_day = f"{day:,.0f} mails in 24 hours" if day >= 0 else "mails without limit"
    sent = f" ({used:,.0f} sent)" if isinstance(used, int | float) else ""
    if most < 0:
        return f"{a_day}{sent}"
    return f"{a_day}{sent}, {most:g} a second{_rate_hint(rate, most)}"


def _rate_hint(rate: float | None, most: float) -> str:
    if rate is None:
        return f": set rate = {most:g}"
    return f": lower rate, which is {rate:g}" if rate > most else ""
