"""
The sections of newsletter.toml, one class each, with every key's default. `brand`,
`provider`, `web` and `signup` have their own modules.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from subscribers.errors import InvalidAddress, InvalidText
from subscribers.validation.address import parse_address
from subscribers.validation.text_fields import one_line, parse_language


def _is_one_line(value: str) -> str:
    try:
        return one_line(value, "name")
    except InvalidText as error:
        raise ValueError(str(error)) from error


TextField = Annotated[str, AfterValidator(_is_one_line)]


def _can_be_mailed(value: str) -> str:
    try:
        return parse_address(value).email if value else ""
    except InvalidAddress as error:
        raise ValueError(str(error)) from error


def require_secret_reference(value: object) -> str:
    """
    Return *value* if it names a secret as `env:NAME` or `file:PATH`.
    """
    if not isinstance(value, str) or not value.startswith(("env:", "file:")):
        raise ValueError("write env:NAME or file:PATH here, never the secret itself")
    return value


# The key of [delivery] whose value is never shown.
MAILBOX_SECRET = "unsubscribe_mailbox_password"  # noqa: S105 - not a secret
SecretReference = Annotated[str, AfterValidator(require_secret_reference)]

# Empty if there is none.
MailAddress = Annotated[str, AfterValidator(_can_be_mailed)]


def _is_network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a network: write {_nearest_network(value)}") from error
    return value


def _nearest_network(text: str) -> str:
    try:
        # It is the address of a machine in the network, such as 10.0.0.1/8.
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return "one such as 10.0.0.0/8"


Network = Annotated[str, AfterValidator(_is_network)]


LogFormat = Literal["text", "json"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSettings(Section):
    """
    The publisher, as shown in emails and on pages.
    """

    name: TextField = "Newsletter"
    """The name of the publication, in emails and on pages."""
    base_url: str = "http://127.0.0.1:8000"
    """The public URL of `newsletter serve`; it must be https in production."""
    postal_address: str = ""
    """The postal address in the footer of every email. Most laws require one."""
    operator: MailAddress = ""
    """The email address that gets alerts when something needs a person; empty for no alerts."""
    language: str = "en"
    """
    The language of dates and fixed texts in emails, such as `en` or `pt`. Fifteen are built in.
    """
    templates: Path | None = None
    """The folder of your own templates, which replace built-in ones of the same name."""
    secret_file: Path = Path("secret.key")
    """
    The file with the secret that signs the links in emails. Back it up: without it, the links stop
    working.
    """
    departures_file: Path = Path("departures.log")
    """
    The file that keeps, as keyed hashes, who unsubscribed, bounced or was erased, so that a
    restored backup does not bring them back. Each machine that runs newsletter has its own; never
    restore it together with the database.
    """

    @field_validator("language")
    @classmethod
    def _is_a_language(cls, value: str) -> str:
        try:
            return parse_language(value)
        except InvalidText as error:
            raise ValueError(str(error)) from error

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} is not a URL: start it with http:// or https://")
        # It is part of List-Unsubscribe, which mail programs do not decode.
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise ValueError(
                f"{value!r} is not plain ASCII without spaces: write a name such as "
                "bücher.example as xn--bcher-kva.example"
            )
        return value.rstrip("/")


class DatabaseSettings(Section):
    """
    The database in which everything is stored.
    """

    url: str = "sqlite:///newsletter.db"
    """
    An SQLite file (`sqlite:///newsletter.db`) or a PostgreSQL database
    (`postgresql://user@host/name`).
    """
    busy_timeout_ms: int = Field(default=15_000, ge=0)
    """How many milliseconds a process waits for a lock on an SQLite database."""


class SenderSettings(Section):
    """
    The sender of issues if neither the list nor the schedule sets one.
    """

    name: TextField = ""
    """The name in From; if empty, the name of the site."""
    address: MailAddress = ""
    """The address in From."""
    reply_to: MailAddress = ""
    """The address in Reply-To; if empty, there is no Reply-To."""


class DeliverySettings(Section):
    """
    The providers that issues are sent through, and how.
    """

    provider: TextField = "outbox"
    """`outbox`, or the NAME of a `[provider.NAME]`."""
    fallback_provider: TextField = ""
    """The NAME of the provider that an issue fails over to; empty for none."""
    failover_after_s: int = Field(default=900, ge=0)
    """
    How many seconds the first provider must accept nothing before an issue fails over. It
    fails over at once if the account is refused.
    """
    connections: int = Field(default=4, ge=1, le=64)
    """How many calls to the provider each process makes at the same time."""
    unsubscribe_address: str = Field(
        default="", pattern=r"^([A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,255})?$"
    )
    """
    An address to which readers can send an email to unsubscribe, beside the one-click link. Its
    mail must arrive in `unsubscribe_mailbox` or in a provider's `bounce_mailbox`.
    """
    unsubscribe_mailbox: str | None = Field(default=None, min_length=1)
    """
    The mailbox of that address, if it has one of its own: the path of a Maildir, or
    `imaps://USER@HOST/FOLDER`.
    """
    unsubscribe_mailbox_password: SecretReference | None = None
    """The password of the IMAP user, as `env:NAME` or `file:PATH`."""
    canary: bool = True
    """Send from a new domain to 200 readers first, and to the others 15 minutes later."""

    @property
    def failover_after(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.failover_after_s)


class LimitsSettings(Section):
    """
    The limits for fetching from the web: allowed private networks, ports, size and time.
    """

    fetch_networks: tuple[Network, ...] = ()
    """
    Private networks from which sources may be fetched, on any port, such as `["10.0.0.0/8"]`, or
    `["127.0.0.0/8"]` for this machine.
    """
    fetch_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (80, 443)
    """The ports on public addresses from which sources may be fetched."""
    fetch_max_bytes: int = Field(default=5 * 1024 * 1024, gt=0)
    """The maximum size of a feed or page, in bytes after decompression."""
    fetch_deadline_s: float = Field(default=20.0, gt=0, allow_inf_nan=False)
    """How many seconds a fetch may take in total."""


class ImagesSettings(Section):
    """
    Images in briefs that are linked from the web.
    """

    measure: bool = True
    """Fetch each image once, to find its width, height, type and size in bytes."""
    copies: bool = False
    """Store a re-encoded copy of each image, and link to the copy instead of the original."""


class LogSettings(Section):
    """
    The log of `newsletter serve` and `newsletter worker`, on standard error.
    """

    format: LogFormat = "text"
    """`text` for lines that people read, `json` for one JSON object per line."""
