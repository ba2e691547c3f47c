"""
A template in MJML on the command line: rendered, and previewed.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from running import Cli

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "templates"


@pytest.fixture
def own(office: Path) -> Path:
    """
    The folder of a template in MJML, which the installation's settings name.
    """
    shutil.copytree(EXAMPLES, office / "own")
    config = office / "newsletter.toml"
    text = config.read_text("utf-8").replace("[site]\n", '[site]\ntemplates = "own"\n', 1)
    config.write_text(text, "utf-8")
    return office / "own" / "issue" / "mjml-digest"


def break_divider(own: Path) -> None:
    body = own / "body.mjml"
    body.write_text(body.read_text("utf-8").replace("<mj-divider", "<mj-dividor"), "utf-8")


def test_it_is_rendered_to_files(cli: Cli, own: Path, monday: Path) -> None:
    words = ("render", monday, "--template", "mjml-digest", "--out", "out", "--json")
    document = cli(*words).document
    page = Path(document["html"]).read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    assert "The Quiet Harbour</h1>" in page
    assert document["bytes"] == len(page.encode())


def test_an_error_in_it_has_file_and_line(cli: Cli, own: Path, monday: Path) -> None:
    break_divider(own)
    refusal = cli("render", monday, "--template", "mjml-digest", "--out", "out").refusal
    assert re.fullmatch(
        r"templates/issue/mjml-digest/body\.mjml line \d+: <mj-dividor> is not an MJML element; "
        r"did you mean mj-divider\?",
        refusal,
    )


def test_an_issue_is_previewed_in_it(cli: Cli, own: Path, monday: Path) -> None:
    cli("brief", "add", monday)
    made = ("issue", "new", "--list", "daily", "--brief", "1", "--template", "mjml-digest")
    assert cli(*made, "--json").document["id"] == 1
    shown = cli("issue", "preview", "1", "--no-screenshots", "--json").document
    page = Path(shown["html"]).read_text("utf-8")
    assert 'role="article"' in page
    assert "The Quiet Harbour</h1>" in page
