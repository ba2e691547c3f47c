"""
`/metrics` for Prometheus, and the count of all requests by route.

Figures are for operations alone: they are shown to direct connections from `[web] metrics_networks`
that send `[web] metrics_token`, and to nobody else. A proxy's connection comes from this machine
too, so a request that shows signs of one is not direct; neither is one for a name, which a browser
could be made to resolve to us. A proxy may show no sign at all: that is what the token is for.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Iterable, Sequence

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.operations.metrics.registry import Metrics
from newsletter.web.allowed_hosts import host_name

PATH = "/metrics"
UNMATCHED = "unmatched"
# The class of limits that a request of the API counts for, once its token is known.
RATE_CLASS = "newsletter.rate_class"
_OF_API = "/api/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OF_PROXIES = frozenset({"forwarded", "via", "x-real-ip"})


class MetricsEndpoint:
    """
    Respond to direct requests for `/metrics` from *networks* with *token*, by an IP address,
    `localhost` or one of *hosts*; pass everything else to *app*, which does not know the path.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        *,
        token: str | None,
        networks: Sequence[str],
        hosts: Iterable[str],
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.token = token
        self.networks = [ipaddress.ip_network(network) for network in networks]
        self.hosts = {"localhost", *hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or not self._is_allowed(scope):
            await self.app(scope, receive, send)
            return
        text = await run_in_threadpool(self.metrics.as_text)
        await Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        is_direct = not any(
            name in _OF_PROXIES or name.startswith("x-forwarded-") for name in headers
        )
        host = host_name(headers.get("host", ""))
        is_reading = scope["method"] in ("GET", "HEAD")
        is_ours = host in self.hosts or _address(host) is not None
        is_known = self._has_token(headers.get("authorization", ""))
        is_near = self._is_near(scope.get("client"))
        return is_reading and is_direct and is_ours and is_known and is_near

    def _has_token(self, given: str) -> bool:
        scheme, _, token = given.strip().partition(" ")
        is_it = hmac.compare_digest(token.strip().encode(), (self.token or "").encode())
        return bool(self.token) and is_it and scheme.lower() == "bearer"

    def _is_near(self, client: tuple[str, int] | None) -> bool:
        address = _address(client[0]) if client else None
        return address is not None and any(address in network for network in self.networks)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


class RequestCounter:
    """
    Count the responses of *app*, and how long they take, by the route that was matched. The path is
    never used, because it holds tokens.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun_s, status = time.perf_counter(), "none"

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, counted)
        finally:
            route = route_of(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.requests.labels(method, route, status).inc()
            if scope["path"].startswith(_OF_API):
                rate_class = scope.get(RATE_CLASS, "none")
                self.metrics.api_requests.labels(method, route, status, rate_class).inc()
            took_s = time.perf_counter() - begun_s
            self.metrics.request_seconds.labels(route).observe(took_s)


def route_of(scope: Scope) -> str:
    """
    Return the template of the route that a request was matched to, such as `/u/{token}`.
    """
    route = scope.get("route")
    template = getattr(route, "path", None)
    if not isinstance(template, str):
        return UNMATCHED
    # Of a mounted application the root path is its place in ours, which has no parameters.
    return template if isinstance(route, Mount) else scope.get("root_path", "") + template
