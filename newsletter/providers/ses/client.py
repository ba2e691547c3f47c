"""
Make signed calls to one region of Amazon SES.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from newsletter.errors import SettingsError
from newsletter.providers.account import check_base_url
from newsletter.providers.http_client import Http, HttpFailure, HttpResponse
from newsletter.providers.ses.sigv4 import Credentials, signed_headers

_REGION = re.compile(r"[a-z0-9-]+")
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class SesClient:
    """
    Calls to one *region* of an account, each signed with the current credentials.

    *name* is the provider's name in the settings.

    Raises:
        SettingsError: the region or base URL is not valid; when called: there is no access key.
    """

    def __init__(
        self,
        name: str,
        *,
        region: str,
        credentials: Callable[[], Credentials],
        base_url: str | None,
        http: Http,
        clock: Callable[[], dt.datetime],
    ) -> None:
        if not _REGION.fullmatch(region):
            raise SettingsError(
                f'[provider.{name}] region must be an AWS region such as "eu-west-1"'
            )
        base_url = base_url or f"https://email.{region}.amazonaws.com"
        check_base_url(name, base_url)
        self._base_url = base_url.rstrip("/")
        self._region = region
        self._credentials = credentials
        self._http = http
        self._clock = clock

    def post(self, path: str, body: bytes, deadline_s: float) -> HttpResponse | HttpFailure:
        """
        Post *body* to *path* and return the response.
        """
        url = f"{self._base_url}{path}"
        return self._http.post(url, body, self._signed("POST", url, body), deadline_s)

    def get(self, path: str, deadline_s: float) -> HttpResponse | HttpFailure:
        """
        Request *path*, which must have no query, and return the response.
        """
        url = f"{self._base_url}{path}"
        return self._http.get(url, self._signed("GET", url, b""), deadline_s)

    def _signed(self, method: str, url: str, body: bytes) -> dict[str, str]:
        return signed_headers(
            url,
            body,
            _HEADERS,
            credentials=self._credentials(),
            region=self._region,
            service="ses",
            now=self._clock(),
            method=method,
        )
