"""
newsletter.toml and the environment, checked once, as frozen Settings.

Every key can be set as `NEWSLETTER_SECTION__KEY`, which wins over the file. Relative paths start
at the file's own folder. Secrets are named (`env:NAME`, `file:PATH`), never written in clear.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariable

from newsletter.errors import SettingsError
from newsletter.model.mail import Sender

SECRET_KEYS = (
    "api_key",
    "api_secret",
    "secret_access_key",
    "session_token",
    "password",
    "webhook_secret",
)


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSettings(Section):
    """
    Who sends: shown in mails and pages. `templates` is the user's own folder, searched first;
    `secret_file` holds the key that signs links.
    """

    name: str = "Newsletter"
    base_url: str = "http://127.0.0.1:8000"
    postal_address: str = ""
    operator: str = ""
    language: str = "en"
    templates: Path | None = None
    secret_file: Path = Path("secret.key")

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")


class DatabaseSettings(Section):
    """
    `url` is `sqlite:///file.db` or `postgresql://…`. `busy_timeout_ms`: how long a process waits
    for its turn on an SQLite file.
    """

    url: str = "sqlite:///newsletter.db"
    busy_timeout_ms: int = Field(default=15_000, ge=0)


class SenderSettings(Section):
    """
    The From identity when a list or schedule names none.
    """

    name: str = ""
    address: str = ""
    reply_to: str = ""


class DeliverySettings(Section):
    """
    Which provider carries issues, over how many connections at once.
    """

    provider: str = "outbox"
    lanes: int = Field(default=4, ge=1, le=64)


class ProviderSettings(Section):
    """
    One provider. `rate` is per second, in the provider's own unit.
    """

    kind: Literal["outbox", "resend"]
    base_url: str | None = None
    api_key: str | None = None
    folder: Path | None = None
    rate: float | None = Field(default=None, gt=0)

    @field_validator("api_key")
    @classmethod
    def _is_named_not_told(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("env:", "file:")):
            raise ValueError("write env:NAME or file:PATH here, never the secret itself")
        return value


class LimitsSettings(Section):
    """
    What may be fetched: networks that are allowed although they are private, and ports.
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


class WebSettings(Section):
    """
    Where `newsletter serve` listens.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)


class Settings(BaseSettings):
    """
    All settings, frozen. `folder` is where the file lies; relative paths start there.
    """

    model_config = SettingsConfigDict(
        env_prefix="NEWSLETTER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    site: SiteSettings = SiteSettings()
    database: DatabaseSettings = DatabaseSettings()
    sender: SenderSettings = SenderSettings()
    delivery: DeliverySettings = DeliverySettings()
    provider: dict[str, ProviderSettings] = Field(default_factory=dict)
    limits: LimitsSettings = LimitsSettings()
    web: WebSettings = WebSettings()
    folder: Path = Field(default=Path(), exclude=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        assert isinstance(init_settings, InitSettingsSource)
        return env_settings, init_settings

    def path(self, value: Path) -> Path:
        """
        *value* as an absolute path, relative ones starting at the settings' folder.
        """
        return self.folder / value

    @property
    def database_url(self) -> str:
        """
        The database address, an SQLite file's path made absolute.
        """
        prefix = "sqlite:///"
        if not self.database.url.startswith(prefix):
            return self.database.url
        return prefix + str(self.path(Path(self.database.url.removeprefix(prefix))))

    @property
    def default_sender(self) -> Sender:
        return Sender(self.sender.name or self.site.name, self.sender.address)

    def provider_named(self, name: str) -> ProviderSettings:
        """
        The settings of the provider *name*; `outbox` is there without being written down.

        Raises:
            SettingsError: no `[provider.NAME]`.
        """
        if name in self.provider:
            return self.provider[name]
        if name == "outbox":
            return ProviderSettings(kind="outbox")
        raise SettingsError(
            f"no [provider.{name}] in newsletter.toml: add it, or name one of "
            f"{', '.join(sorted({'outbox', *self.provider}))} as [delivery] provider"
        )

    def secret(self, named: str) -> str:
        """
        The secret that `env:NAME` or `file:PATH` names.

        Raises:
            SettingsError: the variable or file is not there.
        """
        kind, _, where = named.partition(":")
        if kind == "env":
            if where not in os.environ:
                raise SettingsError(f"the environment has no {where}, which newsletter.toml names")
            return os.environ[where]
        try:
            return self.path(Path(where)).read_text(encoding="utf-8").strip()
        except UnicodeDecodeError as error:
            raise SettingsError(f"the secret file {where} is no text: write it anew") from error
        except OSError as error:
            raise SettingsError(f"cannot read the secret file {where}: {error.strerror}") from error


def load_settings(path: Path) -> Settings:
    """
    The settings of the file at *path*, with the environment laid over it.

    Raises:
        SettingsError: no such file, not TOML, an unknown key or a wrong value; one line.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(
            f"no settings at {path}: run `newsletter init DIR`, or name the file with --config"
        ) from error
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    if "folder" in told:
        raise SettingsError(f"{path}: {_unknown_key(['folder'])}")
    try:
        return Settings(**{**told, "folder": path.resolve().parent})
    except ValidationError as error:
        raise SettingsError(f"{path}: {_first_problem(error)}") from error
    except UnreadableVariable as error:
        raise SettingsError(
            f"the environment: {error}; set single keys, such as NEWSLETTER_SITE__NAME, and "
            "write lists as JSON"
        ) from error


# What pydantic says of these speaks of Python, not of the file.
_PLAINLY = {
    "missing": "is missing",
    "tuple_type": "must be a list in square brackets",
    "dict_type": "must be a section of its own",
    "model_type": "must be a section of its own",
}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = [part for part in problem["loc"] if isinstance(part, str)]
    if problem["type"] == "extra_forbidden":
        return _unknown_key(place)
    message = _PLAINLY.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
    return f"{_shown(place)}: {message[0].lower()}{message[1:]}"


def _unknown_key(place: list[str]) -> str:
    known = _known_keys(place[:-1])
    nearest = difflib.get_close_matches(place[-1], known, n=1)
    advice = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(sorted(known))}"
    return f"unknown key {_shown(place)}: {advice}"


def _known_keys(parents: list[str]) -> list[str]:
    fields: Any = Settings.model_fields
    if not parents:
        return [name for name in fields if name != "folder"]
    if parents[0] == "provider":
        return list(ProviderSettings.model_fields)
    return list(fields[parents[0]].annotation.model_fields)


def _shown(place: list[str]) -> str:
    if len(place) < 2:
        return f"[{place[0]}]"
    return f"[{'.'.join(place[:-1])}] {place[-1]}"
