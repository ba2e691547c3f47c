"""
The environment that all suites of one test process share.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reliability.processes.fork_server import ForkServer
from reliability.runs.suite_environment import SuiteEnvironment, suite_environment


@pytest.fixture(scope="session")
def environment(postgres_server: str) -> Iterator[SuiteEnvironment]:
    """
    Open the sink and the fork server that the suites use.
    """
    with suite_environment(postgres_server) as environment:
        yield environment


@pytest.fixture(scope="session")
def forks(environment: SuiteEnvironment) -> ForkServer:
    """
    Start processes that may die, without a second's imports for each.
    """
    return environment.forks
