"""
Answer what no operation does: HEAD, OPTIONS, other methods and unknown addresses.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.web.api.refusals.problems import problem_page


class OtherMethods:
    """
    Answers HEAD as GET without the body, and OPTIONS with the methods of the address.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
        elif scope["method"] == "HEAD":
            as_get = {**scope, "method": "GET"}
            await self.app(as_get, receive, _without_body(send))
            # What was found out about the request, which is counted.
            scope.update({**as_get, "method": "HEAD"})
        else:
            allowed = allowed_methods(self.routes, scope)
            response = Response(status_code=204, headers={"Allow": allowed})
            await (response if allowed else problem_page(404))(scope, receive, send)


def allowed_methods(routes: Sequence[BaseRoute], scope: Scope) -> str:
    """
    Return the methods of an address as the header Allow has them; empty if there is none.

    An address that is spelled out, such as `/suppressions/export`, is not also one with a
    parameter, such as `/suppressions/{address}`.
    """
    matching = [
        route
        for route in routes
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE
    ]
    fewest = min((len(route.param_convertors) for route in matching), default=0)
    found: set[str] = set()
    for route in matching:
        if len(route.param_convertors) == fewest:
            found |= set(route.methods or ())
    if "GET" in found:
        found.add("HEAD")
    return ", ".join(sorted({*found, "OPTIONS"})) if found else ""


def report_refusals(api: FastAPI) -> None:
    """
    Let the API report with problems what Starlette refuses.
    """

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = problem_page(error.status_code)
        if error.status_code == 405:
            response.headers["Allow"] = allowed_methods(api.routes, request.scope)
        return response

    async def crash(request: Request, error: Exception) -> Response:
        # The error is raised again, and logged by the middleware around the API.
        return problem_page(500)

    api.add_exception_handler(HTTPException, refuse)
    api.add_exception_handler(Exception, crash)


def _without_body(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sent
