"""
A theatre for all suites of one test process.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reliability.runs.suite_environment import Theatre, opened


@pytest.fixture(scope="session")
def theatre(postgres_server: str) -> Iterator[Theatre]:
    """
    The sink, the fork server and the stage of the suites.
    """
    with opened(postgres_server) as theatre:
        yield theatre
