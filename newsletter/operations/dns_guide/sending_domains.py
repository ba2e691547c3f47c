"""
Find the domains that an installation sends from, and through which providers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.app import App
from newsletter.store.issues.list_settings import load_list_settings
from subscribers.lists import all_slugs, find_list


@dataclass(frozen=True, kw_only=True, order=True)
class SendingDomain:
    """
    A domain in From, and a provider that sends for it.
    """

    domain: str
    provider: str


def sending_domains(app: App) -> list[SendingDomain]:
    """
    Return the domains of the default sender and of the lists' own, each with its providers that
    reach people. Senders of schedules and single issues are not among them.
    """
    found = dict.fromkeys(_default(app))
    with app.database.read() as connection:
        for slug in all_slugs(connection):
            own = load_list_settings(connection, find_list(connection, slug).id)
            address = own.sender.address if own.sender else app.settings.default_sender.address
            names = [
                own.provider or app.settings.delivery.provider,
                own.fallback_provider or app.settings.delivery.fallback_provider,
            ]
            found |= dict.fromkeys(_pairs(app, address, names))
    return list(found)


def _default(app: App) -> Iterator[SendingDomain]:
    delivery = app.settings.delivery
    names = [delivery.provider, delivery.fallback_provider]
    return _pairs(app, app.settings.default_sender.address, names)


def _pairs(app: App, address: str, names: list[str]) -> Iterator[SendingDomain]:
    domain = address.rpartition("@")[2].lower()
    for name in names:
        if domain and app.settings.reaches_people(name):
            yield SendingDomain(domain=domain.encode("idna").decode("ascii"), provider=name)


def incoming_domains(app: App) -> dict[str, str]:
    """
    Return the domains at which mailboxes that are read get email: the setting of the first address
    at each.
    """
    addresses = {
        f"[provider.{name}] bounce_address": own.bounce_address or ""
        for name, own in app.settings.provider.items()
    }
    addresses["[delivery] unsubscribe_address"] = app.settings.delivery.unsubscribe_address
    found: dict[str, str] = {}
    for setting, address in addresses.items():
        if address:
            found.setdefault(address.rpartition("@")[2].lower(), setting)
    return found
