"""
What `doctor` says about the pages and words in a templates folder of one's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation

from newsletter.isolation.sandbox import Sandbox
from newsletter.operations.doctor import run_checks

SITE = {"name": "The Institute", "base_url": "https://news.example.org", "templates": "own"}


@pytest.fixture
def installation(tmp_path: Path, warm_sandbox: Sandbox, now: dt.datetime) -> Iterator[Installation]:
    """
    An installation whose own templates are in the folder `own`.
    """
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    own = Installation(tmp_path, url, now=now, sandbox=warm_sandbox, site=SITE)
    yield own
    own.close()


@pytest.fixture
def folder(installation: Installation) -> Path:
    return installation.folder / "own"


def detail(installation: Installation) -> tuple[bool, str]:
    (found,) = [one for one in run_checks(installation.app) if one.name == "templates"]
    return found.ok, found.detail


def test_doctor_reads_the_words_of_pages_in_every_language(
    installation: Installation, folder: Path
) -> None:
    words = folder / "words" / "page"
    words.mkdir(parents=True)
    (words / "de.toml").write_text('save = "Sichern"', "utf-8")
    assert detail(installation)[0]
    (words / "fr.toml").write_text('safe = "Enregistrer"', "utf-8")
    is_right, text = detail(installation)
    assert not is_right
    assert "fr.toml: unknown entry safe; did you mean save?" in text


def test_doctor_reads_the_files_of_pages(installation: Installation, folder: Path) -> None:
    (folder / "page").mkdir(parents=True)
    (folder / "page" / "layout.html").write_bytes(b"\xff")
    is_right, text = detail(installation)
    assert not is_right
    assert "layout.html: not UTF-8 at byte 0" in text
