"""
Call the API of a newsletter: with its token, again after a failure, and page by page.

It needs `httpx` and nothing else, so it can be copied into other programs.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

# What may succeed later. Everything else is wrong in the same way the next time.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_ATTEMPTS = 8
_LONGEST_WAIT_S = 120.0


class ApiRefusal(Exception):
    """
    The API refused a request. `kind` says why and never changes; the text is for people.
    """

    def __init__(self, response: httpx.Response) -> None:
        is_problem = response.headers.get("content-type") == "application/problem+json"
        problem = response.json() if is_problem else {}
        self.status = response.status_code
        self.kind = str(problem.get("type", "")).rpartition(":")[2]
        super().__init__(problem.get("detail") or f"the response was {response.status_code}")


class NewsletterApi:
    """
    The API at *url*, such as `https://news.example.org`, as *token* may use it.
    """

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> httpx.Response:
        """
        Read something.
        """
        return self._request("GET", path, params=params)

    def write(self, method: str, path: str, body: Any) -> Any:
        """
        Change something, once: every attempt has the same key, so that an attempt whose response
        was lost is not done again.
        """
        key = {"Idempotency-Key": str(uuid.uuid4())}
        return self._request(method, path, json=body, headers=key).json()

    def pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """
        Yield every item of a long list.
        """
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, {**params, **cursor}).json()
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        for attempt in range(_ATTEMPTS):
            is_last = attempt == _ATTEMPTS - 1
            try:
                response = self.client.request(method, path, **options)
            except httpx.TransportError:
                if is_last:
                    raise
                time.sleep(min(2.0**attempt, _LONGEST_WAIT_S))
                continue
            if response.status_code < 400:
                return response
            if is_last or response.status_code not in _PASSING:
                raise ApiRefusal(response)
            time.sleep(_wait_s(response, attempt))
        raise AssertionError("the last attempt returns or raises")


def _wait_s(response: httpx.Response, attempt: int) -> float:
    asked = response.headers.get("retry-after", "")
    return min(float(asked) if asked.isdecimal() else 2.0**attempt, _LONGEST_WAIT_S)
