"""
Call the API of a test's installation with a token.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from installation import Installation
from web_samples import TestClient

from newsletter.actions.access import tokens
from newsletter.model.access import OPERATOR, Permission


def token_for(
    installation: Installation,
    scopes: Collection[str] = tuple(Permission),
    *,
    name: str = "test",
    lists: Collection[str] = (),
    **values: Any,
) -> str:
    """
    Return the text of a new token, by default with every scope.
    """
    made = tokens.add(installation.app, name, by=OPERATOR, scopes=scopes, lists=lists, **values)
    return made.text


class ApiClient:
    """
    Calls the API with one token. Paths begin behind `/api/v1`.
    """

    def __init__(self, pages: TestClient, token: str) -> None:
        self.pages = pages
        self.token = token

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """
        Return the response of one request. The names of *headers* have `_` for `-`.
        """
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        json = {} if body is None else {"json": body}
        return self.pages.request(
            method,
            f"/api/v1{path}",
            headers={"Authorization": f"Bearer {self.token}", **own},
            **json,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self("PATCH", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self("DELETE", path, **headers)


def kind_of(response: Any) -> str:
    """
    Return the last part of the type of the problem that a response reports.
    """
    assert response.headers["content-type"] == "application/problem+json", response.text
    found = response.json()
    assert found["status"] == response.status_code
    assert set(found) <= {"type", "title", "status", "detail", "errors"}
    assert "\n" not in found["detail"]
    return str(found["type"]).removeprefix("urn:newsletter:problem:")
