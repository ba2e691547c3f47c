"""
The sections of newsletter.toml, one class each, with every key's default. `brand` and
`provider` have their own modules.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from subscribers.errors import InvalidAddress, InvalidText
from subscribers.validation.address import parse_address
from subscribers.validation.text_fields import one_line


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


# Empty if there is none.
MailAddress = Annotated[str, AfterValidator(_can_be_mailed)]


# `text`: lines for people. `json`: one object on each line.
LogFormat = Literal["text", "json"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSettings(Section):
    """
    Who publishes, as mails and pages show it. `templates` is the user's own folder, searched first;
    `secret_file` holds the secret that signs links.
    """

    name: TextField = "Newsletter"
    base_url: str = "http://127.0.0.1:8000"
    postal_address: str = ""
    operator: MailAddress = ""
    language: str = "en"
    templates: Path | None = None
    secret_file: Path = Path("secret.key")

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        # It is part of List-Unsubscribe, which no mail program decodes.
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise ValueError(
                "must be ASCII without spaces: write a name such as bücher.example as "
                "xn--bcher-kva.example"
            )
        return value.rstrip("/")


class DatabaseSettings(Section):
    """
    `url` is `sqlite:///file.db` or `postgresql://…`. `busy_timeout_ms`: how long a process waits
    for the lock of an SQLite file.
    """

    url: str = "sqlite:///newsletter.db"
    busy_timeout_ms: int = Field(default=15_000, ge=0)


class SenderSettings(Section):
    """
    The From identity of issues whose list and schedule name none.
    """

    name: TextField = ""
    address: MailAddress = ""
    reply_to: MailAddress = ""


class DeliverySettings(Section):
    """
    The provider that issues are sent through, over `lanes` connections. `second_provider` is the
    one an issue fails over to once the first has accepted nothing for `second_after_s` ("": none).
    `canary`: from a new sending domain an issue goes to a canary of readers first.
    """

    provider: str = "outbox"
    second_provider: str = ""
    second_after_s: int = Field(default=900, ge=0)
    lanes: int = Field(default=4, ge=1, le=64)
    canary: bool = True

    @property
    def second_after(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.second_after_s)


class LimitsSettings(Section):
    """
    The limits of fetching: private networks that are allowed, ports, size and time.
    """

    fetch_networks: tuple[str, ...] = ()
    fetch_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (80, 443)
    fetch_max_bytes: int = Field(default=5 * 1024 * 1024, gt=0)
    fetch_deadline_s: float = Field(default=20.0, gt=0)

    @field_validator("fetch_networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValueError(f"{error}; write one like 10.0.0.0/8") from error
        return value


class ImagesSettings(Section):
    """
    Images of briefs that are on the web. `measure`: read their width and height. `copies`: store
    and serve a copy of each instead of linking to the original.
    """

    measure: bool = True
    copies: bool = False


class WebSettings(Section):
    """
    The address that `newsletter serve` listens on.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)


class LogSettings(Section):
    """
    The log of `newsletter serve` and `newsletter worker`, on standard error.
    """

    format: LogFormat = "text"
