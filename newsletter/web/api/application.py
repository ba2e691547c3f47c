"""
The API as an ASGI application: every operation of every noun, with its document.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.app import App
from newsletter.web.api.body import Resource
from newsletter.web.api.document import Document
from newsletter.web.api.handler import OperationHandler
from newsletter.web.api.methods import OtherMethods, report_refusals
from newsletter.web.api.operations import Noun, Operation
from newsletter.web.api.requests import slashes
from newsletter.web.api.requests.json_body import JsonRequest
from newsletter.web.write_pool import WritePool

_HANDLER = "newsletter.api_handler"
DOCUMENT = "/api/openapi.json"
START = "/api/v1"
# Where to read on, for somebody who opens the address of the API itself.
_LINKS = {"document": DOCUMENT, "guide": "/admin/help/guides/api", "me": f"{START}/me"}
# In the order of the document.
NOUNS = (
    "lists", "subscribers", "subscriptions", "fields", "tags", "segments", "people.suppressions",
    "people.privacy_requests", "people.pending", "people.acts", "people.imports", "people.exports",
    "people.notices",
    "content.sources", "content.briefs", "content.media", "issues.issues", "issues.delivery",
    "issues.schedules", "templates", "kill_switch", "staff", "tokens", "audit", "webhooks",
)  # fmt: skip
_EXPOSED = (
    "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy",
    "Retry-After", "WWW-Authenticate",
)  # fmt: skip
_ACCEPTED = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match")


def all_nouns() -> list[Noun]:
    """
    Return the nouns with their operations.
    """
    modules = (importlib.import_module(f"newsletter.web.api.nouns.{name}") for name in NOUNS)
    return [cast(Noun, module.noun) for module in modules]


class OperationRoute(APIRoute):
    """
    The route of one operation: FastAPI reads its parameters, the handler in the scope of the
    request does all the rest.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        """
        Return what answers a request.
        """
        call_endpoint, endpoint = super().get_route_handler(), self.endpoint
        assert isinstance(endpoint, Endpoint)

        async def handle(request: Request) -> Response:
            slashes.restore(request.scope)
            read = JsonRequest(request.scope, request.receive)
            return await _handler(read).handle(read, endpoint.operation, call_endpoint)

        return handle


class Endpoint:
    """
    What FastAPI calls with the parameters of an operation.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        request = inspect.Parameter(
            "http_request", inspect.Parameter.KEYWORD_ONLY, annotation=Request
        )
        parameters = [
            each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in operation.parameters
        ]
        self.__signature__ = inspect.Signature([request, *parameters])

    async def __call__(self, http_request: Request, **values: Any) -> Response:
        return await _handler(http_request).run(http_request, self.operation, values)


def _handler(request: Request) -> OperationHandler:
    handler = request.scope[_HANDLER]
    assert isinstance(handler, OperationHandler)
    return handler


def make_api(app: App, *, writes: WritePool) -> ASGIApp:
    """
    Build the API of *app*. Requests that write run in the threads of *writes*.
    """
    handler = OperationHandler(app, writes, document().read_operations)
    routed = routed_operations()

    async def api(scope: Scope, receive: Receive, send: Send) -> None:
        scope[_HANDLER] = handler
        if scope["type"] == "http":
            slashes.separate(scope)
        await routed(scope, receive, send)

    complete = OtherMethods(api, routed.routes)
    origins = app.settings.api.origins
    return _with_origins(complete, origins) if origins else complete


@lru_cache(maxsize=1)
def document() -> Document:
    """
    Return the document of all nouns, which is the same for every installation.
    """
    nouns = all_nouns()
    operations = [each for noun in nouns for each in noun.operations]
    read_operations = {each.path: each for each in operations if _returns_object(each)}
    return Document(nouns, read_operations, routed_operations().routes)


@lru_cache(maxsize=1)
def routed_operations() -> FastAPI:
    """
    Return the routes of all nouns, which are the same for every installation.
    """
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for noun in all_nouns():
        for operation in noun.operations:
            _add(api, Endpoint(operation))
    api.add_route(DOCUMENT, _show_document, methods=["GET"])
    api.add_route(START, _show_links, methods=["GET"])
    api.add_route(f"{START}/", _show_links, methods=["GET"])
    report_refusals(api)
    return api


def _show_document(_: Request) -> Response:
    return Response(document().text, media_type="application/json")


def _show_links(_: Request) -> Response:
    return JSONResponse(_LINKS)


def _returns_object(operation: Operation) -> bool:
    model = operation.response_model
    is_object = isinstance(model, type) and issubclass(model, Resource)
    return operation.method == "GET" and is_object


def _add(api: FastAPI, endpoint: Endpoint) -> None:
    operation = endpoint.operation
    api.router.add_api_route(
        operation.path,
        endpoint,
        methods=[operation.method],
        route_class_override=OperationRoute,
        response_model=operation.response_model,
        status_code=operation.status,
        name=operation.function.__name__,
        operation_id=operation.function.__name__,
        summary=operation.summary,
        description=operation.description,
        tags=[operation.noun],
        # Described by the document; FastAPI would add its own.
        responses={422: {}},
    )


def _with_origins(api: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    return CORSMiddleware(
        api,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=_ACCEPTED,
        expose_headers=_EXPOSED,
    )
