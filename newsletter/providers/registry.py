"""
Open providers by name, each once, through the function that their kind declares.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from newsletter.errors import NewsletterError, SettingsError
from newsletter.model.delivery import Provider, ReplyWriter, keep_no_replies
from newsletter.model.dns_record import DnsNeeds
from newsletter.providers.account import DEADLINE_S, Account
from newsletter.providers.http_client import HttpClient
from newsletter.settings import Settings
from newsletter.settings.plugins import function_at, last_line


@dataclass(kw_only=True)
class ProviderRegistry:
    """
    Open the providers of *settings* by name, keep them open, and close them together.

    `opened` holds the open providers by name. `secrets_for` derives the secrets for a purpose,
    starting with that of the current key. A call to a provider may take `deadline_s` seconds, and
    `reply_writer` writes down its replies.
    """

    settings: Settings
    secrets_for: Callable[[str], tuple[str, ...]]
    clock: Callable[[], dt.datetime]
    call_sandbox: Callable[..., Any]
    deadline_s: float = DEADLINE_S
    reply_writer: ReplyWriter = keep_no_replies
    opened: dict[str, Provider] = field(default_factory=dict)
    _at_close: list[Callable[[], None]] = field(default_factory=list, init=False)

    def provider_named(self, name: str) -> Provider:
        """
        Return the provider called *name*; open it at the first call.

        Raises:
            SettingsError: there is no `[provider.NAME]`, or its secret is missing.
        """
        if name not in self.opened:
            self.opened[name] = self._open(name)
        return self.opened[name]

    def close(self) -> None:
        """
        Close every provider that was opened here, then the HTTP connections they share.
        """
        while self._at_close:
            self._at_close.pop()()
        if "http_client" in self.__dict__:
            self.http_client.close()

    @cached_property
    def http_client(self) -> HttpClient:
        # One more than the sending threads, for a call that is repeated under its key.
        return HttpClient(self.settings.delivery.connections + 1)

    def dns_needs(self, name: str, domain: str) -> DnsNeeds | None:
        """
        Return what DNS must say about *domain* for the provider called *name* to send for it. If
        its SMTP server belongs to another kind, that kind says it. Return None if nobody does.

        Raises:
            SettingsError: there is no `[provider.NAME]`, or its key for DKIM is not valid.
        """
        place = self.settings.provider_named(name).webhook_kind.dns
        if place is None:
            return None
        needs: Callable[[str, Account], DnsNeeds] = function_at(place)
        return needs(domain, self._account(name))

    def _open(self, name: str) -> Provider:
        return open_provider(self._account(name))

    def _account(self, name: str) -> Account:
        return Account(
            name=name,
            settings=self.settings.provider_named(name),
            folder=self.settings.folder,
            read_secret=self.settings.secret,
            open_http=lambda: self.http_client,
            secrets_for=self.secrets_for,
            at_close=self._at_close.append,
            clock=self.clock,
            sender=self.settings.default_sender.address,
            call_sandbox=self.call_sandbox,
            deadline_s=self.deadline_s,
            reply_writer=self.reply_writer,
        )


def open_provider(account: Account) -> Provider:
    """
    Open the provider of an account with the function that its kind declares.

    Raises:
        SettingsError: its settings are not valid.
    """
    place = account.settings.declared.opener
    opener: Callable[[Account], Provider] = function_at(place)
    try:
        return opener(account)
    except NewsletterError:
        raise
    # A package from outside can raise anything.
    except Exception as error:
        crash = last_line(error)
        raise SettingsError(f"[provider.{account.name}] {place} crashed: {crash}") from error
