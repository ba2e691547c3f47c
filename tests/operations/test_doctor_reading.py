"""
`doctor` starts the child process that parses content, and says if it cannot read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from installation import Installation

from newsletter.app import App
from newsletter.operations.doctor import run_checks

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROOT = Path(__file__).resolve().parents[2]


def test_doctor_says_that_pages_and_briefs_can_be_read(installation: Installation) -> None:
    (check,) = [each for each in run_checks(installation.app) if each.name == "reading"]
    assert (check.ok, check.detail) == (True, "pages and briefs can be read")


def test_doctor_names_one_cause_once(installation: Installation) -> None:
    (installation.app.settings.path(installation.app.settings.site.secret_file)).unlink()
    with App(settings=installation.app.settings, shared_sandbox=installation.app.sandbox) as app:
        failed = [each.detail for each in run_checks(app) if not each.ok]
    assert failed[0].startswith("there is no [site] secret_file")
    assert failed.count("not checked: see secret") > 1
    named = [each for each in failed if not each.startswith("not checked")]
    assert len(named) == len(set(named))


def test_doctor_says_in_one_line_that_a_library_for_reading_is_missing(
    installation: Installation, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "lxml_html_clean.py").write_text("raise ModuleNotFoundError('no lxml_html_clean')")
    config = installation.app.settings.folder / "newsletter.toml"
    config.touch()
    ran = subprocess.run(
        [sys.executable, "-m", "newsletter", "--config", str(config), "doctor", "--json"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(broken), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    (check,) = [one for one in json.loads(ran.stdout)["checks"] if one["name"] == "reading"]
    assert ran.returncode == 1
    assert not check["ok"]
    assert "lxml_html_clean" in check["detail"]
    assert check["detail"].endswith("; install the program again")
    assert "\n" not in check["detail"]
