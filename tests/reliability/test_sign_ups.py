"""
Sign-ups of every kind of address: one mail to each who may be mailed, one answer for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation

from newsletter.isolation.sandbox import Sandbox
from reliability.sign_ups import (
    KINDS,
    MAILED,
    NO_LIMITS,
    START,
    address_of,
    mann_whitney,
    prepare,
    sign_up_all,
)

EACH = 25


@pytest.fixture
def signing_up(tmp_path: Path, database_url: str, warm_sandbox: Sandbox) -> Iterator[Installation]:
    """
    An installation that limits no sign-ups.
    """
    installation = Installation(
        tmp_path, database_url, now=START, sandbox=warm_sandbox, signup=NO_LIMITS
    )
    yield installation
    installation.close()


@pytest.mark.ci
def test_everybody_gets_the_same_answer_and_the_mail_that_is_due(signing_up: Installation) -> None:
    prepare(signing_up, EACH)

    report = sign_up_all(signing_up, EACH)

    assert len(report.answers) == 1
    for kind in KINDS:
        mails = {report.mailed[address_of(kind, number)] for number in range(EACH)}
        assert mails == {MAILED[kind]}, kind
    assert sum(report.mailed.values()) == EACH * sum(MAILED.values())


def test_the_test_of_the_times_tells_samples_apart_and_alike_ones_not() -> None:
    one, alike = list(range(0, 1000, 2)), list(range(1, 1001, 2))
    slower = [value + 100 for value in alike]

    assert mann_whitney(alike, one)[1] > 0.5
    above, p = mann_whitney(slower, one)
    assert above > 0.55
    assert p < 0.001
