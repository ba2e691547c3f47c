from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from installation import Installation
from web_samples import ADA, TestClient

from newsletter.web.application import make_web


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def pages(installation: Installation, stopping: threading.Event) -> Iterator[TestClient]:
    """
    The pages of an installation with nobody in it yet.
    """
    web = make_web(installation.app, stopping=stopping)
    with TestClient(web, follow_redirects=False) as pages:
        yield pages


@pytest.fixture
def client(installation: Installation, pages: TestClient) -> TestClient:
    """
    The pages of an installation with one list and one reader, Ada.
    """
    installation.add_list("daily")
    installation.subscribe([ADA])
    return pages
