"""
The ASGI application: every page and endpoint of newsletter serve.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import dns.resolver
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp

from newsletter.app import App
from newsletter.operations.metrics.registry import Metrics
from newsletter.web.admin.error_pages import StaffErrorPages
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.admin.staff_site import staff_routes
from newsletter.web.admin.uploads import MAX_UPLOAD_S, StaffUploads, upload_limit
from newsletter.web.allowed_hosts import AllowedHosts
from newsletter.web.api import mount
from newsletter.web.api.mount import ApiPrefixRouter, LazyApi
from newsletter.web.api.refusals.problems import problem_page
from newsletter.web.client_address import ClientAddresses
from newsletter.web.limits.gate import SignupGate
from newsletter.web.metrics import MetricsEndpoint, RequestCounter
from newsletter.web.middleware import HEADERS, HSTS, MAX_BYTES, SafetyMiddleware
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.page.templates import PageTemplates
from newsletter.web.preferences.find import FindPages
from newsletter.web.preferences.fresh import FreshPages
from newsletter.web.preferences.own_requests import OwnRequestPages
from newsletter.web.preferences.pages import PreferencesPages
from newsletter.web.public.errors import ErrorPages
from newsletter.web.public.health import HealthPages
from newsletter.web.public.home import HomePages
from newsletter.web.public.media import Media
from newsletter.web.public.proof import ProofPages
from newsletter.web.public.unsubscribe import UnsubscribePages
from newsletter.web.public.view import ViewPages
from newsletter.web.review.pages import ReviewPages
from newsletter.web.signup.confirm import ConfirmPages
from newsletter.web.signup.embed import EmbedPages
from newsletter.web.signup.pages import SignUpPages
from newsletter.web.webhooks import endpoint
from newsletter.web.webhooks.endpoint import WebhookEndpoint
from newsletter.web.write_pool import WritePool


def make_web(
    app: App,
    *,
    stopping: threading.Event,
    resolver: dns.resolver.Resolver | None = None,
    metrics: Metrics | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ASGIApp:
    """
    Build the web application of *app*, which counts its requests in *metrics* and shows them.
    *resolver* answers for the domains of addresses; by default it is that of the system. *sleep*
    waits while a form was sent too fast.
    """
    metrics = metrics or Metrics(app)
    # Of readers, staff and programs, each with threads of their own.
    writes, of_staff, of_programs = WritePool(), WritePool(), WritePool()
    templates = PageTemplates(app.site, app.settings.template_folders)
    errors = ErrorPages(templates)
    files = StaticFiles()
    page_errors = StaffErrorPages(StaffPages(app, files), errors.page)
    proof = ProofPages(app, files)
    gate = SignupGate(app, resolver)
    webhooks = WebhookEndpoint(app)
    # Webhooks are by far the most requests, and routes are tried one after the other.
    routes = [
        *webhooks.routes(),
        *HomePages(app, templates).routes(),
        *SignUpPages(app, templates, proof, writes=writes, gate=gate, sleep=sleep).routes(),
        *EmbedPages(app, templates).routes(),
        *ConfirmPages(app, templates, writes=writes).routes(),
        *UnsubscribePages(app, templates, errors, writes=writes).routes(),
        *OwnRequestPages(app, templates, writes=writes).routes(),
        *FreshPages(app, templates, gate, writes=writes).routes(),
        *PreferencesPages(app, templates, gate, writes=writes).routes(),
        *FindPages(app, templates, gate, writes=writes).routes(),
        *ViewPages(app, errors).routes(),
        *HealthPages(app, is_stopping=stopping.is_set).routes(),
        *ReviewPages(app, templates, writes=writes).routes(),
        *staff_routes(app, files, writes=of_staff),
        *Media(app).routes(),
        *proof.routes(),
        *files.routes(),
    ]
    web = Starlette(routes=routes, exception_handlers=page_errors.handlers(errors.handlers()))
    # No redirects to add a slash: they would go to the host named in the request, and RFC 8058
    # forbids them.
    web.router.redirect_slashes = False
    is_secure = app.site.base_url.startswith("https://")
    headers = HEADERS | (HSTS if is_secure else {})

    def limit_of(path: str) -> int | None:
        return webhooks.body_limit(path) if path.startswith(endpoint.PREFIX) else MAX_BYTES

    known = _for_own_hosts(app, web, errors.page)
    own = app.settings.web
    shown = MetricsEndpoint(
        known,
        metrics,
        token=app.settings.secret(own.metrics_token) if own.metrics_token else None,
        networks=own.metrics_networks,
        hosts=own.hosts,
    )
    safe = SafetyMiddleware(shown, error_page=page_errors.page, headers=headers, limit_of=limit_of)
    known_api = _for_own_hosts(app, LazyApi(app, writes=of_programs), problem_page)
    api = SafetyMiddleware(
        known_api,
        error_page=problem_page,
        headers=headers,
        limit_of=lambda path: mount.MAX_BYTES,
    )
    uploads = SafetyMiddleware(
        known_api,
        error_page=problem_page,
        headers=headers,
        limit_of=mount.UPLOADS.get,
        most_seconds=mount.MAX_UPLOAD_S,
    )
    staff_uploads = SafetyMiddleware(
        shown,
        error_page=page_errors.page,
        headers=headers,
        limit_of=upload_limit,
        most_seconds=MAX_UPLOAD_S,
    )
    pages = StaffUploads(app, uploads=staff_uploads, pages=safe)
    return RequestCounter(ApiPrefixRouter(app, api=api, uploads=uploads, pages=pages), metrics)


def is_upload(path: str) -> bool:
    """
    Return True if the body of a request to *path* may be large.
    """
    return path in mount.UPLOADS or upload_limit(path) is not None


def _for_own_hosts(app: App, web: ASGIApp, error_page: Callable[[int], Response]) -> ASGIApp:
    return AllowedHosts(
        ClientAddresses(web, app.settings.web.proxies),
        base_url=app.site.base_url,
        hosts=app.settings.web.hosts,
        error_page=error_page,
    )
