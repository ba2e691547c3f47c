"""
The section `[web]`: where `newsletter serve` listens, and whom it believes.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from newsletter.settings.sections import Network, SecretReference, Section


def _is_host(value: str) -> str:
    is_name = value.isascii() and value.isprintable() and not set(value) & set(" /@:[]?#*")
    if not is_name or not value:
        raise ValueError(f"{value!r} is not a host name: write one such as news.example.org")
    return value.lower().removesuffix(".")


class WebSettings(Section):
    """
    The address that `newsletter serve` listens on, and the proxies in front of it.
    """

    host: str = "127.0.0.1"
    """The network address that `newsletter serve` listens on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port that it listens on; with 0, a free one is chosen."""
    proxies: tuple[Network, ...] = ()
    """
    The addresses or networks of your own proxies, such as `["127.0.0.1", "10.0.0.0/8"]`. From
    these alone, `Forwarded` and `X-Forwarded-For` are believed; without them, all readers behind a
    proxy share the limits of one address.
    """
    hosts: tuple[Annotated[str, AfterValidator(_is_host)], ...] = ()
    """
    Further host names under which pages are served, besides that of `[site] base_url` and this
    machine. Requests for others are refused.
    """
    metrics_token: SecretReference | None = None
    """
    What a request for `/metrics` has to send as `Authorization: Bearer TOKEN`; without it, nobody
    can read them.
    """
    metrics_networks: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    """
    The networks from which `/metrics` may be read, over a connection that no proxy passes on; by
    default this machine alone.
    """
