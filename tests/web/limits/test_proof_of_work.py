"""
The proof of work: solved by a browser, checked once, forged by nobody.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import altcha
import pytest
from hypothesis import given
from hypothesis import strategies as st
from installation import Installation
from web_samples import TestClient

from newsletter.store.flow_control.signup_limits import delete_old_signups
from newsletter.web.limits.proof_of_work import VALID_FOR, ProofOfWork, spend
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.public.proof import CHALLENGE_PATH, ProofPages
from subscribers.tokens import KeyRing

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
OLD_SECRET, NEW_SECRET = b"a-secret-of-the-tests", b"a-new-secret-of-the-tests"
PROOF = ProofOfWork(KeyRing(OLD_SECRET))


def solve(challenge: dict[str, Any]) -> str:
    """
    Do what the widget does.
    """
    parsed = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(parsed, counter_start=100)
    assert solution is not None
    return altcha.Payload(parsed, solution).to_base64()


@pytest.fixture(scope="module")
def solved() -> str:
    return solve(PROOF.challenge(NOW))


def changed(payload: str, **parameters: Any) -> str:
    values = json.loads(base64.b64decode(payload))
    values["challenge"]["parameters"] |= parameters
    return base64.b64encode(json.dumps(values).encode()).decode()


def test_a_solution_is_valid_until_the_form_is_old(solved: str) -> None:
    found = PROOF.check(solved, NOW + VALID_FOR)
    assert found is not None
    assert found.expires_at == NOW + VALID_FOR
    assert PROOF.check(solved, NOW + VALID_FOR + dt.timedelta(seconds=1)) is None


def test_a_solution_is_good_for_one_sign_up(installation: Installation, solved: str) -> None:
    found = PROOF.check(solved, NOW)
    assert found is not None
    with installation.app.database.write() as connection:
        assert [spend(connection, found) for _ in range(2)] == [True, False]
        delete_old_signups(connection, now=NOW + VALID_FOR)
        assert not spend(connection, found)
        delete_old_signups(connection, now=NOW + 2 * VALID_FOR)
    assert PROOF.check(solved, NOW + 2 * VALID_FOR) is None


def test_a_challenge_that_was_made_easier_or_longer_is_refused(solved: str) -> None:
    later = {"until": int((NOW + 9 * VALID_FOR).timestamp())}
    for parameters in ({"cost": 1}, {"keyPrefix": ""}, {"data": later}, {"nonce": "00" * 16}):
        assert PROOF.check(changed(solved, **parameters), NOW) is None


def test_a_wrong_solution_is_refused(solved: str) -> None:
    values = json.loads(base64.b64decode(solved))
    values["solution"]["derivedKey"] = "00" * 32
    assert PROOF.check(base64.b64encode(json.dumps(values).encode()).decode(), NOW) is None


def test_a_challenge_of_somebody_else_is_refused(solved: str) -> None:
    assert ProofOfWork(KeyRing(NEW_SECRET)).check(solved, NOW) is None


def test_a_form_that_was_open_while_the_secret_was_rotated_stays_valid(solved: str) -> None:
    assert ProofOfWork(KeyRing(NEW_SECRET, [OLD_SECRET])).check(solved, NOW) is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["challenge", "solution", "parameters", "signature", "counter"]),
            inner,
        )
    ),
)


@given(JSON | st.just({"challenge": {"parameters": {"algorithm": 1, "nonce": 2}}}))
def test_anything_else_is_refused_and_no_error(value: Any) -> None:
    assert PROOF.check(base64.b64encode(json.dumps(value).encode()).decode(), NOW) is None


@pytest.mark.parametrize("payload", ["", "x", "é", "\ud800", "W10=", "[" * 4000, "A" * 100_000])
def test_text_that_is_no_solution_is_refused(payload: str) -> None:
    assert PROOF.check(payload, NOW) is None


def test_a_page_gets_a_new_challenge_each_time(
    installation: Installation, pages: TestClient
) -> None:
    first, second = (pages.get(CHALLENGE_PATH) for _ in range(2))
    assert first.headers["cache-control"] == "private, no-store"
    assert first.json() != second.json()
    assert ProofOfWork(installation.app.links.keys).check(solve(first.json()), installation.now)


def test_the_files_of_the_widget_are_kept_by_browsers(
    installation: Installation, pages: TestClient
) -> None:
    files = StaticFiles()
    proof = ProofPages(installation.app, files)
    script = pages.get(proof.script)
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    style = pages.get(f"{files.prefix}/altcha/altcha.css")
    assert style.headers["content-type"].startswith("text/css")
    for name in ("altcha/LICENSE.txt", "../pages.py", ""):
        assert pages.get(f"{files.prefix}/{name}").status_code == 404
