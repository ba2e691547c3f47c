"""
What is missing before an installation can send email to people: `newsletter doctor` and the page
about the installation list it beside the checks, which such an installation passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.app import App
from subscribers.text.phrases import phrase

# Nobody can own these (RFC 2606, RFC 6761).
_EXAMPLE_DOMAINS = ("example.com", "example.net", "example.org")
_EXAMPLE_ENDINGS = (".example", ".invalid", ".localhost", ".test")


@dataclass(frozen=True, kw_only=True)
class NotReady:
    """
    One thing that is missing. `check` is the name of the check that it goes with, or `dns` or
    `operator`; `guide` is the page of the documentation that says what to do.
    """

    check: str
    detail: str
    guide: str


def not_ready(app: App) -> list[NotReady]:
    """
    Return what is missing, in the order in which one would do it; nothing if emails can go to
    people. Whether the DNS records are right is only known once they are looked up, so they are
    named with the rest alone.
    """
    found = [*_of_provider(app), *_of_sender(app), *_of_site(app)]
    if not found:
        return []
    return [
        *found,
        NotReady(
            check="dns",
            detail=phrase("publish the DNS records of the sender’s domain, and look them up"),
            guide="guides/dns",
        ),
    ]


def is_example(domain: str) -> bool:
    """
    Return whether *domain* is one of those that examples use, and nobody can own.
    """
    name = domain.lower().rstrip(".")
    return (
        name in _EXAMPLE_DOMAINS
        or name.endswith(tuple(f".{each}" for each in _EXAMPLE_DOMAINS))
        or f".{name}".endswith(_EXAMPLE_ENDINGS)
    )


def _of_provider(app: App) -> Iterator[NotReady]:
    name = app.settings.delivery.provider
    if not app.settings.reaches_people(name):
        yield NotReady(
            check="provider",
            detail=phrase(
                "[delivery] provider is {name}, which keeps emails on this machine: choose one "
                "that sends them",
                name=name,
            ),
            guide="guides/providers/index",
        )
        yield NotReady(
            check="webhooks",
            detail=phrase("set up the webhooks of the provider: they report bounces"),
            guide="guides/webhooks",
        )
        return
    own = app.settings.provider_named(name)
    if own.lacks_proof:
        yield NotReady(
            check="webhooks",
            detail=phrase(
                "[provider.{name}] {key} is missing: set up its webhooks, which report bounces",
                name=name,
                key=own.proof_key,
            ),
            guide="guides/webhooks",
        )


def _of_sender(app: App) -> Iterator[NotReady]:
    address = app.settings.default_sender.address
    if not address or is_example(address.rpartition("@")[2]):
        yield NotReady(
            check="sender",
            detail=phrase(
                "[sender] address is {address}: set one at a domain of your own",
                address=address or phrase("empty"),
            ),
            guide="guides/dns",
        )


def _of_site(app: App) -> Iterator[NotReady]:
    if not app.site.base_url.startswith("https://"):
        yield NotReady(
            check="base_url",
            detail=phrase(
                "[site] base_url is {url}: readers need an https address that they can reach",
                url=app.site.base_url,
            ),
            guide="guides/behind-a-proxy",
        )
    if not app.site.postal_address:
        yield NotReady(
            check="postal_address",
            detail=phrase("[site] postal_address is empty: most laws require one in emails"),
            guide="guides/production",
        )
    if not app.settings.site.operator:
        yield NotReady(
            check="operator",
            detail=phrase("[site] operator is empty: nobody gets an alert when something is wrong"),
            guide="guides/alerts",
        )
