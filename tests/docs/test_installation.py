"""
The installation that the guides describe works: its commands are run in other folders, with
stand-ins for what would change the system, and systemd reads its units.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from newsletter.web.admin.uploads import MOST_PEOPLE_BYTES, upload_limit
from newsletter.web.api.mount import UPLOADS

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs/guides"
PARTS = (
    "newsletter", "subscribers", "templates", "docs", "pyproject.toml", "README.md", "LICENSE",
    "requirements.txt",
)  # fmt: skip
STAND_INS = {
    "sudo": 'if [ "$1" = -u ]; then shift 2; fi; exec "$@"',
    "apt-get": "exit 0",
    "useradd": 'echo "$@" > {root}/useradd',
    "git": "mkdir -p {root}/opt && cp -r {checkout} {root}/opt/newsletter",
    # Without the owner, who does not exist.
    "install": 'for word; do shift; case "$word" in newsletter|-o|-g) ;; '
    '*) set -- "$@" "$word";; esac; done; exec {install} "$@"',
}


def blocks(page: str, language: str) -> list[str]:
    text = (GUIDES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def test_nginx_lets_through_the_largest_body_that_the_program_takes() -> None:
    (limit,) = re.findall(r"client_max_body_size (\d+)m;", "".join(blocks(PROXY, "nginx")))
    people = upload_limit("/admin/imports/new")
    assert people is not None
    assert people > MOST_PEOPLE_BYTES
    assert int(limit) == math.ceil(max(people, *UPLOADS.values()) / 2**20)


PROXY = "behind-a-proxy.md"


def test_the_units_are_valid_and_take_away_what_is_not_needed(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze: install the package systemd of Debian")
    unit, worker = blocks("production.md", "ini")
    for name, lines in (("newsletter", ""), ("newsletter-worker", worker)):
        for line in lines.splitlines():
            unit = re.sub(rf"^{line.partition('=')[0]}=.*$", line, unit, flags=re.MULTILINE)
        file = tmp_path / f"{name}.service"
        file.write_text(re.sub(r"/opt\S*/newsletter", "/bin/true", unit))
        ran = subprocess.run(
            [program, "verify", str(file)], capture_output=True, text=True, check=False
        )
        assert (ran.stderr, ran.returncode) == ("", 0)
        ran = subprocess.run(
            [program, "security", "--offline=true", "--threshold=20", str(file)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout
    assert "worker\n" in unit


@pytest.mark.ci
def test_the_commands_of_the_installation_work(tmp_path: Path) -> None:
    root, checkout, programs = tmp_path / "root", tmp_path / "checkout", tmp_path / "bin"
    for folder in (root / "srv", root / "usr/local/bin", checkout, programs):
        folder.mkdir(parents=True)
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)
    for name, text in STAND_INS.items():
        own = text.replace("{install}", str(shutil.which("install")))
        own = own.replace("{root}", str(root)).replace("{checkout}", str(checkout))
        (programs / name).write_text(f"#!/bin/sh\n{own}\n")
        (programs / name).chmod(0o755)
    script = "".join(blocks("installation.md", "sh"))
    script = re.sub(r"(?<![\w.])/(opt|srv|usr/local)/", rf"{root}/\1/", script)
    path = os.pathsep.join(map(str, (programs, root / "usr/local/bin", os.environ["PATH"])))
    ran = subprocess.run(
        ["sh", "-eux"], input=script, text=True, capture_output=True, check=False,
        env={"PATH": path, "HOME": str(root), **pip_settings()},
    )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    # The first settings name no public address yet.
    assert "pages and briefs can be read" in ran.stdout, ran.stdout + ran.stderr
    site = root / "srv/mynews"
    assert {file.stat().st_mode & 0o077 for file in (site, *site.iterdir())} <= {0, 0o044}
    assert (site / "environment").stat().st_mode & 0o777 == 0o600
    assert (root / "useradd").read_text().split()[-1] == "newsletter"


def pip_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
