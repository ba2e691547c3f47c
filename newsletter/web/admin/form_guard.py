"""
Check that a form was sent from a page of ours, by the browser that it was shown to.

A browser says where a request comes from (`Sec-Fetch-Site`, `Origin`), and each form has a token
that belongs to the session, or to a random cookie while there is none.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from newsletter.web.typed_form import TypedForm
from subscribers.tokens import KeyRing

TOKEN_FIELD = "form_token"  # noqa: S105 - not a secret


class FormGuard:
    """
    Makes the tokens of forms, and checks the requests that forms send.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    def token(self, cookie: str) -> str:
        """
        Return the token of the forms that are shown to the browser with this *cookie*.
        """
        return self.keys.words(f"form of staff\0{cookie}")[0]

    def accepts(self, request: Request, typed: TypedForm, cookie: str) -> bool:
        """
        Return True if the form was sent from a page of ours, and its token belongs to *cookie*.
        """
        if not cookie or not is_same_origin(request):
            return False
        given = typed.one(TOKEN_FIELD).encode("utf-8", "replace")
        known = self.keys.words(f"form of staff\0{cookie}")
        return sum(hmac.compare_digest(given, word.encode()) for word in known) > 0


def is_same_origin(request: Request) -> bool:
    """
    Return True if the browser says that a page of this site sent the request. One that says nothing
    is too old for a staff page.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return origin.netloc != "" and origin.netloc == request.headers.get("host", "")


def is_from_elsewhere(request: Request) -> bool:
    """
    Return True if the browser says that a link on another site, or in an email, led here. Then it
    has not sent the cookie of the session.
    """
    return request.headers.get("sec-fetch-site") == "cross-site"
