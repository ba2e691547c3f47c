"""
The wheel holds all that `newsletter` needs: installed elsewhere it makes the same mail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from serving import Served

pytestmark = pytest.mark.ci

ROOT = Path(__file__).resolve().parent.parent
PARTS = (
    "newsletter", "subscribers", "templates", "docs", "pyproject.toml", "README.md", "LICENSE",
)  # fmt: skip
BRIEF = "IntelBrief: The Quiet Harbour\n\n• The ferries stay.\n\nNobody left the quay today.\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A wheel built from a copy of the checkout, so that nothing is written into it.
    """
    pytest.importorskip("hatchling", reason="no hatchling: install the dev extra")
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    run("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", out, copy)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    The folder the wheel is installed in, far from the checkout.
    """
    folder = tmp_path_factory.mktemp("installed")
    run("-m", "pip", "install", "--no-deps", "--no-index", "--target", folder, wheel)
    return folder


# The pip that Debian 12 has with its Python 3.11, and the newest.
@pytest.fixture(scope="module", params=["pip==23.0.1", "pip"])
def python(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """
    The Python of an environment that has what this pip installs with the wheel, without our lock.
    """
    folder = tmp_path_factory.mktemp("environment")
    run("-m", "venv", folder)
    python = folder / "bin/python"
    run("-m", "pip", "install", "-q", "--upgrade", request.param, python=python)
    run("-m", "pip", "install", "-q", wheel, python=python)
    return python


def run(
    *words: object, python: object = sys.executable, **also: Any
) -> subprocess.CompletedProcess[str]:
    ended: subprocess.CompletedProcess[str] = subprocess.run(
        [str(python), *(str(word) for word in words)],
        capture_output=True, text=True, timeout=600, **also,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended


def test_the_wheel_holds_every_template_migration_and_script(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    templates = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    migrations = sorted((ROOT / "newsletter/store/migrations").rglob("*.py"))
    static = [path for path in (ROOT / "newsletter/web/static").rglob("*") if path.is_file()]
    wanted = [f"newsletter/_templates/{p.relative_to(ROOT / 'templates')}" for p in templates]
    wanted += [str(path.relative_to(ROOT)) for path in (*migrations, *static)]
    assert len(wanted) > 10
    assert [name for name in wanted if name not in held] == []
    assert [name for name in held if name.startswith(("tests/", "benchmarks/"))] == []


def test_the_installed_program_makes_the_same_mail_as_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "monday.txt").write_text(BRIEF, encoding="utf-8")
    mails: list[dict[str, bytes]] = []
    for path in (installed, ROOT):
        out = tmp_path / f"out-{len(mails)}"
        words = ("-m", "newsletter", "render", "monday.txt", "--out", out)
        run(*words, cwd=tmp_path, env={"PYTHONPATH": str(path), "PATH": os.environ["PATH"]})
        files = {file.name: file.read_bytes() for file in sorted(out.iterdir())}
        files["issue.eml"] = re.sub(rb"(?m)^Date: .*$", b"Date:", files["issue.eml"])
        mails.append(files)
    assert list(mails[0]) == ["issue.eml", "issue.html", "issue.txt"]
    assert mails[0] == mails[1]


def test_the_installed_program_runs_from_its_own_files(installed: Path, tmp_path: Path) -> None:
    look = (
        "import newsletter, subscribers\n"
        "from newsletter.mail.templating.files import project_templates\n"
        "print(newsletter.__file__, subscribers.__file__, project_templates())"
    )
    ran = run("-c", look, cwd=tmp_path, env={"PYTHONPATH": str(installed)})
    assert ran.stdout.split() == [
        str(installed / "newsletter/__init__.py"),
        str(installed / "subscribers/__init__.py"),
        str(installed / "newsletter/_templates"),
    ]


def test_the_installed_program_makes_a_database(installed: Path, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(installed), "PATH": os.environ["PATH"]}
    run("-m", "newsletter", "init", "office", cwd=tmp_path, env=environment)
    config = ("--config", "office/newsletter.toml")
    run("-m", "newsletter", "list", "list", *config, cwd=tmp_path, env=environment)
    assert (tmp_path / "office/newsletter.db").stat().st_size > 0


def test_a_program_that_pip_installs_reads_a_brief_sends_it_and_shows_the_newsroom(
    python: Path, tmp_path: Path
) -> None:
    office = tmp_path / "office"

    def newsletter(*words: object) -> str:
        return run("-m", "newsletter", *words, python=python, cwd=office).stdout

    run("-m", "newsletter", "init", office, python=python, cwd=tmp_path)
    (office / "monday.txt").write_text(BRIEF, encoding="utf-8")
    assert "pages and briefs can be read" in newsletter("doctor")
    newsletter("list", "add", "daily", "--name", "The Daily")
    newsletter("subscriber", "add", "a@x.example", "--list", "daily", "--consent", "test")
    newsletter("brief", "add", "monday.txt")
    newsletter("issue", "new", "--list", "daily", "--brief", 1, "--subject", "The Quiet Harbour")
    newsletter("issue", "send", 1, "--wait", "--yes")
    (mail,) = (office / "outbox").glob("*.eml")
    assert "The ferries stay" in mail.read_text(encoding="utf-8")
    with Served(office, python=python) as served:
        status, page = served.get("/admin/login")
    assert (status, "<form" in page) == (200, True)
