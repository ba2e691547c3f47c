from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from installation import House
from web_samples import ADA, TestClient

from newsletter.web.application import make_web


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def pages(house: House, stopping: threading.Event) -> Iterator[TestClient]:
    """
    The pages of an installation with nobody in it yet.
    """
    web = make_web(house.app, stopping=stopping)
    with TestClient(web, follow_redirects=False) as pages:
        yield pages


@pytest.fixture
def client(house: House, pages: TestClient) -> TestClient:
    """
    The pages of an installation with one list and one reader, Ada.
    """
    house.add_list("daily")
    house.subscribe([ADA])
    return pages
