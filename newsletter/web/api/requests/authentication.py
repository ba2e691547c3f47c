"""
Find out which token a request has. Cookies never count.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from starlette.requests import Request

from newsletter.access.tokens import actor_of, token_of
from newsletter.app import App
from newsletter.model.access import Actor
from newsletter.model.api_token import ApiToken
from newsletter.store.access.api_tokens import WRITE_USE_EVERY, record_use
from newsletter.web.api.refusals.problems import Problem, ProblemType
from newsletter.web.client_address import client_of

_NONE = 'Bearer realm="newsletter"'
_INVALID = f'{_NONE}, error="invalid_token"'


@dataclass(frozen=True, kw_only=True)
class Client:
    """
    Who makes a request: a token, and what it may do now.
    """

    token: ApiToken
    actor: Actor


def authenticate(app: App, request: Request) -> Client:
    """
    Return who makes a request.

    Raises:
        Problem: it has no token, several, or one that is not valid.
    """
    given = [value for name, value in request.headers.raw if name == b"authorization"]
    if not given:
        raise _refusal("send a token in the header Authorization: Bearer", _NONE)
    scheme, _, text = given[0].strip().partition(b" ")
    if len(given) > 1 or scheme.lower() != b"bearer":
        raise _refusal("send one header Authorization with the scheme Bearer", _INVALID)
    with app.database.read() as connection:
        client = _client(connection, text.strip(), app.clock(), client_of(request))
    if client is None:
        raise _refusal("this token is not valid, has expired or was revoked", _INVALID)
    return client


def needs_record(token: ApiToken, now: dt.datetime) -> bool:
    """
    Return True if it is time to record again that a token is used.
    """
    return token.last_used_at is None or token.last_used_at <= now - WRITE_USE_EVERY


def record(app: App, token: ApiToken) -> None:
    """
    Record that a token is used.
    """
    with app.database.write(is_kept=False) as connection:
        record_use(connection, token.id, now=app.clock())


def _client(
    connection: sa.Connection, text: bytes, now: dt.datetime, from_address: str
) -> Client | None:
    token = token_of(connection, text, now=now)
    if token is None:
        return None
    actor = actor_of(connection, token, from_address=from_address)
    return None if actor is None else Client(token=token, actor=actor)


def _refusal(detail: str, challenge: str) -> Problem:
    return Problem(
        kind=ProblemType.NO_TOKEN, detail=detail, headers={"WWW-Authenticate": challenge}
    )
