"""
API tokens: list, make, show and revoke them, and what the token of a request may do.
"""

from __future__ import annotations

from newsletter.actions.access import tokens
from newsletter.model.access import Permission
from newsletter.web.api.bodies.tokens import (
    MeBody,
    NewTokenBody,
    TokenBody,
    TokenInPath,
    TokenToMake,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit

noun = Noun("tokens", "What programs identify themselves with.")


@noun.get("/me")
def show_me(call: Call) -> MeBody:
    """
    Show what the token of this request may do.
    """
    return MeBody.of(call.actor)


@noun.get("/tokens", Permission.TOKENS_READ)
def list_tokens(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[TokenBody]:
    """
    List the tokens, the newest first, also those that were revoked.
    """
    before = call.after(cursor, int, 0)
    found = tokens.all_of(call.app, by=call.actor)
    behind = [each for each in found if not before or each.id < before]
    return call.page(behind[: limit + 1], limit, key=lambda each: each.id, show=TokenBody.of)


@noun.post("/tokens", Permission.TOKENS_WRITE, status=201, has_secret=True)
def make_token(call: Call, body: TokenToMake) -> NewTokenBody:
    """
    Make a token, which may do no more than the one of this request.
    """
    lifetime = None if body.expires_at is None else body.expires_at - call.app.clock()
    made = tokens.add(
        call.app, body.name, scopes=body.scopes, lists=body.lists, lifetime=lifetime, by=call.actor
    )
    call.made(f"{PREFIX}/tokens/{made.token.id}")
    return NewTokenBody.of(made)


@noun.get("/tokens/{number}", Permission.TOKENS_READ)
def show_token(call: Call, number: TokenInPath) -> TokenBody:
    """
    Show a token.
    """
    return TokenBody.of(tokens.find(call.app, number, by=call.actor))


@noun.post(
    "/tokens/{number}/revoke", Permission.TOKENS_WRITE, status=204, version_of="/tokens/{number}"
)
def revoke_token(call: Call, number: TokenInPath) -> None:
    """
    Revoke a token: from now on it is of no use.

    It can still be shown, because the audit trail names it.
    """
    tokens.revoke(call.app, number, by=call.actor)
