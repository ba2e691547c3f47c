"""
Actions on API tokens: make, list and revoke them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.access.tokens import give_secret
from newsletter.actions.guard.objects import shared, unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import InvalidValue, NotFound, Refused
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.api_token import ApiToken
from newsletter.store.access import api_tokens
from subscribers.lists import find_list
from subscribers.text.phrase_values import Moment
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line

MAX_NAME = 100


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """
    A token that was made. `text` is what the program sends; nobody can see it again.
    """

    token: ApiToken
    text: str = field(repr=False)


@requires(Permission.TOKENS_WRITE, "token.add", about=shared(ObjectKind.TOKEN, "name"))
def add(
    app: App,
    name: str,
    *,
    by: Actor,
    scopes: Collection[str],
    lists: Collection[str] = (),
    lifetime: dt.timedelta | None = None,
) -> NewToken:
    """
    Make a token with these scopes, limited to *lists* if there are any, that expires after
    *lifetime*. If that is None, a token made with another token expires with it.

    Raises:
        InvalidText, InvalidValue: the name, a scope or the time is not valid.
        UnknownList: there is no such list.
        Refused: a token has that name, or *by* may not do all that the token could.
    """
    label = _parse_name(name)
    wanted = _parse_scopes(scopes)
    limits = _limits(by, wanted, lists)
    now = app.clock()
    if lifetime is not None and lifetime <= dt.timedelta(0):
        raise InvalidValue(phrase("a token that expires at once is of no use: give a longer time"))
    with app.database.write() as connection:
        expires_at = _expiry(connection, by, None if lifetime is None else now + lifetime)
        if api_tokens.find_active(connection, label) is not None:
            raise Refused(
                phrase(
                    "token {label!r} already exists: revoke it, or choose another name", label=label
                )
            )
        ids = None if limits is None else [find_list(connection, slug).id for slug in limits]
        number = api_tokens.add_token(
            connection,
            label,
            scopes=wanted,
            list_ids=ids,
            staff_id=by.staff_id,
            created_by=by.person,
            made_with=by.token_id,
            expires_at=expires_at,
            now=now,
        )
        text = give_secret(connection, number)
        made = api_tokens.load_token(connection, number)
        assert made is not None
        return NewToken(token=made[0], text=text)


@requires(Permission.TOKENS_READ, "token.list", about=unlimited(ObjectKind.TOKEN))
def all_of(app: App, *, by: Actor) -> list[ApiToken]:
    """
    Return every token, the newest first.
    """
    with app.database.read() as connection:
        return api_tokens.all_tokens(connection)


@requires(Permission.TOKENS_WRITE, "token.revoke", about=unlimited(ObjectKind.TOKEN, "name"))
def revoke(app: App, name: str | int, *, by: Actor) -> ApiToken:
    """
    Revoke a token by its name or number, and return it: neither it nor those that were made with it
    can be used any more.

    Raises:
        NotFound: there is no such token.
    """
    with app.database.write() as connection:
        found = api_tokens.find_active(connection, name) if isinstance(name, str) else None
        if found is None:
            found = _by_number(connection, name)
        api_tokens.revoke(connection, found.id, now=app.clock())
        return _by_number(connection, found.id)


@requires(Permission.TOKENS_READ, "token.show", about=unlimited(ObjectKind.TOKEN, "number"))
def find(app: App, number: int, *, by: Actor) -> ApiToken:
    """
    Return the token with that number, even if it was revoked.

    Raises:
        NotFound: there is none.
    """
    with app.database.read() as connection:
        return _by_number(connection, number)


def _by_number(connection: sa.Connection, name: str | int) -> ApiToken:
    text = str(name)
    is_number = text.isascii() and text.isdecimal() and len(text) < 19
    found = api_tokens.load_token(connection, int(text)) if is_number else None
    if found is None:
        raise NotFound(phrase("there is no token {name!r}: see `newsletter token list`", name=name))
    return found[0]


def _expiry(connection: sa.Connection, by: Actor, wanted: dt.datetime | None) -> dt.datetime | None:
    """
    Return when a new token expires: one that was made with a token does not outlive it.
    """
    latest = None if by.token_id is None else _by_number(connection, by.token_id).expires_at
    if latest is None:
        return wanted
    if wanted is not None and wanted > latest:
        raise Refused(
            phrase(
                "your token expires at {latest}: give an earlier time",
                latest=Moment(latest.isoformat(), latest),
            )
        )
    return wanted or latest


def _parse_name(name: str) -> str:
    label = one_line(name, phrase("token's name"), may_be_empty=False)
    if len(label) > MAX_NAME:
        raise InvalidValue(
            phrase(
                "the name has {number} characters: write at most {limit}",
                number=len(label),
                limit=MAX_NAME,
            )
        )
    return label


def _parse_scopes(words: Collection[str]) -> frozenset[Permission]:
    if not words:
        raise InvalidValue(phrase("a token without a scope can do nothing: give at least one"))
    for word in words:
        if word not in list(Permission):
            raise InvalidValue(
                phrase(
                    "{word!r} is not a scope: write one of {known}",
                    word=word,
                    known=", ".join(Permission),
                )
            )
    return frozenset(map(Permission, words))


def _limits(
    by: Actor, scopes: frozenset[Permission], lists: Collection[str]
) -> frozenset[str] | None:
    """
    Return the lists that a new token is limited to. It must not do more than *by* may do.
    """
    if beyond := scopes - by.permissions:
        raise Refused(
            phrase("you may not do what scope {scope} allows: leave it out", scope=min(beyond))
        )
    if not lists:
        return by.lists
    for slug in sorted(lists):
        if not by.sees(slug):
            raise Refused(
                phrase("you may not give a token list {list}: choose one of yours", list=slug)
            )
    return frozenset(lists)
