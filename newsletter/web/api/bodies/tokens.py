"""
The bodies of the requests and responses about API tokens.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.access.tokens import MAX_NAME, NewToken
from newsletter.model.access import Actor, Permission
from newsletter.model.api_token import ApiToken
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Slug
from newsletter.web.api.times import GivenMoment, Moment

TokenInPath = Annotated[
    int, Path(ge=1, lt=2**63, description="The number of the token", examples=[3])
]
Scopes = Annotated[list[Permission], Field(min_length=1, max_length=len(Permission))]
_TOKEN: dict[str, Any] = {
    "id": 7,
    "name": "shop",
    "scopes": ["people:read", "people:write"],
    "lists": ["daily"],
    "created_by": "ada@example.org",
    "created_at": "2026-03-04T12:00:00Z",
    "expires_at": "2027-03-04T12:00:00Z",
    "last_used_at": None,
    "revoked_at": None,
}


class TokenToMake(RequestBody):
    """
    A new token. It never may do more than the one that makes it, and does not outlive it.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "shop",
        "scopes": ["people:read", "people:write"],
        "lists": ["daily"],
        "expires_at": "2099-03-04T12:00:00Z",
    }
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    scopes: Scopes
    lists: Annotated[list[Slug], Field(max_length=200)] = Field(
        default_factory=list, description="Limit it to these; none for those of its maker"
    )
    expires_at: GivenMoment | None = None


class TokenBody(Resource):
    """
    A token, without its secret.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = _TOKEN
    id: int
    name: str
    scopes: list[Permission]
    lists: list[str] | None = Field(description="null if it is not limited to lists")
    created_by: str
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None

    @classmethod
    def of(cls, token: ApiToken) -> TokenBody:
        """
        Return the body of a token.
        """
        return cls(
            id=token.id,
            name=token.name,
            scopes=sorted(token.scopes),
            lists=None if token.lists is None else sorted(token.lists),
            created_by=token.created_by,
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            revoked_at=token.revoked_at,
        )


class NewTokenBody(ResponseBody):
    """
    A token that was made. `secret` is what a program sends; it is shown this once.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"secret": "nl_7_…", "token": _TOKEN}
    secret: str
    token: TokenBody

    @classmethod
    def of(cls, made: NewToken) -> NewTokenBody:
        """
        Return the body of a token that was made.
        """
        return cls(secret=made.text, token=TokenBody.of(made.token))


class MeBody(ResponseBody):
    """
    What the token of the request may do now: `scopes` are those that its maker still has, too.
    `lists` is null if it is not limited to some.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "token_id": 7,
        "name": "shop",
        "scopes": ["people:read", "people:write"],
        "lists": ["daily"],
    }
    token_id: int | None
    name: str
    scopes: list[Permission]
    lists: list[str] | None

    @classmethod
    def of(cls, actor: Actor) -> MeBody:
        """
        Return the body of whoever makes the request.
        """
        return cls(
            token_id=actor.token_id,
            name=actor.name,
            scopes=sorted(actor.permissions),
            lists=None if actor.lists is None else sorted(actor.lists),
        )
