"""
The table of threats: complete, and every test that it names exists.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/development/threats.md").read_text()
ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| (\w+) \| ([^|]+) \|$", PAGE, flags=re.MULTILINE)
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)))


def test_each_threat_has_one_row_in_order() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 51))


@pytest.mark.parametrize(("number", "threat", "state", "proof"), ROWS)
def test_a_threat_is_held_by_a_test_or_says_what_is_missing(
    number: str, threat: str, state: str, proof: str
) -> None:
    has_tests = "::test_" in proof
    says_what_is_missing = "Missing: " in proof
    assert {
        "held": has_tests and not says_what_is_missing,
        "partly": has_tests and says_what_is_missing,
        "open": not says_what_is_missing,
    }[state]


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_the_table_names_exists(file: str, name: str) -> None:
    text = (ROOT / "tests" / file).read_text()
    assert re.search(rf"^(?:async )?def {name}\(", text, flags=re.MULTILINE)
