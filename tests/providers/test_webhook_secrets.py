"""
While the secret of a webhook is changed, both the new and the previous one are accepted.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from event_samples import SECRET
from installation import Installation
from provider_samples import NOW

from newsletter.errors import SettingsError
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.delivery import Provider
from newsletter.operations.doctor import run_checks
from newsletter.providers.account import Account
from newsletter.providers.http_client import HttpClient
from newsletter.providers.registry import open_provider
from newsletter.settings import ProviderSettings

SENT_S = str(int(NOW.timestamp()))
KEYS = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("new", "old", "foreign")}
Request = tuple[dict[str, str], bytes]

HOOK = "https://news.example.org/hooks/x/y"


def with_password(name: str) -> Request:
    return {"authorization": "Basic " + base64.b64encode(f"hook:{name}".encode()).decode()}, b"{}"


def by_resend(name: str) -> Request:
    mac = hmac.digest(name.encode(), f"msg_1.{SENT_S}.".encode() + b"{}", "sha256")
    signature = "v1," + base64.b64encode(mac).decode()
    return {"svix-id": "msg_1", "svix-timestamp": SENT_S, "svix-signature": signature}, b"{}"


def by_mailgun(name: str) -> Request:
    mac = hmac.new(name.encode(), f"{SENT_S}{name}".encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": SENT_S, "token": name, "signature": mac}
    return {}, orjson.dumps({"signature": signature, "event-data": {}})


def by_sendgrid(name: str) -> Request:
    signature = KEYS[name].sign(SENT_S.encode() + b"[]", ec.ECDSA(hashes.SHA256()))
    prefix = "x-twilio-email-event-webhook-"
    shown = base64.b64encode(signature).decode()
    return {f"{prefix}signature": shown, f"{prefix}timestamp": SENT_S}, b"[]"


def public_key(name: str) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    raw = KEYS[name].public_key().public_bytes(serialization.Encoding.DER, form)
    return base64.b64encode(raw).decode()


def whsec(name: str) -> str:
    return "whsec_" + base64.b64encode(name.encode()).decode()


# The secret of each name, and a request that carries it, by kind of provider.
SIGNERS: Mapping[str, tuple[Callable[[str], str], Callable[[str], Request]]] = {
    "postmark": ("hook:{}".format, with_password),
    "mailjet": ("hook:{}".format, with_password),
    "brevo": ("hook:{}".format, with_password),
    "sparkpost": ("hook:{}".format, with_password),
    "resend": (whsec, by_resend),
    "mailgun": (str, by_mailgun),
    "sendgrid": (public_key, by_sendgrid),
}


def opened(kind: str, http: HttpClient, **secrets: str) -> Provider:
    secret_of = SIGNERS[kind][0]
    own: dict[str, Any] = {"kind": kind, "api_key": "env:key"}
    own |= {"domain": "mg.example.org"} if kind == "mailgun" else {}
    own |= {"api_secret": "env:key"} if kind == "mailjet" else {}
    return opened_with(own, secret_of, http, secrets)


def opened_with(
    own: Mapping[str, Any],
    secret_of: Callable[[str], str],
    http: HttpClient,
    secrets: Mapping[str, str],
) -> Provider:
    account = Account(
        name="bulk",
        settings=ProviderSettings(**own, **{key: f"env:{name}" for key, name in secrets.items()}),
        folder=Path(),
        read_secret=lambda named: "key" if named == "env:key" else secret_of(named[4:]),
        open_http=lambda: http,
        secrets_for=lambda purpose: (),
        at_close=lambda end: None,
        clock=lambda: NOW + dt.timedelta(seconds=5),
        sender="",
        call_sandbox=lambda function, *arguments: None,
    )
    return open_provider(account)


@pytest.mark.parametrize("kind", SIGNERS)
def test_both_secrets_are_accepted_while_the_secret_is_changed(kind: str, http: HttpClient):
    request = SIGNERS[kind][1]
    provider = opened(kind, http, webhook_secret="new", webhook_secret_previous="old")
    accepted = {name: provider.verify(*request(name), HOOK) for name in ("new", "old", "foreign")}
    assert accepted == {"new": True, "old": True, "foreign": False}


@pytest.mark.parametrize("kind", sorted(set(SIGNERS) - {"resend"}))
def test_a_relay_accepts_both_secrets_while_the_secret_is_changed(kind: str, http: HttpClient):
    secret_of, request = SIGNERS[kind]
    own = {"kind": "smtp", "host": "smtp.example.org", "events": kind}
    secrets = {"webhook_secret": "new", "webhook_secret_previous": "old"}
    provider = opened_with(own, secret_of, http, secrets)
    accepted = {name: provider.verify(*request(name), HOOK) for name in ("new", "old", "foreign")}
    assert accepted == {"new": True, "old": True, "foreign": False}


@pytest.mark.parametrize("kind", SIGNERS)
def test_the_previous_secret_is_refused_once_it_is_removed(kind: str, http: HttpClient):
    request = SIGNERS[kind][1]
    provider = opened(kind, http, webhook_secret="new")
    assert {name: provider.verify(*request(name), HOOK) for name in ("new", "old")} == {
        "new": True,
        "old": False,
    }


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_previous_secret_without_a_current_one_is_refused(kind: str, http: HttpClient):
    with pytest.raises(SettingsError) as refused:
        opened(kind, http, webhook_secret_previous="old")
    assert str(refused.value) == (
        "[provider.bulk] webhook_secret_previous is set without webhook_secret: set "
        "webhook_secret to the new secret"
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_says_that_the_previous_secret_is_still_accepted(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {"A": "k", "B": SECRET, "C": SECRET}.items():
        monkeypatch.setenv(name, value)
    own = {"kind": "resend", "api_key": "env:A", "webhook_secret": "env:B"}
    mails = own | {"webhook_secret_previous": "env:C"}
    installation = Installation(
        tmp_path, database_url, now=NOW, sandbox=warm_sandbox, provider={"mails": mails}
    )
    (found,) = [one for one in run_checks(installation.app) if one.name == "webhooks"]
    installation.close()
    assert found.ok
    assert found.detail == (
        f"mails: {installation.app.links.webhook('mails')} (remove webhook_secret_previous once "
        "the provider uses the new secret)"
    )
