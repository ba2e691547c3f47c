"""
Refuse requests for host names that are not the site's.

No page is built from the name in a request, but a page that answers to any name can be shown under
a foreign one, and kept by a cache under it.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger(__name__)

# Load balancers ask for these by the address of the machine; they say nothing about the site.
FOR_ANY_HOST = frozenset({"/healthz", "/readyz"})
_LOG_EVERY_S = 60.0
_MAX_SHOWN = 100


class AllowedHosts:
    """
    Pass requests to *app* only if they name the host of *base_url*, one of *hosts*, or this
    machine. *error_page* makes the page for any other.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        base_url: str,
        hosts: Iterable[str],
        error_page: Callable[[int], Response],
    ) -> None:
        self.app = app
        self.error_page = error_page
        self.hosts = {host.lower() for host in hosts} | {urlsplit(base_url).hostname or ""}
        self._logged_at_s = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in FOR_ANY_HOST:
            status_code = self._refusal(Headers(scope=scope).getlist("host"))
            if status_code is not None:
                await self.error_page(status_code)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, named: list[str]) -> int | None:
        """
        Return the status code for a request that names these hosts, or None if it is served. Two
        names, or none, are a bad request (RFC 9112 section 3.2).
        """
        host = host_name(named[0]) if len(named) == 1 else ""
        if not host:
            return 400
        if host in self.hosts or _is_loopback(host):
            return None
        if time.monotonic() - self._logged_at_s >= _LOG_EVERY_S:
            self._logged_at_s = time.monotonic()
            message = "refused a request for the host %s: if it is yours, add it to [web] hosts"
            extra = {"event": "web.unknown_host"}
            logger.warning(message, ascii(host[:_MAX_SHOWN]), extra=extra)
        return 421


def host_name(host: str) -> str:
    """
    Return the name in a Host header, in lower case and without a port; empty if it is not valid.
    """
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
