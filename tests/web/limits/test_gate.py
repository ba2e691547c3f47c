"""
What decides together whether a stranger's request leads to an email.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import altcha
import pytest
from installation import Installation

from newsletter.web.limits.gate import SignupGate, StrangersRequest

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


def asks(number: int, proof: str | None = None, **values: object) -> StrangersRequest:
    """
    Return a request of the *number*th person, from a network of their own.
    """
    key, client = f"p{number}@example{number}.org", f"8.8.{number}.8"
    return StrangersRequest(email_key=key, client=client, proof=proof, **values)  # type: ignore[arg-type]


@pytest.fixture
def gate(installation: Installation) -> SignupGate:
    return SignupGate(installation.app)


def admitted(gate: SignupGate, *requests: StrangersRequest) -> list[bool]:
    with gate.app.database.write() as connection:
        return [gate.admit(connection, request) for request in requests]


def solution(gate: SignupGate) -> str:
    challenge = altcha.Challenge.from_dict(gate.proof.challenge(gate.app.clock()))
    found = altcha.solve_challenge(challenge, counter_start=100)
    assert found is not None
    return altcha.Payload(challenge, found).to_base64()


def test_without_a_proof_only_a_few_people_an_hour_are_admitted(gate: SignupGate) -> None:
    assert admitted(gate, *(asks(n, "") for n in range(6))) == [True] * 5 + [False]
    assert admitted(gate, asks(7, "forged"), asks(8, solution(gate)), asks(9)) == [
        False,
        True,
        True,
    ]


def test_a_proof_that_was_used_counts_as_none(gate: SignupGate) -> None:
    proof = solution(gate)
    assert admitted(gate, *(asks(n, proof) for n in range(7))) == [True] * 6 + [False]


def test_a_throw_away_address_is_refused_only_by_a_setting(
    gate: SignupGate, tmp_path: Path, database_url: str
) -> None:
    warnings = gate.warnings("ada@mailinator.com")
    assert warnings == ("disposable",)
    assert admitted(gate, asks(1, warnings=warnings)) == [True]
    strict = Installation(tmp_path, database_url, now=NOW, signup={"disposable_domains": "refuse"})
    assert admitted(SignupGate(strict.app), asks(1, warnings=warnings)) == [False]
    strict.close()


def test_nobody_waits_for_a_look_up_unless_the_settings_ask_for_it(gate: SignupGate) -> None:
    assert not gate.is_slow
