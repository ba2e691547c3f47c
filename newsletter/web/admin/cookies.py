"""
The cookies of staff pages.

Over https their names begin with `__Host-`, so that a browser accepts them only from this host, and
only if they are Secure. Over plain http, on this machine alone, they cannot be.
"""

from __future__ import annotations

import enum
import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

# How long a browser is recognised after a log-in.
KNOWN_FOR_S = 365 * 24 * 3600


class Cookie(enum.StrEnum):
    """
    What a cookie is for: the session, the forms of somebody who has none, a log-in at an OpenID
    Connect provider that has not come back yet, a browser in which somebody has logged in before,
    what the next page says once.
    """

    SESSION = "staff"
    FORM = "staff-form"
    OIDC = "staff-oidc"
    KNOWN = "staff-known"
    NOTICE = "staff-notice"


class StaffCookies:
    """
    Reads and sets the cookies of a site with *base_url*.
    """

    def __init__(self, base_url: str) -> None:
        site = urlsplit(base_url)
        self.is_secure = site.scheme == "https"
        # Nobody can listen on the way to this machine's own address.
        self.is_safe = self.is_secure or is_loopback(site.hostname or "")

    def name(self, cookie: Cookie) -> str:
        """
        Return the name that a browser knows.
        """
        return f"__Host-{cookie}" if self.is_secure else cookie.value

    def value(self, request: Request, cookie: Cookie) -> str:
        """
        Return what the browser sent; empty if it sent nothing. Our values have no backslashes, so
        they are not unescaped: before 3.11.10 and 3.12.6, Python's own parser takes a time that
        grows with the square of their number (CVE-2024-7592).
        """
        wanted = self.name(cookie)
        for header in request.headers.getlist("cookie"):
            for pair in header.split(";"):
                name, _, value = pair.partition("=")
                if name.strip() == wanted:
                    return value.strip(' "')
        return ""

    def put(self, response: Response, cookie: Cookie, value: str) -> None:
        """
        Set a cookie until the browser is closed, or for a year if it is to recognise the browser.
        That of a log-in elsewhere is Lax: the way back begins on another site, and Strict ones are
        not sent then.
        """
        response.set_cookie(
            self.name(cookie),
            value,
            max_age=KNOWN_FOR_S if cookie is Cookie.KNOWN else None,
            secure=self.is_secure,
            httponly=True,
            samesite="lax" if cookie is Cookie.OIDC else "strict",
            path="/",
        )

    def delete(self, response: Response, cookie: Cookie) -> None:
        """
        Delete a cookie.
        """
        response.delete_cookie(
            self.name(cookie), secure=self.is_secure, httponly=True, samesite="strict", path="/"
        )


def is_loopback(host: str) -> bool:
    """
    Return True for a name or an address of this machine.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
