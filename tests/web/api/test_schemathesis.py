"""
Schemathesis calls every operation of a real server as its document says, and otherwise: all its
checks, and sequences of calls.

`make schemathesis` makes at least 20,000 calls; `API_EXAMPLES` is their number per operation.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from api_examples import ExampleCalls, example_operations
from api_server import ApiServer, make_installation, new_token, number_of_token
from postgres_databases import Databases
from schemathesis_run import CallReport, Schemathesis
from staff_samples import activate_member

from newsletter.app import App
from newsletter.model.access import Role
from newsletter.model.issue import IssueState
from newsletter.settings import load_settings
from newsletter.workers.file_jobs import FileJobWorker
from newsletter.workers.sender import run_until_done

EXAMPLES = os.environ.get("API_EXAMPLES", "")
# What `make test-ci` has time for.
SMALL = ("--phases", "examples,fuzzing,stateful", "-n", "3", "--max-time", "15")
LARGE = ("--phases", "examples,coverage,fuzzing", "-n", EXAMPLES)
SEQUENCES = ("--phases", "stateful", "-n", "250")
# Schemathesis ends the phase early when a repeated sequence is answered otherwise, as it is when
# its first call has made something. So it is run again until so many calls came through a link.
LINKED = 300
MOST_RUNS = 10
CASES = (("sqlite", Role.OWNER), ("postgresql", Role.AUTHOR))
MORE_CASES = (("sqlite", Role.AUTHOR), ("postgresql", Role.OWNER))

pytestmark = pytest.mark.ci


@pytest.mark.parametrize(("kind", "role"), (*CASES, *MORE_CASES) if EXAMPLES else CASES)
def test_every_call_is_answered_as_the_document_says(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, role: Role
) -> None:
    if kind == "sqlite":
        found = _call_everything(tmp_path, role, url=None)
    else:
        databases: Databases = request.getfixturevalue("postgres_databases")
        with databases.empty() as url:
            found = _call_everything(tmp_path, role, url=url)
    possible = {
        each.label for each in example_operations().values() if each.scopes <= role.permissions
    }
    without = sorted(possible - found.succeeded)
    succeeded = f"{len(possible) - len(without)} of {len(possible)} operations succeeded"
    sys.stdout.write(f"\n{kind} as {role}: {found}, {succeeded}, not {without}\n")
    assert found.calls.total() >= (5_000 if EXAMPLES else 20)
    assert found.linked >= (LINKED if EXAMPLES else 0)


def _call_everything(folder: Path, role: Role, *, url: str | None) -> CallReport:
    """
    Return what the calls reached, none of which has a finding.
    """
    everything = make_installation(folder, url=url)
    token = new_token(folder, role.value, *sorted(role.permissions))
    number = number_of_token(folder, role.value)
    with ApiServer(folder, everything) as api:
        _make_what_examples_name(folder, api)
        run = Schemathesis(folder, api.served.address, token=token, number=number)
        found = run.calls(*(LARGE if EXAMPLES else SMALL))
        runs = 0
        while EXAMPLES and found.linked < LINKED and runs < MOST_RUNS:
            found.add(run.calls(*SEQUENCES))
            runs += 1
        assert "web.crashed" not in api.served.log
        own = api.client.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert own.status_code == 200, "the token was revoked, so that later calls tested nothing"
    return found


def _make_what_examples_name(folder: Path, api: ApiServer) -> None:
    """
    Prepare the installation for the examples, which then succeed, with an issue that was sent and
    files that were worked.
    """
    calls = ExampleCalls(api.call)
    calls.make()
    sent = calls.call("make_issue").json()["id"]
    calls.send("POST", f"/issues/{sent}/send", {})
    with App(settings=load_settings(folder / "newsletter.toml")) as app:
        activate_member(app)
        run_until_done(app, is_done=lambda: _state(calls, sent) == IssueState.SUBMITTED)
        FileJobWorker(app, wait=lambda _seconds: False).work_due()


def _state(calls: ExampleCalls, issue: int) -> str:
    return str(calls.call("show_issue", issue=issue).json()["state"])
