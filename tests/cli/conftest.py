"""
The command line in an empty folder, and an installation to run it on.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from running import Cli, Ran

from newsletter.cli import main


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """
    `cli("list", "show", "daily")` runs a command in this process, in the test's own folder.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in [name for name in os.environ if name.startswith("NEWSLETTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NEWSLETTER_AS", "a person")

    def run(*words: object) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        written = capfd.readouterr()
        status = ended.value.code
        return Ran(status if isinstance(status, int) else 0, written.out, written.err)

    return run


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    What `newsletter init` makes, with a list, to be copied.
    """
    folder = tmp_path_factory.mktemp("made") / "office"
    config = str(folder / "newsletter.toml")
    for words in (
        ["init", str(folder)],
        ["list", "add", "daily", "--name", "The Daily", "--config", config],
    ):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert not ended.value.code
    return folder


@pytest.fixture
def office(tmp_path: Path, made_once: Path, cli: Cli) -> Path:
    """
    An installation in the test's own folder, which holds the list `daily`.
    """
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def people(office: Path) -> Path:
    """
    A CSV with one reader who agreed.
    """
    path = office / "people.csv"
    path.write_text("email,name\nada@example.org,Ada Byron\n", encoding="utf-8")
    return path


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    """
    A brief in a file.
    """
    path = tmp_path / "monday.txt"
    path.write_text(
        "Monday, March 2, 2026\n\nIntelBrief: The Quiet Harbour\n\n"
        "• The ferries stay.\n• The tolls rise.\n\nNobody left the quay today.\n",
        encoding="utf-8",
    )
    return path
