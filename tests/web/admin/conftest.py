from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filled_newsroom import Filled, filled_newsroom, member_browser
from installation import Installation
from staff_samples import BASE_URL, StaffBrowser
from web_samples import TestClient

from newsletter.isolation.sandbox import Sandbox
from newsletter.web.application import make_web


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """
    The address of a fresh SQLite database. What differs on PostgreSQL is tested in `tests/access`.
    """
    file = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def browser(installation: Installation) -> Iterator[StaffBrowser]:
    """
    A browser on the pages of an installation that has no staff yet.
    """
    web = make_web(installation.app, stopping=threading.Event())
    with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
        yield StaffBrowser(client)


@pytest.fixture
def other_browser(installation: Installation) -> Iterator[StaffBrowser]:
    """
    Another browser on the same pages.
    """
    web = make_web(installation.app, stopping=threading.Event())
    with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
        yield StaffBrowser(client)


@pytest.fixture(scope="session")
def filled(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, warm_sandbox: Sandbox
) -> Iterator[Filled]:
    """
    An installation with hostile texts in every room, for tests that leave it as it was.
    """
    folder = tmp_path_factory.mktemp("filled")
    with filled_newsroom(folder, sqlite_template, warm_sandbox) as made:
        yield made


@pytest.fixture
def walker(filled: Filled, request: pytest.FixtureRequest) -> Iterator[StaffBrowser]:
    """
    The browser of the member whose address begins as the test says, by default the owner.
    """
    with member_browser(filled, f"{getattr(request, 'param', 'owner')}@example.org") as browser:
        yield browser
