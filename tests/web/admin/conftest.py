from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation
from staff_samples import BASE_URL, StaffBrowser
from web_samples import TestClient

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
