"""
newsletter.toml and the environment, checked once, as frozen Settings.

Every key can be set as `NEWSLETTER_SECTION__KEY`, which wins over the file. Relative paths start
at the file's own folder. Secrets are named (`env:NAME`, `file:PATH`), never written in clear.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariable

from newsletter.errors import SettingsError
from newsletter.model.issue import Site
from newsletter.model.mail import Sender
from newsletter.settings.brand import BrandSettings
from newsletter.settings.problems import first_problem, unknown_key
from newsletter.settings.provider import ProviderSettings
from newsletter.settings.sections import (
    DatabaseSettings,
    DeliverySettings,
    ImagesSettings,
    LimitsSettings,
    SenderSettings,
    SiteSettings,
    WebSettings,
)

__all__ = ["ProviderSettings", "Settings", "load_settings"]

# What is typed where an issue is to wait for its provider, whatever the settings say.
NO_SECOND = "none"


class Settings(BaseSettings):
    """
    All settings, frozen. `folder` is where the file lies; relative paths start there.
    """

    model_config = SettingsConfigDict(
        env_prefix="NEWSLETTER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    site: SiteSettings = SiteSettings()
    brand: BrandSettings = BrandSettings()
    database: DatabaseSettings = DatabaseSettings()
    sender: SenderSettings = SenderSettings()
    delivery: DeliverySettings = DeliverySettings()
    provider: dict[str, ProviderSettings] = Field(default_factory=dict)
    limits: LimitsSettings = LimitsSettings()
    images: ImagesSettings = ImagesSettings()
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
    def site_in_mails(self) -> Site:
        """
        What templates may know of `[site]` and `[brand]`.
        """
        return Site(
            name=self.site.name,
            base_url=self.site.base_url,
            postal_address=self.site.postal_address,
            language=self.site.language,
            brand=self.brand.brand,
        )

    @property
    def template_folders(self) -> list[Path]:
        """
        The user's own folder of templates, where there is one.
        """
        return [self.path(self.site.templates)] if self.site.templates else []

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
            f"{', '.join(sorted({'outbox', *self.provider}))}"
        )

    def account_of(self, name: str) -> str:
        """
        A short name of the account that the provider *name* is reached through, another one for
        each address, key or place in it. It tells nothing of the key.
        """
        own = self.provider_named(name)
        told = [own.kind, own.base_url, own.region, own.domain, own.stream, own.folder]
        told += [self.secret(own.api_key)] if own.api_key else []
        return hashlib.sha256("\0".join(map(str, told)).encode()).hexdigest()[:12]

    def second_provider(self, named: str | None, *, first: str | None = None) -> str | None:
        """
        Through whom an issue goes on when its provider (*first*, else the usual one) takes nothing:
        *named*, or what `[delivery] second_provider` says; None where that is nobody.

        Raises:
            SettingsError: there is no such provider, it is the first one, or the mails of one of
                them reach people and those of the other do not.
        """
        name, first = named or self.delivery.second_provider, first or self.delivery.provider
        if name in ("", NO_SECOND):
            return None
        self.provider_named(name)
        if name == first:
            raise SettingsError(f"{name} carries it already: name another as second provider")
        if self.reaches_people(name) != self.reaches_people(first):
            mute = first if self.reaches_people(name) else name
            raise SettingsError(
                f"the mails of {mute} reach nobody, and those of the other do: {name} cannot go on "
                f"with what {first} began"
            )
        return name

    @model_validator(mode="after")
    def _second_can_go_on(self) -> Settings:
        try:
            self.second_provider(None)
        except SettingsError as error:
            raise ValueError(f"[delivery] second_provider: {error}") from error
        return self

    @property
    def heard_providers(self) -> list[str]:
        """
        The names of those that tell by webhooks what became of mails.
        """
        return [name for name, own in self.provider.items() if own.has_webhooks]

    def reaches_people(self, provider: str) -> bool:
        """
        Whether the mails of the provider reach anybody; one that is not set up reaches nobody.
        """
        return provider in self.provider and self.provider[provider].reaches_people

    def has_canary(self, provider: str) -> bool:
        """
        Whether the first readers go alone where a new sending domain begins with the provider.
        """
        return self.delivery.canary and self.reaches_people(provider)

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
        raise SettingsError(f"{path}: {unknown_key(['folder'], Settings)}")
    try:
        return Settings(**{**told, "folder": path.resolve().parent})
    except ValidationError as error:
        raise SettingsError(f"{path}: {first_problem(error, Settings)}") from error
    except UnreadableVariable as error:
        raise SettingsError(
            f"the environment: {error}; set single keys, such as NEWSLETTER_SITE__NAME, and "
            "write lists as JSON"
        ) from error
