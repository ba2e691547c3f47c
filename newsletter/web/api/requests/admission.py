"""
Admit a request: its token is valid, has made few enough requests, may do what it asks for, and the
parameters of its query exist.
"""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request

from newsletter.app import App
from newsletter.web.api.operations import Operation
from newsletter.web.api.refusals.problems import Problem, ProblemType, ValueProblem
from newsletter.web.api.requests.authentication import Client, authenticate
from newsletter.web.api.requests.request_limits import Quota, RequestLimits
from newsletter.web.metrics import RATE_CLASS

# Of unknown parameters, a problem names at most so many.
_MOST_PLACES = 100


class Admission:
    """
    Admits the requests of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self.limits = RequestLimits(app.settings.api)

    def admit(self, request: Request, operation: Operation) -> Client:
        """
        Return who makes a request. It is counted once, however often it is admitted.

        Raises:
            Problem: it has no valid token, is one too many, is not permitted, or has a parameter
                that is unknown or cannot be stored.
        """
        admitted = client_of(request)
        if admitted is not None:
            return admitted
        client = authenticate(self.app, request)
        quota = self.limits.take(client.token.id, operation.rate)
        request.state.quota = quota
        request.scope[RATE_CLASS] = operation.rate.value
        _require_allowed(quota, operation, client)
        _require_no_nul(request)
        _require_known_parameters(request, operation)
        request.state.client = client
        return client


def client_of(request: Request) -> Client | None:
    """
    Return who makes the request; None before it is admitted.
    """
    return getattr(request.state, "client", None)


def quota_of(request: Request) -> Quota | None:
    """
    Return what the token may still do; None if the request has no valid token.
    """
    return getattr(request.state, "quota", None)


def _require_allowed(quota: Quota, operation: Operation, client: Client) -> None:
    """
    Refuse a request that is one too many, or that the token does not allow.
    """
    if quota.wait_s:
        detail = f"at most {quota.limit} requests of the class {quota.rate} in a minute: wait"
        raise Problem(kind=ProblemType.TOO_MANY, detail=detail)
    missing = operation.needs - client.actor.permissions
    if missing:
        detail = f"the token does not have the scope {min(missing)}, or its maker may not do it"
        raise Problem(kind=ProblemType.FORBIDDEN, detail=detail)


def _require_no_nul(request: Request) -> None:
    for name, value in request.query_params.multi_items():
        if "\0" in name + value:
            detail = "NUL cannot be stored: remove it"
            place = ValueProblem(detail=detail, parameter=name.replace("\0", ""))
            raise Problem(kind=ProblemType.INVALID, detail=detail, errors=[place])


def _require_known_parameters(request: Request, operation: Operation) -> None:
    """
    Refuse parameters that the operation does not have, or that are repeated: without a filter that
    is misspelled or comes first, the response would have too much.
    """
    known = operation.names.query
    taken = ", ".join(known) or "none"
    given = Counter(name for name, _ in request.query_params.multi_items())
    places = [
        ValueProblem(
            detail=f"there is no parameter {name!r}: this address takes {taken}", parameter=name
        )
        for name in given
        if name not in known
    ]
    places += [
        ValueProblem(detail=f"{name} is given {count} times: give it once", parameter=name)
        for name, count in given.items()
        if count > 1 and name in known
    ]
    if places:
        raise Problem(
            kind=ProblemType.INVALID, detail=places[0].detail, errors=places[:_MOST_PLACES]
        )
