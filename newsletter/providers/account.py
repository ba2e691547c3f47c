"""
Gather what a provider is opened with, and check the API key and base URL of its settings.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Required, TypedDict
from urllib.parse import urlsplit

from newsletter.errors import SettingsError
from newsletter.model.delivery import ReplyWriter, keep_no_replies
from newsletter.providers.http_client import Http, HttpClient
from newsletter.settings import ProviderSettings
from newsletter.settings.provider import WEBHOOK_SECRETS, is_this_machine

# The longest that a call to a provider may take; `store.delivery.leases.CALL_DEADLINE` allows more.
DEADLINE_S = 60.0
_SECRET = re.compile(r"[!-~]+")


class HttpOptions(TypedDict, total=False):
    """
    What every `HttpAccount` is opened with besides its own settings.

    `webhook_secrets` are what its webhooks are verified with: passwords as `user:password`, or keys
    of signatures; more than one while the secret is being changed.
    """

    http: Required[Http]
    webhook_secrets: Sequence[str]
    deadline_s: float
    clock: Callable[[], dt.datetime]


@dataclass(frozen=True, kw_only=True)
class Account:
    """
    The section `[provider.NAME]`, and everything else that a provider is built from.

    `read_secret` resolves an `env:NAME` or `file:PATH` reference. `open_http` returns the HTTP
    client of this process. `secrets_for` derives the site's secrets for a purpose, starting with
    that of the current key. `call_sandbox` calls a function in the sandboxed child process, with
    JSON values. `at_close` registers a function to run when the process closes the provider.
    Relative paths start at `folder`. `sender` is the From address of mails whose list or
    schedule sets none; it may be empty. `deadline_s` is the longest that one call may take.
    `reply_writer` returns what writes down the replies to each mail of a call.
    """

    name: str
    settings: ProviderSettings
    folder: Path
    read_secret: Callable[[str], str]
    open_http: Callable[[], HttpClient]
    secrets_for: Callable[[str], tuple[str, ...]]
    at_close: Callable[[Callable[[], None]], None]
    clock: Callable[[], dt.datetime]
    sender: str
    call_sandbox: Callable[..., Any]
    deadline_s: float = DEADLINE_S
    reply_writer: ReplyWriter = keep_no_replies

    def secret(self, key: str) -> str:
        """
        Return the secret that *key* of the section refers to.

        Raises:
            SettingsError: the key is missing, or the secret it refers to is.
        """
        reference = self.settings.value_of(key)
        if reference is None:
            raise SettingsError(f"[provider.{self.name}] {key} is missing: set it to env:NAME")
        return self.read_secret(reference)

    def http_options(self) -> HttpOptions:
        """
        Return what an `HttpAccount` is opened with.

        Raises:
            SettingsError: the secrets of its webhooks are not valid.
        """
        return HttpOptions(
            http=self.open_http(),
            webhook_secrets=self.webhook_secrets,
            deadline_s=self.deadline_s,
            clock=self.clock,
        )

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """
        Return the secrets that authenticate the provider's webhooks: the current one and, while it
        is being changed, the previous one. Return an empty tuple if none is set.

        Raises:
            SettingsError: a secret is missing or empty; an empty one would accept any request. Or
                only the previous one is set.
        """
        own = self.settings
        if own.webhook_secret is None and own.webhook_secret_previous is not None:
            raise SettingsError(
                f"[provider.{self.name}] webhook_secret_previous is set without webhook_secret: "
                "set webhook_secret to the new secret"
            )
        keys = (key for key in WEBHOOK_SECRETS if getattr(own, key) is not None)
        return tuple(self._webhook_secret(key) for key in keys)

    def _webhook_secret(self, key: str) -> str:
        secret = self.secret(key)
        if not secret.strip():
            raise SettingsError(
                f"[provider.{self.name}] {key} refers to an empty secret: set it, or remove {key}"
            )
        return secret

    def base_url(self, by_region: Mapping[str, str]) -> str:
        """
        Return the base URL that the section sets, or else the URL for its region.

        *by_region* maps each region to its URL, the default region first.

        Raises:
            SettingsError: the region is unknown.
        """
        region = self.settings.region or next(iter(by_region))
        if region not in by_region:
            known = " or ".join(f'"{name}"' for name in by_region)
            raise SettingsError(f"[provider.{self.name}] region must be {known}")
        return self.settings.base_url or by_region[region]


def check_secret(name: str, key: str, value: str, *, found_at: str) -> None:
    """
    Check that *value*, the secret that *key* refers to, is printable ASCII without spaces.

    Raises:
        SettingsError: it is not.
    """
    if not _SECRET.fullmatch(value):
        raise SettingsError(
            f"[provider.{name}] {key} is empty or contains a space, a line break or a non-ASCII "
            f"character: copy it again from {found_at}"
        )


def check_base_url(name: str, base_url: str) -> None:
    """
    Check that the base URL is valid, and https unless the server is on this machine.

    Raises:
        SettingsError: it is not.
    """
    host = _host_of(base_url)
    if not (host and base_url.startswith(("https://", "http://")) and _SECRET.fullmatch(base_url)):
        raise SettingsError(
            f"[provider.{name}] base_url must be an https:// or http:// URL with a host name"
        )
    if base_url.startswith("http://") and not is_this_machine(host):
        raise SettingsError(
            f"[provider.{name}] base_url is http, which would send the API key and the emails "
            "unencrypted: use https; http is only for servers on this machine"
        )


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
