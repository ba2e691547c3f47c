"""
Run the tests that lean most on SQLite with the oldest one that is supported, in a process in which
it has the place of `sqlite3`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.store.database import OLDEST_SQLITE

pytestmark = pytest.mark.ci

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests/support/oldest_sqlite"
# About two minutes of one core. The other tests of these packages take longer, or make the same
# statements.
SUBSET = (
    "tests/store/segments/test_rules_of_one_list.py",
    *(f"tests/store/test_{name}.py" for name in (
        "checks", "clock_repair", "database", "epochs", "erasing", "inbox", "leases", "migrate",
        "occasions", "outgoing_plans", "plans", "progress", "rate_limits", "unit_of_work",
    )),
    *(f"tests/subscribers/test_{name}.py" for name in (
        "audience", "audience_among", "bulk", "bulk_join", "confirm_join", "exclusion_reason",
        "fields", "filters", "history", "import_policy", "import_undo", "join", "mailing_lists",
        "people", "privacy_requests", "requests", "retention", "subscriptions", "suppression",
        "suppression_rules", "tags",
    )),
    *(f"tests/delivery/test_{name}.py" for name in (
        "appending", "canary", "claims", "confirmations", "dispatch", "failover", "freeze",
        "intent", "rate_limiter", "reconciliation", "resend", "results", "splitting", "waves",
    )),
)  # fmt: skip


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """
    The environment of a Python that has the oldest SQLite.
    """
    if sys.version_info >= (3, 12):
        pytest.skip("no wheel has SQLite 3.40 for this Python: run it with Python 3.11")
    folder = tmp_path_factory.mktemp("oldest_sqlite")
    wanted = ("--require-hashes", "--only-binary", ":all:", "--no-deps", "--target", folder)
    run(["-m", "pip", "install", "-q", *wanted, "-r", SUPPORT / "requirements.txt"])
    path = os.pathsep.join(map(str, (SUPPORT, folder)))
    # The module is made for all Pythons: it has some names that CPython's own has since then.
    return {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "default"}


def run(words: list[object], environment: dict[str, str] | None = None) -> str:
    ran = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_oldest_sqlite_is_the_one_that_is_tested(environment: dict[str, str]) -> None:
    said = run(["-c", "import sqlite3; print(sqlite3.sqlite_version)"], environment)
    assert tuple(map(int, said.split(".")))[:2] == OLDEST_SQLITE


def test_the_store_people_and_sending_work_with_the_oldest_sqlite(
    environment: dict[str, str],
) -> None:
    only = ("-m", "not ci and not live", "-k", "not postgres", "-p", "no:cacheprovider")
    assert " passed" in run(["-m", "pytest", "-q", *only, *SUBSET], environment)
