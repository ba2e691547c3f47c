"""
Sign-ups by pages of other sites: what they send, and the JSON that answers them.

A browser says from which site a request comes, and asks first whether it may send JSON (CORS). So
only the sites that a list names can sign up its readers without the button of our own page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.web.limits.form_tokens import HONEYPOT
from newsletter.web.public.page_values import FormError
from newsletter.web.public.questions import EMAIL, NAME, question_name
from newsletter.web.signup.form import SURE
from newsletter.web.signup.offers import Offer
from newsletter.web.typed_form import TypedForm, parse_form
from subscribers.requests.model import LIVES, RequestKind

SCRIPT_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_JSON = "application/json"
_PROOF = "altcha"


def wants_json(request: Request) -> bool:
    """
    Return True if a request to sign up for one newsletter has JSON, or accepts no page.
    """
    accepted = request.headers.get("accept", "")
    is_asked = _JSON in accepted and "text/html" not in accepted
    return bool(request.path_params.get("slug")) and (is_asked or _has_json(request))


def _has_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == _JSON


def parse_body(request: Request, body: bytes) -> tuple[TypedForm, str]:
    """
    Read what was sent, by the names that the fields of the form have. What is wrong with it comes
    second.
    """
    if not _has_json(request):
        return parse_form(body), ""
    try:
        found = json.loads(body)
        # Half a surrogate pair cannot be written again.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return TypedForm(), "this is not JSON"
    if not isinstance(found, dict):
        return TypedForm(), 'write an object, such as {"email": "ada@example.org"}'
    values = {name: _texts(value) for name, value in found.items()}
    wrong = next((name for name, texts in values.items() if texts is None), None)
    if wrong is not None:
        return TypedForm(), f"{wrong}: write a text, a number, true, false, or a list of texts"
    return TypedForm(values={name: texts or () for name, texts in values.items()}), ""


def _texts(value: object) -> list[str] | None:
    if isinstance(value, list):
        if not all(isinstance(each, str) for each in value):
            return None
        return [each.replace("\0", "") for each in value]
    if value is None:
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(value).replace("\0", "")] if isinstance(value, str | int | float) else None


def cors_headers(request: Request, offer: Offer) -> dict[str, str]:
    """
    Return the headers that let a page of one of the list's sites send JSON and read the answer.
    """
    origin = request.headers.get("origin", "")
    if origin not in offer.origins:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "accept, content-type",
        "Access-Control-Max-Age": "600",
    }


class Answers:
    """
    What a page of another site is answered, in the *words* of the reader's language.
    """

    def __init__(self, request: Request, offer: Offer, words: Mapping[str, Any]) -> None:
        self.offer = offer
        self.words = words
        self.origin = request.headers.get("origin", "")
        self.headers = cors_headers(request, offer)

    @property
    def is_foreign(self) -> bool:
        """
        True if the list does not name the site.
        """
        return self.origin not in self.offer.origins

    def foreign(self) -> Response:
        """
        Refuse a site that the list does not name.
        """
        if self.origin in ("", "null"):
            text = "a page of a site in the list's origins has to send this, with its header Origin"
        else:
            site = f"list {self.offer.slug} takes no sign-ups from {self.origin}"
            text = f"{site}: name the site in its origins"
        return self._json(403, {"state": "refused", "message": text})

    def unknown(self, typed: TypedForm) -> str:
        """
        Say which name in what was sent is none of the form's; empty if all are.
        """
        own = [question_name(each.field) for each in self.offer.asks]
        known = [EMAIL, NAME, *own, _PROOF, HONEYPOT, SURE]
        left = next((name for name in typed.values if name not in known), "")
        return f"{left[:100]!r} is no field of this form: it has {', '.join(known)}" if left else ""

    def unreadable(self, fault: str) -> Response:
        """
        Refuse what is no form.
        """
        return self._json(400, {"state": "refused", "message": fault})

    def taken(self) -> Response:
        """
        Answer a sign-up, the same for everybody.
        """
        answer = {
            "state": "check_inbox",
            "title": self.words["inbox_title"],
            "message": self.words["inbox_join"],
            "sender": self.offer.sender.address,
            "days": LIVES[RequestKind.JOIN].days,
            "url": self.offer.landing_page or None,
        }
        return self._json(202, answer)

    def wrong(self, errors: Sequence[FormError], *, suggested: str) -> Response:
        """
        Say what is wrong in which field, or ask whether the *suggested* address was meant.
        """
        found = [
            {"field": each.name, "code": each.word, "message": self._fill(each.word, each)}
            for each in errors
        ]
        if not suggested:
            return self._json(422, {"state": "wrong", "errors": found})
        texts = {
            name: self.words[word].replace("{address}", suggested)
            for name, word in (("message", "did_you_mean"), ("use", "use_address"))
        }
        return self._json(
            422, {"state": "did_you_mean", "errors": found, "suggestion": suggested, **texts}
        )

    def _fill(self, word: str, error: FormError) -> str:
        text: str = self.words[word]
        return text.replace("{label}", error.label).replace("{text}", error.text)

    def _json(self, status_code: int, content: Mapping[str, Any]) -> Response:
        return JSONResponse(content, status_code, headers=self.headers)
