"""
The ASGI application: every page and endpoint of newsletter serve.
"""

from __future__ import annotations

import threading

from starlette.applications import Starlette
from starlette.types import ASGIApp

from newsletter.app import App
from newsletter.web.middleware import HEADERS, HSTS, SafetyMiddleware
from newsletter.web.public.media import Media
from newsletter.web.public.pages import PublicPages
from newsletter.web.review.pages import ReviewPages
from newsletter.web.webhooks import endpoint as hooks
from newsletter.web.webhooks.endpoint import WebhookEndpoint


def make_web(app: App, *, stopping: threading.Event) -> ASGIApp:
    """
    The web application of *app*.
    """
    pages = PublicPages(app, is_stopping=stopping.is_set)
    reviews = ReviewPages(app, pages.sheets)
    # Webhooks are the most by far, and each address is compared with one route after the other.
    routes = [
        *WebhookEndpoint(app).routes(),
        *pages.routes(),
        *reviews.routes(),
        *Media(app).routes(),
    ]
    web = Starlette(routes=routes, exception_handlers=pages.handlers())
    # A redirect would lead to whatever host the request named, and RFC 8058 allows none.
    web.router.redirect_slashes = False
    is_secure = app.site.base_url.startswith("https://")
    headers = HEADERS | (HSTS if is_secure else {})
    larger = {hooks.PREFIX: hooks.MOST_BYTES}
    return SafetyMiddleware(web, trouble=pages.error_page, headers=headers, larger=larger)
