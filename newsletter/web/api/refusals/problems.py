"""
The problems of the API: what goes wrong has a stable type, a status, and one line for people (RFC
9457). Each type has a heading in `docs/reference/problems.md`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
_PREFIX = "urn:newsletter:problem:"


class ProblemType(enum.Enum):
    """
    The types of problems: the end of their URI, their status and their title.
    """

    INVALID_JSON = ("invalid-json", 400, "The body is not JSON")
    BAD_REQUEST = ("bad-request", 400, "The request is not valid HTTP")
    NO_TOKEN = ("no-token", 401, "The request has no valid token")
    FORBIDDEN = ("forbidden", 403, "The token does not allow this")
    NOT_FOUND = ("not-found", 404, "There is nothing here, or the token does not reach it")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "This address does not have that method")
    TIMEOUT = ("timeout", 408, "The body did not arrive in time")
    REFUSED = ("refused", 409, "Its state forbids this now")
    EXISTS = ("already-exists", 409, "There is one already")
    ERASED = ("response-erased", 410, "The response was removed because a person was erased")
    VERSION_CHANGED = ("version-changed", 412, "It was changed in the meantime")
    TOO_LARGE = ("too-large", 413, "The body is too large")
    NOT_JSON = ("not-json", 415, "The body must be JSON")
    WRONG_HOST = ("wrong-host", 421, "The API is not served under this host name")
    INVALID = ("invalid", 422, "A value is not valid")
    UNKNOWN_REFERENCE = ("unknown-reference", 422, "The request names something that is unknown")
    KEY_REUSED = ("idempotency-key-reused", 422, "The key was used for another request")
    TOO_MANY = ("too-many-requests", 429, "The token has made too many requests")
    CRASHED = ("unexpected", 500, "Something unexpected happened")
    UPSTREAM = ("upstream-failed", 502, "Another server could not be used")
    UNAVAILABLE = ("unavailable", 503, "The database cannot be used now")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title

    @property
    def uri(self) -> str:
        """
        Return what clients recognise the type by.
        """
        return _PREFIX + self.slug


@dataclass(frozen=True, kw_only=True)
class ValueProblem:
    """
    What is wrong with one value: the field at the JSON pointer in the body, or the parameter or
    header of that name.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None

    def as_json(self) -> dict[str, str]:
        where = {"pointer": self.pointer, "parameter": self.parameter, "header": self.header}
        return {
            "detail": self.detail,
            **{name: text for name, text in where.items() if text is not None},
        }


@dataclass(kw_only=True)
class Problem(Exception):
    """
    A request of the API that is refused. `detail` is one line for people.
    """

    kind: ProblemType
    detail: str
    errors: Sequence[ValueProblem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """
        Return the response that reports it.
        """
        content: dict[str, object] = {
            "type": self.kind.uri,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = [each.as_json() for each in self.errors]
        return Response(
            orjson.dumps(content),
            status_code=self.kind.status,
            headers=dict(self.headers),
            media_type=MEDIA_TYPE,
        )


_BY_STATUS = {
    400: ProblemType.BAD_REQUEST,
    404: ProblemType.NOT_FOUND,
    405: ProblemType.METHOD_NOT_ALLOWED,
    408: ProblemType.TIMEOUT,
    413: ProblemType.TOO_LARGE,
    421: ProblemType.WRONG_HOST,
    503: ProblemType.UNAVAILABLE,
}
_DETAILS = {
    400: "the request cannot be read: name the host of the API, once",
    404: "there is nothing at this address, or the token does not reach it",
    405: "this address does not have that method: see the header Allow",
    408: "the body did not arrive in time: send it again",
    413: "the body is larger than 1 MB, or 32 MB with files: send it in parts",
    421: "the API is not served under this host name: use that of [site] base_url",
    503: "the database cannot be used now: try again later",
}


def not_found() -> Problem:
    """
    Return the problem for whatever does not exist, or must not be known to exist: it is the same.
    """
    return Problem(kind=ProblemType.NOT_FOUND, detail=_DETAILS[404])


def problem_page(status_code: int) -> Response:
    """
    Return the response for a status that has nothing to do with an operation.
    """
    kind = _BY_STATUS.get(status_code, ProblemType.CRASHED)
    detail = _DETAILS.get(status_code, "something unexpected happened: the log says what")
    return Problem(kind=kind, detail=detail).response()
