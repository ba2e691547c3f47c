"""
An SMTP server that belongs to a provider: mails carry our labels in its own header, and its
webhooks are verified and read as those of its API.
"""

from __future__ import annotations

import base64
import datetime as dt
import email
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from installation import Installation
from issue_samples import make_mail
from provider_samples import NOW, make_readers
from relays import RELAYS, SIGNING_KEY, RelaySample
from smtp_samples import sending
from smtp_server import Break, SmtpServer, Taken
from sns_samples import SUBSCRIBE, TOPIC, Amazon, message, signed
from web_samples import TestClient
from webhook_calls import dispositions, suppressed
from webhook_requests import post_webhook, waiting

from newsletter import pipeline
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.mime.dkim import read_key
from newsletter.operations.doctor import run_checks
from newsletter.providers.account import Account
from newsletter.providers.http_client import HttpClient
from newsletter.providers.message_labels import MessageLabels
from newsletter.providers.ses.relay import relay_of
from newsletter.providers.ses.sns import Topics
from newsletter.providers.smtp.connect import SmtpEndpoint
from newsletter.providers.smtp.provider import SmtpProvider
from newsletter.providers.webhooks import Relay
from newsletter.settings import ProviderSettings
from newsletter.settings.plugins import function_at
from newsletter.settings.provider import provider_kind
from newsletter.web.application import make_web

Install = Callable[..., Installation]


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server
        assert server.faults == []


@pytest.fixture
def install(
    tmp_path: Path,
    database_url: str,
    now: dt.datetime,
    warm_sandbox: Sandbox,
    server: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Install]:
    """
    Return a function that makes an installation with two readers, which sends through *server*.
    """
    made: list[Installation] = []

    def make(secret: str | None = None, **own: Any) -> Installation:
        if secret is not None:
            monkeypatch.setenv("NL_HOOK", secret)
            own["webhook_secret"] = "env:NL_HOOK"
        relay = {"kind": "smtp", "host": "127.0.0.1", "port": server.port, "security": "none"}
        installation = Installation(
            tmp_path,
            database_url,
            now=now,
            sandbox=warm_sandbox,
            delivery={"provider": "relay"},
            provider={"relay": relay | own},
        )
        made.append(installation)
        installation.add_list()
        installation.add_readers(2)
        return installation

    yield make
    for installation in made:
        # Those of a test's own, which the App does not close.
        provider = installation.app.providers.get("relay")
        if isinstance(provider, SmtpProvider):
            provider.close()
        installation.close()


def install_relay(install: Install, kind: str, server: SmtpServer) -> Installation:
    sample = RELAYS[kind]
    installation = install(sample.secret, events=kind, **sample.settings)
    if kind == "ses":
        # Amazon's certificate is not to be had from here.
        topics = Topics([TOPIC], fetch=Amazon(), clock=lambda: installation.now)
        installation.app.providers["relay"] = SmtpProvider(
            "relay",
            server=SmtpEndpoint(host="127.0.0.1", port=server.port, security="none"),
            relay=relay_of(topics, "coast"),
            clock=lambda: installation.now,
        )
    return installation


def send_issue(installation: Installation) -> int:
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id, override_reason="a test")
    installation.submit_all()
    return issue_id


def webhook_about(
    sample: RelaySample, taken: Taken, at: dt.datetime
) -> tuple[dict[str, str], bytes]:
    return sample.report(sample.labels_of(taken.raw), taken.recipient, at)


def post(installation: Installation, raw: bytes, headers: dict[str, str]) -> int:
    with TestClient(make_web(installation.app, stopping=threading.Event())) as client:
        status = post_webhook(client, installation, "relay", raw, headers)
    while installation.app.event_processor.process_due():
        pass
    return status


@pytest.mark.parametrize("kind", RELAYS)
def test_the_event_of_a_relay_reaches_the_delivery_that_its_header_names(
    kind: str, install: Install, server: SmtpServer
):
    installation = install_relay(install, kind, server)
    send_issue(installation)
    first, second = server.taken
    headers, raw = webhook_about(RELAYS[kind], second, installation.now)
    assert post(installation, raw, headers) == 200
    assert dispositions(installation) == ["matched"]
    assert suppressed(installation, second.recipient) == [("bounce", "")]
    assert suppressed(installation, first.recipient) == []


