"""
Test what `doctor` reports about an account at Amazon.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fake_provider import reply_of
from fake_ses import is_signed, ses_at
from http_server import ScriptedServer

from newsletter.errors import SettingsError
from newsletter.providers.http_client import HttpClient

QUOTA = {"Max24HourSend": 50_000.0, "SentLast24Hours": 120.0, "MaxSendRate": 14.0}
ACCOUNT = {
    "SendingEnabled": True,
    "ProductionAccessEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": QUOTA,
}
SENDER = "desk@news.example.org"
PATH = "/v2/email/identities/"
DENIED = {"x-amzn-ErrorType": "AccessDeniedException:http://internal.amazon.com/coral/"}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        knows(server, "/v2/email/account", **ACCOUNT)
        knows(server, PATH + "example.org", VerifiedForSendingStatus=True)
        yield server


def knows(server: ScriptedServer, path: str, **values: Any) -> None:
    reply = reply_of(values)
    server.answer(path, status=reply.status, body=reply.body)


def refuses(server: ScriptedServer, path: str, headers: dict[str, str]) -> None:
    server.answer(path, status=403, body=b'{"message":"No."}', headers=headers)


def said(server: ScriptedServer, http: HttpClient, *, sender: str = SENDER, **values: Any) -> str:
    return ses_at(server.url("").rstrip("/"), http, sender=sender, **values).check()


def test_the_quota_the_rate_and_the_identity_are_described(
    server: ScriptedServer, http: HttpClient
):
    assert said(server, http) == (
        "50,000 emails in 24 hours (120 sent), 14 per second: set rate = 14; "
        "example.org is verified"
    )
    base_url = server.url("").rstrip("/")
    assert all(is_signed(request, base_url) for request in server.requests)
    assert [request.path for request in server.requests] == [
        "/v2/email/account",
        PATH + "desk%40news.example.org",
        PATH + "news.example.org",
        PATH + "example.org",
    ]


@pytest.mark.parametrize(
    ("rate", "hint"), [(None, ": set rate = 14"), (14.0, ""), (50.0, ": lower rate, which is 50")]
)
def test_the_configured_rate_is_compared_with_the_account(
    server: ScriptedServer, http: HttpClient, rate: float | None, hint: str
):
    assert f"14 per second{hint}; example" in said(server, http, rate=rate)


def test_an_unlimited_quota_is_described(server: ScriptedServer, http: HttpClient):
    none = {"Max24HourSend": -1, "MaxSendRate": -1, "SentLast24Hours": 3}
    knows(server, "/v2/email/account", **(ACCOUNT | {"SendQuota": none}))
    assert said(server, http).startswith("unlimited emails (3 sent); ")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ProductionAccessEnabled": False}, "is in the SES sandbox, where only verified"),
        ({"SendingEnabled": False}, "Amazon stopped its sending"),
        ({"EnforcementStatus": "SHUTDOWN"}, "Amazon stopped its sending"),
    ],
)
def test_an_account_that_cannot_reach_readers_is_an_error(
    server: ScriptedServer, http: HttpClient, values: dict[str, Any], words: str
):
    knows(server, "/v2/email/account", **(ACCOUNT | values))
    with pytest.raises(SettingsError, match=words):
        said(server, http)


def test_a_review_by_amazon_is_reported(server: ScriptedServer, http: HttpClient):
    knows(server, "/v2/email/account", **(ACCOUNT | {"EnforcementStatus": "PROBATION"}))
    assert "under review by Amazon" in said(server, http)


@pytest.mark.parametrize("sender", ["desk@elsewhere.example", ""])
def test_a_sender_that_is_not_verified_is_named(
    server: ScriptedServer, http: HttpClient, sender: str
):
    knows(server, PATH + "elsewhere.example", VerifiedForSendingStatus=False)
    with pytest.raises(
        SettingsError, match=r"the sender (desk@elsewhere.example|\(none\)) is not verified"
    ):
        said(server, http, sender=sender)


def test_a_key_that_may_only_send_is_accepted(server: ScriptedServer, http: HttpClient):
    refuses(server, "/v2/email/account", DENIED)
    refuses(server, PATH + "desk%40news.example.org", DENIED)
    assert said(server, http) == (
        "quota unknown: allow the key ses:GetAccount to see it; "
        "allow the key ses:GetEmailIdentity to see whether the sender is verified"
    )


def test_a_wrong_key_is_an_error(server: ScriptedServer, http: HttpClient):
    refuses(server, "/v2/email/account", {"x-amzn-ErrorType": "SignatureDoesNotMatch"})
    words = r"was refused \(HTTP 403: SignatureDoesNotMatch: No\.\)"
    with pytest.raises(SettingsError, match=words):
        said(server, http)


def test_an_unreachable_region_is_an_error(http: HttpClient):
    with pytest.raises(SettingsError, match="cannot be reached"):
        ses_at("http://127.0.0.1:1", http).check()
