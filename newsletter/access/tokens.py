"""
Make the secrets of API tokens, and find out who makes a request with a token.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets

import sqlalchemy as sa

from newsletter.model.access import OPERATOR, Actor, Channel
from newsletter.model.api_token import SECRET_BYTES, ApiToken, hash_of, number_in, token_text
from newsletter.store.access.api_tokens import load_token, set_secret
from newsletter.store.access.members import member_by_id


def give_secret(connection: sa.Connection, token_id: int) -> str:
    """
    Give a token its secret, and return its text, which is stored nowhere.
    """
    text = token_text(token_id, secrets.token_bytes(SECRET_BYTES))
    set_secret(connection, token_id, hash_of(text.encode()))
    return text


def token_of(connection: sa.Connection, text: bytes, *, now: dt.datetime) -> ApiToken | None:
    """
    Return the token with that text; None if there is none, or it has expired or was revoked.
    """
    number = number_in(text)
    found = None if number is None else load_token(connection, number)
    if found is None:
        return None
    token, secret_hash = found
    is_it = hmac.compare_digest(secret_hash, hash_of(text))
    return token if is_it and token.is_valid(now) else None


def actor_of(connection: sa.Connection, token: ApiToken, *, from_address: str) -> Actor | None:
    """
    Return who makes the requests of a token: it may never do more than its maker may do now. None
    if its maker is no longer a member of staff.
    """
    maker = _maker(connection, token, from_address)
    if maker is None:
        return None
    return Actor(
        name=token.name,
        channel=Channel.API,
        permissions=token.scopes & maker.permissions,
        lists=_lists_in_both(token.lists, maker.lists),
        staff_id=token.staff_id,
        token_id=token.id,
        token_maker="" if token.staff_id is not None else token.created_by,
        from_address=from_address,
    )


def _maker(connection: sa.Connection, token: ApiToken, from_address: str) -> Actor | None:
    if token.staff_id is None:
        return OPERATOR
    member = member_by_id(connection, token.staff_id)
    return member.actor(from_address) if member is not None and member.is_active else None


def _lists_in_both(
    one: frozenset[str] | None, other: frozenset[str] | None
) -> frozenset[str] | None:
    """
    Return the lists that two limits have in common. None is no limit.
    """
    if one is None or other is None:
        return one if other is None else other
    return one & other