@pytest.mark.parametrize("kind", RELAYS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_relay_gets_only_its_own_header_and_each_mail_names_its_own_delivery(
    kind: str, install: Install, server: SmtpServer
):
    installation = install_relay(install, kind, server)
    issue_id = send_issue(installation)
    every = {name.lower() for sample in RELAYS.values() for name in sample.headers}
    own = {name.lower() for name in RELAYS[kind].headers}
    for one in server.taken:
        names = {name.lower() for name in email.message_from_bytes(one.raw)}
        assert names & every == own
    prefix = "nl_" if kind == "sendgrid" else ""
    found = [RELAYS[kind].labels_of(one.raw) for one in server.taken]
    assert {labels[f"{prefix}issue"] for labels in found} == {f"i{issue_id}"}
    assert len({labels[f"{prefix}delivery"] for labels in found}) == 2
    assert all(
        set(labels) == {f"{prefix}{name}" for name in MessageLabels._fields} for labels in found
    )


@pytest.mark.parametrize("kind", RELAYS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_webhook_that_the_relay_did_not_sign_is_refused(
    kind: str, install: Install, server: SmtpServer
):
    installation = install_relay(install, kind, server)
    send_issue(installation)
    _, raw = webhook_about(RELAYS[kind], server.taken[0], installation.now)
    forged = raw.replace(b"5.1.1", b"5.1.2").replace(SIGNING_KEY[:8].encode(), b"00000000")
    if kind == "mailgun":
        forged = forged.replace(b'"signature": "', b'"signature": "0')
    assert post(installation, forged, {}) == 401
    assert waiting(installation) == []


@pytest.mark.parametrize("kind", ["mailgun", "brevo"])
def test_a_mail_without_a_reply_is_settled_by_the_event_of_the_relay(
    kind: str, install: Install, server: SmtpServer
):
    server.script = lambda command: Break(is_taken=True) if command == "." else None
    installation = install_relay(install, kind, server)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id, override_reason="a test")
    installation.submit_all(until=lambda: bool(server.taken))
    assert installation.counts(issue_id)["accepted"] == 0
    headers, raw = webhook_about(RELAYS[kind], server.taken[0], installation.now)
    assert post(installation, raw, headers) == 200
    assert installation.counts(issue_id)["accepted"] == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_topic_of_a_relay_that_asks_is_confirmed(install: Install, server: SmtpServer):
    installation = install_relay(install, "ses", server)
    amazon = Amazon()
    topics = Topics([TOPIC], fetch=amazon, clock=lambda: installation.now)
    installation.app.providers["relay"] = SmtpProvider(
        "relay",
        server=SmtpEndpoint(host="127.0.0.1", port=server.port, security="none"),
        relay=relay_of(topics, None),
    )
    raw = signed(message("SubscriptionConfirmation", at=installation.now))
    assert post(installation, raw, {}) == 200
    assert (amazon.asked[-1], waiting(installation)) == (SUBSCRIBE, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_events_an_smtp_server_gets_no_labels_and_has_no_webhooks(
    install: Install, server: SmtpServer
):
    installation = install()
    send_issue(installation)
    every = {name.lower() for sample in RELAYS.values() for name in sample.headers}
    for one in server.taken:
        assert not every & {name.lower() for name in email.message_from_bytes(one.raw)}
    assert installation.app.settings.webhook_providers == []
    assert post(installation, b"{}", {}) == 404


@pytest.mark.parametrize("kind", RELAYS)
def test_the_dkim_signature_stays_valid_if_the_relay_removes_or_keeps_the_labels(kind: str):
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    relay = relay_of_kind(kind)
    key = read_key(pem, selector="s1", place="dkim_key")
    with SmtpServer() as server, sending(server, dkim=key, relay=relay) as provider:
        provider.send(make_mail(), make_readers(1), "k")
    (taken,) = server.taken
    own = tuple(name.lower().encode() + b":" for name in RELAYS[kind].headers)
    head, _, body = taken.raw.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(own)]
    removed = b"\r\n".join(kept) + b"\r\n\r\n" + body
    assert len(removed) < len(taken.raw)
    for raw in (taken.raw, removed):
        assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: record)


def relay_of_kind(kind: str) -> Relay:
    """
    Return the relay as its kind declares it, without secrets.
    """
    place = provider_kind(kind).relay
    assert place is not None
    with HttpClient(1) as http:
        account = Account(
            name="relay",
            settings=ProviderSettings(
                kind="smtp",
                events=kind,
                **({"configuration_set": "coast"} if kind == "ses" else {}),
            ),
            folder=Path(),
            read_secret=str,
            open_http=lambda: http,
            secrets_for=lambda purpose: (),
            at_close=lambda end: None,
            clock=lambda: NOW,
            sender="",
            call_sandbox=lambda function, *arguments: None,
        )
        relay: Relay = function_at(place)(account)
    return relay


def refusal(**values: Any) -> str:
    with pytest.raises(ValueError, match=r".") as refused:
        ProviderSettings(kind="smtp", host="smtp.example.org", **values)
    return str(refused.value)


def test_events_must_name_a_kind_whose_smtp_server_takes_labels():
    for name in ("outbox", "resend", "smtp", "nobody"):
        words = refusal(events=name)
        assert all(repr(kind) in words for kind in RELAYS)


def test_the_keys_of_a_webhook_belong_to_events_alone():
    assert "no key webhook_secret" in refusal(webhook_secret="env:A")
    assert "no key topics" in refusal(events="mailgun", topics=[TOPIC])
    assert "no key webhook_secret" in refusal(events="ses", webhook_secret="env:A")
    assert "never the secret itself" in refusal(events="mailgun", webhook_secret="s3cret")


def test_events_and_a_bounce_address_are_refused_together():
    words = refusal(events="mailgun", bounce_address="bounces@example.org")
    assert "bounce_address has no effect beside events" in words


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("secret", "begins"),
    [
        (SIGNING_KEY, "relay: https://news.example.org/hooks/relay/"),
        (None, "[provider.relay] webhook_secret is missing, so bounces and complaints are refused"),
        ("k3y", "[provider.relay] webhook_secret does not look like the HTTP webhook signing key"),
    ],
)
def test_doctor_looks_at_the_webhooks_of_a_relay(install: Install, secret: str | None, begins: str):
    installation = install(secret, events="mailgun")
    found = {one.name: one for one in run_checks(installation.app)}
    assert found["webhooks"].detail.startswith(begins)
    assert found["webhooks"].ok is (secret == SIGNING_KEY)
    assert found["bounces"].ok
