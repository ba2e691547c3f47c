"""
A server to poll, and a fetcher that may reach it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_server import ScriptedServer

from newsletter.isolation.fetcher import Fetcher


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(networks=("127.0.0.0/8",))
