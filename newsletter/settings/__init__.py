"""
Load newsletter.toml and the environment into frozen Settings, checked once.

Every key can be set as `NEWSLETTER_SECTION__KEY`, which wins over the file. Relative paths start at
the file's own folder. Secrets are referenced (`env:NAME`, `file:PATH`), never written in plain
text.
"""

from __future__ import annotations

import hashlib
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
from newsletter.settings.access import ApiSettings, AuditSettings
from newsletter.settings.brand import BrandSettings
from newsletter.settings.login import LoginSettings
from newsletter.settings.named_secret import read_secret
from newsletter.settings.problems import (
    describe_problem,
    describe_unreadable_variable,
    unknown_key,
)
from newsletter.settings.provider import ProviderSettings
from newsletter.settings.sections import (
    DatabaseSettings,
    DeliverySettings,
    ImagesSettings,
    LimitsSettings,
    LogSettings,
    SenderSettings,
    SiteSettings,
)
from newsletter.settings.signup import SignupSettings
from newsletter.settings.web import WebSettings
from subscribers.text.toml import parse_toml

__all__ = ["ProviderSettings", "Settings", "load_settings"]

# The fallback provider of an issue that has none although the settings name one.
NO_FALLBACK = "none"


class Settings(BaseSettings):
    """
    All settings, frozen. `folder` is the folder of the file; relative paths start there.
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
    signup: SignupSettings = SignupSettings()
    login: LoginSettings = LoginSettings()
    audit: AuditSettings = AuditSettings()
    api: ApiSettings = ApiSettings()
    log: LogSettings = LogSettings()
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
        Return *value* as an absolute path; a relative one starts at the settings' folder.
        """
        return self.folder / value

    @property
    def database_url(self) -> str:
        """
        The URL of the database; the path of an SQLite file is made absolute.
        """
        prefix = "sqlite:///"
        if not self.database.url.startswith(prefix):
            return self.database.url
        return prefix + str(self.path(Path(self.database.url.removeprefix(prefix))))

    @property
    def site_in_mails(self) -> Site:
        """
        What mails say about the site.
        """
        return Site(
            name=self.site.name,
            base_url=self.site.base_url,
            postal_address=self.site.postal_address,
            language=self.site.language,
            brand=self.brand.brand,
            unsubscribe_address=self.delivery.unsubscribe_address,
        )

    @property
    def template_folders(self) -> list[Path]:
        """
        The user's own folder of templates, if there is one.
        """
        return [self.path(self.site.templates)] if self.site.templates else []

    @property
    def default_sender(self) -> Sender:
        return Sender(self.sender.name or self.site.name, self.sender.address)

    def provider_named(self, name: str) -> ProviderSettings:
        """
        Return the settings of the provider *name*. `outbox` needs no section of its own.

        Raises:
            SettingsError: there is no `[provider.NAME]`.
        """
        if name in self.provider:
            return self.provider[name]
        if name == "outbox":
            return ProviderSettings(kind="outbox")
        raise SettingsError(
            f"no [provider.{name}] in newsletter.toml: add it, or choose from "
            f"{', '.join(sorted({'outbox', *self.provider}))}"
        )

    def account_of(self, name: str) -> str:
        """
        Return a short identifier of the account behind the provider *name*. It changes with the
        base URL, the API key and the place within the account, and does not reveal the key.
        """
        own = self.provider_named(name)
        parts = [own.kind, own.base_url, own.region, own.domain, own.stream, own.folder]
        if own.api_key:
            parts.append(self.secret(own.api_key))
        parts.extend(f"{key}={value}" for key, value in sorted(own.own.items()))
        return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12]

    def fallback_provider(self, named: str | None, *, primary: str | None = None) -> str | None:
        """
        Return the provider to which an issue fails over: *named*, else the one of
        `[delivery] fallback_provider`. Return None if the issue has no fallback provider.

        *primary* is the provider the issue is sent through, by default that of `[delivery]`.

        Raises:
            SettingsError: there is no such provider, it is the primary one, or only one of the two
                reaches people.
        """
        name = named or self.delivery.fallback_provider
        primary = primary or self.delivery.provider
        if name in ("", NO_FALLBACK):
            return None
        self.provider_named(name)
        if name == primary:
            raise SettingsError(
                f"{name} is already the first provider: name another one as fallback provider"
            )
        if self.reaches_people(name) != self.reaches_people(primary):
            to_nobody = primary if self.reaches_people(name) else name
            raise SettingsError(
                f"{name} cannot continue what {primary} began: "
                f"emails sent through {to_nobody} reach nobody"
            )
        return name

    @model_validator(mode="after")
    def _fallback_is_valid(self) -> Settings:
        try:
            self.fallback_provider(None)
        except SettingsError as error:
            raise ValueError(f"[delivery] fallback_provider: {error}") from error
        return self

    @property
    def webhook_providers(self) -> list[str]:
        """
        The names of the providers that report events by webhooks.
        """
        return [name for name, own in self.provider.items() if own.proof_key]

    def reaches_people(self, provider: str) -> bool:
        """
        Return True if mails sent through the provider leave this machine. Without a section in the
        settings they do not.
        """
        return provider in self.provider and self.provider[provider].reaches_people

    def is_on_this_machine(self, provider: str) -> bool:
        """
        Return True if mails stay on this machine, or are sent through a server on it.
        """
        return provider not in self.provider or self.provider[provider].is_on_this_machine

    def has_canary(self, provider: str) -> bool:
        """
        Return True if an issue from a new sending domain goes to a canary of readers first.
        """
        return self.delivery.canary and self.reaches_people(provider)

    def secret(self, reference: str) -> str:
        """
        Read the secret that `env:NAME` or `file:PATH` names.

        Raises:
            SettingsError: the variable or file does not exist.
        """
        return read_secret(reference, self.folder)


def load_settings(path: Path) -> Settings:
    """
    Load the settings from the file at *path*; the environment wins over the file.

    Raises:
        SettingsError: the file does not exist or is not TOML, or a key or value is not valid.
    """
    try:
        values = parse_toml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(
            f"no settings at {path}: go to the folder of your newsletter, name the file with "
            "--config, or run `newsletter init DIR`"
        ) from error
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not text in UTF-8: save it as such") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    if "folder" in values:
        raise SettingsError(f"{path}: {unknown_key(['folder'], Settings)}")
    try:
        return Settings(**{**values, "folder": path.resolve().parent})
    except ValidationError as error:
        raise SettingsError(describe_problem(error, Settings, file=path)) from error
    except UnreadableVariable as error:
        raise SettingsError(describe_unreadable_variable(Settings)) from error
