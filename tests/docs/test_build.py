"""
The documentation builds without a warning: every link, reference and heading in it is there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """
    Build the documentation in *source* as `make docs` does.
    """
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (line,) = re.findall(r"^\t\$\(BIN\)/sphinx-build (.*) -d \S+ docs \S+$", makefile, re.M)
    words = [*line.split(), "-d", out / "doctrees", source, out / "html"]
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *words], cwd=ROOT, capture_output=True, text=True
    )


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    done = build(ROOT / "docs", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "html" / "index.html").exists()


def test_a_dead_link_and_a_dead_heading_fail_the_build(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    (source / "conf.py").write_text((ROOT / "docs" / "conf.py").read_text("utf-8"))
    (source / "_ext").symlink_to(ROOT / "docs" / "_ext")
    (source / "index.md").write_text("# One\n\n[a](nonesuch.md), [b](#nonesuch), [c](#one)\n")
    done = build(source, tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert "'nonesuch.md'" in done.stderr
    assert "'nonesuch'" in done.stderr
