"""
Test that the provider kinds in the settings are those that the registry can open.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from issue_samples import make_mail
from provider_samples import NOW, make_readers

from newsletter.errors import SettingsError
from newsletter.model.delivery import ReceiptKind, SelfCheck
from newsletter.providers.account import Account
from newsletter.providers.http_account import HttpAccount
from newsletter.providers.http_client import HttpClient, HttpFailure
from newsletter.providers.registry import open_provider
from newsletter.settings.plugins import PROVIDERS, declared
from newsletter.settings.provider import ProviderSettings, provider_kind

BUILT_IN = [
    name
    for name, point in declared(PROVIDERS).items()
    if point.module == "newsletter.providers.kinds"
]


def test_ten_kinds_are_built_in():
    assert len(BUILT_IN) == 10


def test_every_setting_belongs_to_a_kind():
    known = {"kind", "rate", "own"}.union(*(provider_kind(name).keys for name in BUILT_IN))
    assert known == set(ProviderSettings.model_fields)


class Nowhere:
    """
    HTTP connections that only record the requested URLs.
    """

    def __init__(self) -> None:
        self.urls: list[str] = []

    def get(self, url: str, headers: Mapping[str, str], deadline_s: float) -> HttpFailure:
        self.urls.append(url)
        return HttpFailure(may_have_arrived=False, reason="nobody is there")


def account(http: Nowhere, **values: Any) -> Account:
    key = {"api_key": "env:KEY"} if "api_key" in provider_kind(values["kind"]).keys else {}
    return Account(
        name="bulk",
        settings=ProviderSettings(**key, **values),
        folder=Path(),
        read_secret={"env:KEY": "a-key", "env:EMPTY": "", "env:BLANK": " "}.__getitem__,
        open_http=lambda: cast("HttpClient", http),
        secrets_for=lambda purpose: (),
        at_close=lambda end: None,
        clock=lambda: NOW,
        sender="",
        call_sandbox=lambda function, *arguments: None,
    )


REGIONAL: Mapping[str, dict[str, Any]] = {
    "mailgun": {"domain": "mg.example.org"},
    "sendgrid": {},
    "sparkpost": {},
}


@pytest.mark.parametrize("kind", REGIONAL)
@pytest.mark.parametrize(
    ("values", "begins"),
    [
        ({}, "https://api."),
        ({"region": "us"}, "https://api."),
        ({"region": "eu"}, "https://api.eu."),
        ({"region": "eu", "base_url": "http://127.0.0.1:9"}, "http://127.0.0.1:9/"),
    ],
)
def test_a_call_goes_to_the_configured_region(kind: str, values: dict[str, str], begins: str):
    http = Nowhere()
    provider = open_provider(account(http, kind=kind, **REGIONAL[kind], **values))
    assert isinstance(provider, SelfCheck)
    with pytest.raises(SettingsError, match="nobody is there"):
        provider.check()
    (url,) = http.urls
    assert url.startswith(begins)
    assert (".eu." in url) is (".eu." in begins)


@pytest.mark.parametrize("kind", REGIONAL)
def test_an_unknown_region_is_refused(kind: str):
    with pytest.raises(SettingsError) as refused:
        open_provider(account(Nowhere(), kind=kind, **REGIONAL[kind], region="mars"))
    assert str(refused.value) == '[provider.bulk] region must be "us" or "eu"'


HTTP: Mapping[str, dict[str, Any]] = {
    **REGIONAL,
    "brevo": {},
    "mailjet": {"api_secret": "env:KEY"},
    "postmark": {},
    "resend": {},
    "ses": {
        "region": "eu-west-1",
        "access_key_id": "env:KEY",
        "secret_access_key": "env:KEY",
    },
}


def test_the_kinds_with_an_http_api_are_those_with_a_base_url():
    assert {name for name in BUILT_IN if "base_url" in provider_kind(name).keys} == set(HTTP)


@pytest.mark.parametrize("kind", HTTP)
def test_a_documented_rate_does_not_apply_to_a_test_server(kind: str):
    values = {"kind": kind, **HTTP[kind], "base_url": "http://127.0.0.1:9"}
    provider = open_provider(account(Nowhere(), **values))
    assert isinstance(provider, HttpAccount)
    assert provider.capabilities.rate_per_s is None


@pytest.mark.parametrize("kind", HTTP)
@pytest.mark.parametrize("base_url", ["http://api.example.org", "api.example.org"])
def test_a_base_url_that_is_not_safe_is_refused(kind: str, base_url: str):
    values = {"kind": kind, **HTTP[kind], "base_url": base_url}
    with pytest.raises(SettingsError, match=r"\[provider.bulk\] base_url "):
        open_provider(account(Nowhere(), **values))


@pytest.mark.parametrize("kind", ["mailgun", "sendgrid", "ses", "sparkpost"])
def test_a_reply_address_that_cannot_be_written_rejects_nobody(kind: str):
    provider = open_provider(account(Nowhere(), kind=kind, **HTTP[kind]))
    result = provider.send(make_mail(reply_to="büro@example.org"), make_readers(2), "k")
    assert [receipt.kind for receipt in result.receipts] == [ReceiptKind.RETRY] * 2
    assert "check the sender" in (result.account_problem or "")


@pytest.mark.parametrize("named", ["env:EMPTY", "env:BLANK"])
@pytest.mark.parametrize("kind", ["resend", "postmark", "brevo", "sparkpost"])
def test_an_empty_webhook_password_is_refused(kind: str, named: str):
    with pytest.raises(SettingsError) as refused:
        open_provider(account(Nowhere(), kind=kind, webhook_secret=named))
    assert str(refused.value) == (
        "[provider.bulk] webhook_secret refers to an empty secret: set it, or remove webhook_secret"
    )
