"""
Call the operations of the API with the examples of its document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from newsletter.web.api.application import document
from newsletter.web.api.operations import PREFIX

Send = Callable[[str, str, Any], httpx.Response]
# What other examples need, in an order that works.
MAKING = (
    "make_field", "keep_subscriber", "make_list", "make_segment", "keep_subscribers",
    "upload_image", "add_source", "keep_brief", "add_schedule", "make_webhook", "make_token",
    "invite_member", "add_suppression", "add_privacy_request", "send_notice", "start_import",
    "start_export",
)  # fmt: skip
# The example of an issue names the 12th and the 14th brief.
BRIEFS = 14


@dataclass(frozen=True, kw_only=True)
class ExampleOperation:
    """
    An operation, with the example of each of its parameters and of its body.
    """

    name: str
    method: str
    path: str
    values: dict[str, Any]
    query: dict[str, Any]
    body: Any
    scopes: frozenset[str]

    @property
    def label(self) -> str:
        """
        Return what a report calls it, such as `GET /api/v1/lists`.
        """
        return f"{self.method} {PREFIX}{self.path}"


def example_operations() -> dict[str, ExampleOperation]:
    """
    Return every operation of the document by its name.
    """
    found = {}
    for path, methods in document().content["paths"].items():
        for method, described in methods.items():
            body = described.get("requestBody", {"content": {"application/json": {}}})
            name = described["operationId"]
            found[name] = ExampleOperation(
                name=name,
                method=method.upper(),
                path=path.removeprefix(PREFIX),
                values=_examples(described, "path"),
                query=_examples(described, "query"),
                body=body["content"]["application/json"].get("example"),
                scopes=frozenset(described["x-scopes"]),
            )
    return found


class ExampleCalls:
    """
    Makes the calls: each must succeed.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._operations = example_operations()
        self.called: set[str] = set()

    def call(self, name: str, **values: Any) -> httpx.Response:
        """
        Call one operation. *values* replace the examples of its path.
        """
        each = self._operations[name]
        path = each.path.format(**{**each.values, **values})
        query = "&".join(f"{key}={value}" for key, value in each.query.items())
        self.called.add(name)
        return self.send(each.method, f"{path}?{query}" if query else path, each.body)

    def remove(self, name: str, **values: Any) -> None:
        """
        Call an operation that ends or removes something. What DELETE removed is no longer shown.
        """
        self.call(name, **values)
        each = self._operations[name]
        if each.method == "DELETE":
            path = each.path.format(**{**each.values, **values})
            # Of some, there is nothing to show.
            assert self._send("GET", path, None).status_code in (404, 405), path

    def send(self, method: str, path: str, body: Any) -> httpx.Response:
        """
        Make one call that is no example.
        """
        response = self._send(method, path, body)
        assert response.is_success, f"{method} {path}: {response.text}"
        return response

    def make(self) -> None:
        """
        Make what other examples need.
        """
        for name in MAKING:
            self.call(name)
        for number in range(2, BRIEFS + 1):
            self.call("keep_brief", key=f"brief-{number}")
        for _ in range(3):
            self.call("make_issue")


def _examples(described: dict[str, Any], place: str) -> dict[str, Any]:
    return {
        each["name"]: each["schema"]["examples"][0]
        for each in described.get("parameters", ())
        if each["in"] == place and "examples" in each["schema"]
    }
