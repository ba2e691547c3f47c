"""
The section `[provider.NAME]` and the keys that each kind of provider has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticKnownError

from newsletter.model.provider_kind import ProviderKind
from newsletter.settings.plugins import PROVIDERS, declared, load
from newsletter.settings.sections import Section, require_secret_reference

# They name a secret as `env:NAME` or `file:PATH`. Their values are never shown.
SECRETS = (
    "api_key",
    "api_secret",
    "webhook_secret",
    "webhook_secret_previous",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "password",
    "bounce_mailbox_password",
    "dkim_key",
)
# The current secret first.
WEBHOOK_SECRETS = ("webhook_secret", "webhook_secret_previous")
_LOOPBACK = re.compile(r"127(\.[0-9]{1,3}){3}")
Topic = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$"),
]


class ProviderSettings(Section):
    """
    A provider. You can set up several, each with its own NAME. A key that its kind does not have is
    refused.
    """

    kind: str
    """The kind of provider. You can choose any NAME."""
    base_url: str | None = None
    """
    The URL of a test server, instead of the provider's own. Plain http is allowed only on this
    machine.
    """
    api_key: str | None = None
    """The API key, as `env:NAME` or `file:PATH`."""
    api_secret: str | None = None
    """The second half of Mailjet's key, as `env:NAME` or `file:PATH`."""
    stream: str | None = Field(default=None, min_length=1)
    """One of the server's broadcast streams; if not set, `broadcast`."""
    folder: Path | None = None
    """The folder for the emails; if not set, `outbox` beside `newsletter.toml`."""
    webhook_secret: str | None = None
    """
    The secret that proves that a webhook comes from the provider, as `env:NAME` or `file:PATH`: the
    signing key at Resend, Mailgun and SendGrid, `user:password` at the others.
    """
    webhook_secret_previous: str | None = None
    """
    The earlier `webhook_secret`, while you change it at the provider. Webhooks that carry either
    are accepted.
    """
    domain: str | None = None
    """The domain that Mailgun sends for."""
    region: str | None = None
    """`us` or `eu` at Mailgun, SendGrid and SparkPost; a name such as `eu-west-1` at Amazon SES."""
    access_key_id: str | None = None
    """
    The id of an AWS key, as `env:NAME` or `file:PATH`. If not set, the machine's own credentials
    are used.
    """
    secret_access_key: str | None = None
    """The secret of that key, as `env:NAME` or `file:PATH`."""
    session_token: str | None = None
    """The session token of temporary keys, as `env:NAME` or `file:PATH`."""
    configuration_set: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """The configuration set that publishes events."""
    topics: tuple[Topic, ...] = ()
    """The ARNs of the SNS topics through which events arrive."""
    host: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._:-]{1,253}$")
    """The host name of the SMTP server."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    """The server's port; if not set, 587 with `starttls`, 465 with `tls`, 25 with `none`."""
    security: Literal["none", "starttls", "tls"] | None = None
    """How the connection is encrypted: `starttls`, `tls` (from the first byte) or `none`."""
    username: str | None = Field(default=None, min_length=1)
    """The username to log in with; if not set, there is no login."""
    password: str | None = None
    """The password to log in with, as `env:NAME` or `file:PATH`."""
    # The label of a delivery and its signature are added to it (RFC 5321 section 4.5.3.1.1).
    bounce_address: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._-]{1,15}@[A-Za-z0-9.-]{1,255}$"
    )
    """
    The address that bounces are sent to. Each email gets its own: `bounces@example.org` becomes
    `bounces+…@example.org`.
    """
    bounce_mailbox: str | None = Field(default=None, min_length=1)
    """The mailbox in which bounces arrive: the path of a Maildir, or `imaps://USER@HOST/FOLDER`."""
    bounce_mailbox_password: str | None = None
    """The password of the IMAP user, as `env:NAME` or `file:PATH`."""
    dkim_selector: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$")
    """
    The selector of the DKIM key, whose public key is at `SELECTOR._domainkey` of the sender's
    domain. Set it if the server does not sign. It needs the extra `dkim`.
    """
    dkim_key: str | None = None
    """The private key for DKIM signatures, as `env:NAME` or `file:PATH`."""
    events: str | None = None
    """
    The kind of the provider that the SMTP server belongs to, if its webhooks report what became of
    each email: `mailgun`, `sendgrid`, `postmark`, `ses`, `mailjet`, `brevo` or `sparkpost`. The
    section then has that kind's keys for webhooks too (`webhook_secret`, or `topics` and
    `configuration_set`), and no `bounce_address`.
    """
    rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """
    How many calls per second all processes together may make (recipients per second at Amazon SES
    and over SMTP). If not set, the rate that the provider documents or states in its answers.
    """

    own: dict[str, Any] = Field(default_factory=dict, exclude=True)
    """The keys that only this kind of provider has, and no built-in kind."""

    @property
    def declared(self) -> ProviderKind:
        """
        What the package that provides this kind declares about it.
        """
        return provider_kind(self.kind)

    @property
    def reaches_people(self) -> bool:
        """
        True if mail leaves this machine. The outbox keeps it, and so does a test server with a
        local `base_url`. A local SMTP server forwards mail.
        """
        return not self.declared.keeps_mail and not is_this_machine(
            urlsplit(self.base_url or "").hostname or ""
        )

    @property
    def is_on_this_machine(self) -> bool:
        """
        True if the provider keeps mail, or its server listens on this machine. An SMTP server here
        may be a test server or one that forwards mail.
        """
        return not self.reaches_people or is_this_machine(self.host or "")

    @property
    def webhook_kind(self) -> ProviderKind:
        """
        What is declared about the kind whose webhooks arrive: that of `events`, else its own.
        """
        return self.declared if self.events is None else provider_kind(self.events)

    @property
    def proof_key(self) -> str | None:
        """
        The key of this section that is needed to verify webhooks; None if there are no webhooks.
        """
        return self.webhook_kind.proof_key

    @property
    def lacks_proof(self) -> bool:
        """
        True if the provider signs its webhooks and the key to verify them is missing.
        """
        key = self.proof_key
        return key is not None and self.webhook_kind.signs_webhooks and not self.value_of(key)

    def value_of(self, key: str) -> Any:
        """
        Return the value of a key, also of one that only this kind of provider has; None if it is
        not set.
        """
        return self.own.get(key, getattr(self, key, None))

    @field_validator(*SECRETS)
    @classmethod
    def _is_a_reference(cls, value: str | None) -> str | None:
        return None if value is None else require_secret_reference(value)

    @field_validator("kind")
    @classmethod
    def _is_installed(cls, value: str) -> str:
        if value not in declared(PROVIDERS):
            raise _not_one_of(declared(PROVIDERS))
        return value

    @field_validator("events")
    @classmethod
    def _is_a_relay(cls, value: str | None) -> str | None:
        if value is not None and not _relay_kind(value):
            raise _not_one_of([name for name in declared(PROVIDERS) if _relay_kind(name)])
        return value

    @model_validator(mode="after")
    def _hears_in_one_way(self) -> Self:
        """
        Refuse `events` beside a bounce address: a relay puts its own into the envelope, and a mail
        from anybody must never be parsed as a verified webhook.
        """
        if self.events is not None and self.bounce_address is not None:
            raise ValueError(
                "bounce_address has no effect beside events, because the relay gets the bounces: "
                "remove one of them"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _has_keys_of_its_kind(cls, values: Any) -> Any:
        """
        Refuse a key that belongs to another kind of provider: it would have no effect. Move those
        that only a kind from outside has to `own`.
        """
        name = values.get("kind") if isinstance(values, dict) else None
        if not isinstance(name, str) or name not in declared(PROVIDERS):
            return values
        kind = provider_kind(name)
        relay = _relay_kind(values.get("events")) if "events" in kind.keys else None
        known = kind.keys | {"kind", "rate"} | (relay.relay_keys if relay else frozenset())
        for key in sorted(set(values) & set(cls.model_fields) - known):
            raise ValueError(
                f"kind {name} has no key {key}: expected one of {', '.join(sorted(known))}"
            )
        own = {key: values[key] for key in values if key in known - set(cls.model_fields)}
        secrets = kind.secrets | (relay.secrets if relay else frozenset())
        for key in sorted(secrets & set(own)):
            require_secret_reference(own[key])
        return {**{key: value for key, value in values.items() if key not in own}, "own": own}


def provider_kind(name: str) -> ProviderKind:
    """
    Return the declaration of a kind of provider.

    Raises:
        SettingsError: no installed package provides it.
    """
    kind: ProviderKind = load(PROVIDERS, name, ProviderKind)
    return kind


def _relay_kind(name: object) -> ProviderKind | None:
    """
    Return the declaration of the kind *name* if mails can be sent through its SMTP server.
    """
    if not isinstance(name, str) or name not in declared(PROVIDERS):
        return None
    kind = provider_kind(name)
    return kind if kind.relay else None


def _not_one_of(names: Iterable[str]) -> PydanticKnownError:
    *others, last = map(repr, names)
    return PydanticKnownError("literal_error", {"expected": f"{', '.join(others)} or {last}"})


def is_this_machine(host: str) -> bool:
    return host in ("localhost", "::1") or _LOOPBACK.fullmatch(host) is not None
