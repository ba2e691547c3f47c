"""
Schemathesis calls every operation of a real server as its document says, and otherwise: all its
checks, and sequences of calls.

`make schemathesis` makes at least 20,000 calls; `API_EXAMPLES` is their number per operation.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from api_server import ApiServer, make_installation, new_token
from postgres_databases import Databases

from newsletter.model.access import Role

EXAMPLES = os.environ.get("API_EXAMPLES", "")
SETTINGS = Path(__file__).parent / "schemathesis.toml"
# What `make test-ci` has time for.
SMALL = ("--phases", "examples,fuzzing,stateful", "-n", "3", "--max-time", "15")
CASES = (("sqlite", Role.OWNER), ("postgresql", Role.AUTHOR))
MORE_CASES = (("sqlite", Role.AUTHOR), ("postgresql", Role.OWNER))

pytestmark = pytest.mark.ci


@pytest.mark.parametrize(("kind", "role"), (*CASES, *MORE_CASES) if EXAMPLES else CASES)
def test_every_call_is_answered_as_the_document_says(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, role: Role
) -> None:
    if kind == "sqlite":
        calls = _call_everything(tmp_path, role, url=None)
    else:
        databases: Databases = request.getfixturevalue("postgres_databases")
        with databases.empty() as url:
            calls = _call_everything(tmp_path, role, url=url)
    sys.stdout.write(f"{calls} calls on {kind} as {role}\n")
    assert calls >= (5_000 if EXAMPLES else 20)


def _call_everything(folder: Path, role: Role, *, url: str | None) -> int:
    """
    Return the number of calls, none of which has a finding.
    """
    everything = make_installation(folder, url=url)
    token = new_token(folder, role.value, *sorted(role.permissions))
    with ApiServer(folder, everything) as api:
        body = {"lists": ["daily"], "consent": "in a test"}
        api.send("PUT", "/subscribers/ada@example.org", body, "ada").raise_for_status()
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run"),
                f"{api.served.address}/api/openapi.json",
                *("--header", f"Authorization: Bearer {token}"),
                *("--checks", "all", "--continue-on-failure", "--suppress-health-check", "all"),
                *("--no-color", "--generation-database", "none"),
                *(("-n", EXAMPLES) if EXAMPLES else SMALL),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r"(\d+) generated", ran.stdout)
        assert ran.returncode == 0, ran.stdout[-8_000:] + ran.stderr[-2_000:]
        assert "web.crashed" not in api.served.log
        assert found is not None
        return int(found[1])
