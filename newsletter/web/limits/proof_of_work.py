"""
A proof of work: the reader's browser searches for a number, which costs a bot that signs up
thousands of addresses more than it costs a reader.

It follows the protocol of ALTCHA (https://altcha.org/docs/v2/proof-of-work/). Nothing is stored
until a solution is used, and each is good for one sign-up.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import secrets
from dataclasses import dataclass
from typing import Any

import altcha
import sqlalchemy as sa

from newsletter.store.flow_control.signup_limits import spend_proof
from subscribers.tokens import KeyRing

# A phone of a few years ago needs about three seconds, a computer less than one.
_ALGORITHM = "PBKDF2/SHA-256"
_ITERATIONS = 5_000
_LEAST_ROUNDS, _MOST_ROUNDS = 100, 200
_MAX_LETTERS = 4096
VALID_FOR = dt.timedelta(hours=2)
"""
How long a challenge may be solved: as long as somebody may leave a form open.
"""


@dataclass(frozen=True, kw_only=True)
class Solved:
    """
    A valid solution; `nonce` identifies its challenge.
    """

    nonce: str
    expires_at: dt.datetime


class ProofOfWork:
    """
    Makes challenges signed with *keys*, and checks their solutions.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    def challenge(self, now: dt.datetime) -> dict[str, Any]:
        """
        Return a new challenge, as the widget reads it.
        """
        signing, key = self._secrets()[0]
        made = altcha.create_challenge(
            algorithm=_ALGORITHM,
            cost=_ITERATIONS,
            counter=_LEAST_ROUNDS + secrets.randbelow(_MOST_ROUNDS - _LEAST_ROUNDS),
            # The library compares its own expiry with the clock of the machine.
            data={"until": int((now + VALID_FOR).timestamp())},
            hmac_secret=signing,
            hmac_key_secret=key,
        )
        return made.to_dict()

    def check(self, payload: str, now: dt.datetime) -> Solved | None:
        """
        Return the solution in the *payload* that the widget sent, or None if it is not valid.
        """
        parameters = _parameters(payload)
        if parameters is None or not any(
            altcha.verify_solution(payload, signing, hmac_key_secret=key).verified
            for signing, key in self._secrets()
        ):
            return None
        expires_at = dt.datetime.fromtimestamp(parameters["data"]["until"], dt.UTC)
        solved = Solved(nonce=parameters["nonce"], expires_at=expires_at)
        return solved if now <= expires_at else None

    def _secrets(self) -> list[tuple[str, str]]:
        """
        Return the secrets for challenges and for their keys, the current ones first.
        """
        signing, key = self.keys.words("altcha"), self.keys.words("altcha key")
        return list(zip(signing, key, strict=True))


def spend(connection: sa.Connection, solved: Solved) -> bool:
    """
    Record that a solution was used. Return False if it was used before.
    """
    return spend_proof(connection, solved.nonce, expires_at=solved.expires_at)


def _parameters(payload: str) -> dict[str, Any] | None:
    """
    Return the parameters in a *payload* that the library can read, or None.
    """
    if len(payload) > _MAX_LETTERS:
        return None
    try:
        values = json.loads(base64.b64decode(payload, validate=True))
        challenge = values["challenge"]
        parameters = challenge["parameters"]
        is_whole = isinstance(challenge, dict) and isinstance(values["solution"], dict)
    except (binascii.Error, ValueError, TypeError, LookupError, RecursionError):
        return None
    return parameters if is_whole and isinstance(parameters, dict) else None
