"""
Test template files: which folder takes precedence, and the error if one is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from newsletter.errors import TemplateError
from newsletter.mail.templating.files import gather_templates, project_templates, template_names

KNOWN = "alert, digest, intelbrief, letter"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_the_projects_templates_are_found() -> None:
    found = gather_templates((), "intelbrief")
    assert {"issue/intelbrief/subject.txt", "issue/intelbrief/body.html"} <= set(found)
    assert "parts/frame.html" in found
    assert not any(path.startswith("issue/digest") for path in found)
    assert (project_templates() / "issue" / "digest" / "body.html").is_file()


def test_a_users_file_replaces_the_projects(tmp_path: Path) -> None:
    folder = write(tmp_path, {"parts/frame.html": "mine", "parts/more.html": "more"})
    found = gather_templates((folder,), "intelbrief")
    assert (found["parts/frame.html"], found["parts/more.html"]) == ("mine", "more")
    assert "extends" in found["issue/intelbrief/body.html"]


def test_the_first_of_two_folders_wins(tmp_path: Path) -> None:
    one = write(tmp_path / "1", {"parts/x.html": "one"})
    two = write(tmp_path / "2", {"parts/x.html": "two"})
    assert gather_templates((one, two), "digest")["parts/x.html"] == "one"


@pytest.mark.parametrize("name", ["no-such", "../issue/digest", "", "/etc"])
def test_an_error_about_an_unknown_template_names_the_known_ones(name: str) -> None:
    with pytest.raises(TemplateError) as caught:
        gather_templates((), name)
    assert str(caught.value) == f"there is no template {name!r}; choose from {KNOWN}"


def test_an_error_about_a_missing_file_names_it(tmp_path: Path) -> None:
    folder = write(tmp_path, {"issue/mine/subject.txt": "s", "issue/mine/body.html": "h"})
    assert template_names((folder,)) == ("alert", "digest", "intelbrief", "letter", "mine")
    with pytest.raises(TemplateError) as caught:
        gather_templates((folder,), "mine")
    assert str(caught.value) == "templates/issue/mine: body.txt is missing"


def mjml_template(folder: Path, name: str = "mine") -> Path:
    files = {"subject.txt": "s", "body.mjml": "m", "body.txt": "t"}
    return write(folder, {f"issue/{name}/{file}": text for file, text in files.items()})


def test_mjml_replaces_html(tmp_path: Path) -> None:
    found = gather_templates((mjml_template(tmp_path),), "mine")
    assert {path for path in found if path.startswith("issue/")} == {
        "issue/mine/subject.txt",
        "issue/mine/body.mjml",
        "issue/mine/body.txt",
    }


def test_the_earlier_folder_decides_between_mjml_and_html(tmp_path: Path) -> None:
    mjml = mjml_template(tmp_path / "1", "digest")
    html = write(tmp_path / "2", {"issue/digest/body.html": "h"})
    bodies = []
    for folders in ((mjml,), (mjml, html), (html, mjml)):
        found = gather_templates(folders, "digest")
        bodies.append(
            [path for path in found if path in ("issue/digest/body.html", "issue/digest/body.mjml")]
        )
    assert bodies == [
        ["issue/digest/body.mjml"],
        ["issue/digest/body.mjml"],
        ["issue/digest/body.html"],
    ]


def test_html_and_mjml_in_one_folder_is_an_error(tmp_path: Path) -> None:
    write(mjml_template(tmp_path), {"issue/mine/body.html": "h"})
    with pytest.raises(TemplateError) as caught:
        gather_templates((tmp_path,), "mine")
    assert str(caught.value) == (
        f"{tmp_path / 'issue/mine'}: both body.html and body.mjml; remove one"
    )


def test_without_mrml_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mrml", None)
    with pytest.raises(TemplateError) as caught:
        gather_templates((mjml_template(tmp_path),), "mine")
    assert str(caught.value) == (
        "templates/issue/mine/body.mjml needs mrml, the extra newsletter[mjml]: "
        "run `pip install '.[mjml]'` in the checkout"
    )
    assert "issue/digest/body.html" in gather_templates((), "digest")


def test_an_error_about_a_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    write(tmp_path, {"parts/x.html": ""})
    (tmp_path / "parts" / "x.html").write_bytes(b"abc\xff")
    with pytest.raises(TemplateError, match=r"x\.html: not UTF-8 at byte 3"):
        gather_templates((tmp_path,), "digest")
