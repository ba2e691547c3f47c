"""
A theatre for all suites of one test process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from theatre import Theatre, opened

# R12 meets the providers of these tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "providers"))


@pytest.fixture(scope="session")
def theatre(postgres_server: str) -> Iterator[Theatre]:
    """
    The sink, the fork server and the stage of the suites.
    """
    with opened(postgres_server) as theatre:
        yield theatre
