"""
What an adapter is opened with, and what those on the network are told alike: an account's secret
and address, and a From line.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.errors import SettingsError
from newsletter.mail.mime.message import clean_text
from newsletter.model.mail import Sender
from newsletter.providers.http_client import HttpClient
from newsletter.settings import ProviderSettings
from newsletter.settings.provider import is_this_machine

# What a call to a provider may take, in seconds; `owners.CALL_DEADLINE` reckons with it.
DEADLINE_S = 60.0
_SECRET = re.compile(r"[!-~]+")
_NEEDS_QUOTES = re.compile(r'[()<>@,:;"\\\[\]]')


@dataclass(frozen=True, kw_only=True)
class Account:
    """
    `[provider.NAME]`, and what an adapter is made of besides. `read_secret` reads what `env:NAME`
    or `file:PATH` names; `open_lanes` gives the connections of this process; relative paths start
    at `folder`. `words_for` gives the site's secret words for a purpose, the present secret's
    first; what `at_close` is told is done when the process is done with the provider. `sender` is
    the address of mails whose list or schedule names no other; empty where none is set.
    `deadline_s` is what one call may take.
    """

    name: str
    settings: ProviderSettings
    folder: Path
    read_secret: Callable[[str], str]
    open_lanes: Callable[[], HttpClient]
    words_for: Callable[[str], tuple[str, ...]]
    at_close: Callable[[Callable[[], None]], None]
    clock: Callable[[], dt.datetime]
    sender: str
    deadline_s: float = DEADLINE_S

    def secret(self, key: str) -> str:
        """
        The secret that *key* of the section names.

        Raises:
            SettingsError: the key is not there, or what it names is not.
        """
        named = getattr(self.settings, key)
        if named is None:
            raise SettingsError(f"[provider.{self.name}] {key} is missing: name it as env:NAME")
        return self.read_secret(named)

    @property
    def webhook_secret(self) -> str:
        """
        What proves its webhooks; empty where the section names none.

        Raises:
            SettingsError: what it names is not there, or is empty, which would let anybody in.
        """
        if self.settings.webhook_secret is None:
            return ""
        told = self.secret("webhook_secret")
        if not told.strip():
            raise SettingsError(
                f"[provider.{self.name}] webhook_secret is empty: set what it names, or take the "
                "key out"
            )
        return told

    def base_url(self, by_region: Mapping[str, str]) -> str:
        """
        The address that the section names, else that of its region among *by_region*, the first
        of which is the usual one.

        Raises:
            SettingsError: there is no such region.
        """
        region = self.settings.region or next(iter(by_region))
        if region not in by_region:
            known = " or ".join(f'"{one}"' for one in by_region)
            raise SettingsError(f"[provider.{self.name}] region must be {known}")
        return self.settings.base_url or by_region[region]


def check_account(name: str, *, api_key: str, base_url: str, found_at: str) -> None:
    """
    Nothing, where the key and the address of `[provider.NAME]` can be some; the key is *found_at*
    a page of the provider's.

    Raises:
        SettingsError: they cannot.
    """
    check_secret(name, "api_key", api_key, found_at=found_at)
    check_base_url(name, base_url)


def check_secret(name: str, key: str, value: str, *, found_at: str) -> None:
    """
    Nothing, where the *value* of *key* can be one; else as `check_account`.
    """
    if not _SECRET.fullmatch(value):
        raise SettingsError(
            f"[provider.{name}] {key} is empty or holds a space, a line's end or a letter "
            f"outside ASCII: copy it again from {found_at}"
        )


def check_base_url(name: str, base_url: str) -> None:
    """
    Nothing, where the address can be one and nobody can listen in on the way; else as
    `check_account`.
    """
    host = _host_of(base_url)
    if not (host and base_url.startswith(("https://", "http://")) and _SECRET.fullmatch(base_url)):
        raise SettingsError(
            f"[provider.{name}] base_url must start with https:// or http:// and a server's name"
        )
    if base_url.startswith("http://") and not is_this_machine(host):
        raise SettingsError(
            f"[provider.{name}] base_url is http, which would send key and mails in clear: write "
            "https, which only a server on this machine can do without"
        )


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def from_line(sender: Sender) -> str:
    """
    The name unencoded and, where possible, unquoted: Resend answers RFC 2047 words with 451 and
    some quoted names with 422 (the notes of django-anymail's Resend backend); Postmark wants
    quotes around punctuation (its support article 1180).
    """
    name = clean_text(sender.name)
    if not name:
        return sender.address
    if _NEEDS_QUOTES.search(name):
        quoted = name.replace("\\", r"\\").replace('"', r"\"")
        return f'"{quoted}" <{sender.address}>'
    return f"{name} <{sender.address}>"
