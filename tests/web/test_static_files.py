"""
The scripts and style sheets of pages: what npm published, and not too heavy.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import newsletter
from newsletter.web.page.static_files import StaticFiles

STATIC = Path(newsletter.__file__).parent / "web" / "static"
VENDOR = STATIC / "vendor"
KB = 1000


def test_vendored_files_are_those_that_were_looked_at() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    files = {path.relative_to(VENDOR).as_posix(): path for path in VENDOR.glob("*/*")}
    assert sums.keys() == files.keys()
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[name], name
    folders = {path.parent for path in files.values()}
    assert all((folder / "LICENSE.txt").is_file() for folder in folders)


def test_the_style_sheet_of_the_newsroom_is_under_40_kb() -> None:
    assert (STATIC / "newsroom" / "newsroom.css").stat().st_size < 40 * KB


def test_a_path_changes_with_the_contents_and_names_a_file_that_exists() -> None:
    files = StaticFiles()
    assert files.path("newsroom/newsroom.css") == f"{files.prefix}/newsroom/newsroom.css"
    with pytest.raises(KeyError, match="newsroom/none"):
        files.path("newsroom/none.css")
