"""
Test the source of the credentials for Amazon: the settings, or the machine.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
from pathlib import Path

import pytest
from http_server import ScriptedServer
from provider_samples import NOW

from newsletter.errors import SettingsError
from newsletter.providers.account import Account
from newsletter.providers.http_client import HttpClient
from newsletter.providers.ses.credentials import read_credentials
from newsletter.providers.ses.provider import SesProvider, open_ses
from newsletter.providers.ses.sigv4 import Credentials
from newsletter.settings import ProviderSettings

ROLE = "/latest/meta-data/iam/security-credentials/"


@pytest.fixture(autouse=True)
def _a_machine_without_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def account(**values: str) -> Account:
    return Account(
        name="bulk",
        settings=ProviderSettings(kind="ses", **{"region": "eu-west-1", **values}),
        folder=Path(),
        read_secret=lambda named: named.removeprefix("env:"),
        open_http=lambda: HttpClient(1),
        secrets_for=lambda purpose: (),
        at_close=lambda done: None,
        clock=lambda: NOW,
        sender="desk@example.org",
        call_sandbox=lambda function, *arguments: None,
    )


def test_the_key_of_the_settings_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    values = {"access_key_id": "env:AKID", "secret_access_key": "env:secret"}
    assert read_credentials(account(**values))() == Credentials(
        access_key_id="AKID", secret_access_key="secret"
    )
    with_token = read_credentials(account(**values, session_token="env:token"))()
    assert with_token.session_token == "token"


@pytest.mark.parametrize("missing", ["access_key_id", "secret_access_key"])
def test_half_a_key_is_refused(missing: str) -> None:
    values = {"access_key_id": "env:AKID", "secret_access_key": "env:secret"}
    del values[missing]
    with pytest.raises(SettingsError, match=rf"^\[provider.bulk\] {missing} is missing: set it"):
        open_ses(account(**values))


def test_a_malformed_key_is_refused() -> None:
    values = {"access_key_id": "env:AKID", "secret_access_key": "env:two words"}
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] secret_access_key is empty or"):
        open_ses(account(**values))


def test_the_environment_of_the_machine_is_sufficient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert read_credentials(account())().access_key_id == "AKID"
    assert isinstance(open_ses(account()), SesProvider)


def test_the_role_of_the_machine_is_sufficient(monkeypatch: pytest.MonkeyPatch) -> None:
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=6)
    key = {
        "Code": "Success",
        "AccessKeyId": "ASIA",
        "SecretAccessKey": "secret",
        "Token": "token",
        "Expiration": f"{ends_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    with ScriptedServer() as server:
        server.answer("/latest/api/token", body=b"t")
        server.answer(ROLE, body=b"sender")
        server.answer(f"{ROLE}sender", body=json.dumps(key).encode())
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url())
        assert read_credentials(account())() == Credentials(
            access_key_id="ASIA", secret_access_key="secret", session_token="token"
        )


def test_a_machine_with_neither_key_nor_role_says_what_to_do() -> None:
    with pytest.raises(SettingsError) as refused:
        open_ses(account())
    assert str(refused.value) == (
        "[provider.bulk] access_key_id is missing, and this machine has no key or role: "
        "set it and secret_access_key"
    )


def test_a_region_is_needed() -> None:
    here = account()
    nowhere = here.settings.model_copy(update={"region": None})
    with pytest.raises(SettingsError, match=r"region is missing: set it, such as \"eu-west-1\"$"):
        open_ses(dataclasses.replace(here, settings=nowhere))
