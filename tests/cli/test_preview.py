"""
`newsletter issue preview` without screenshots: the files, the page, and what it says.
"""

from __future__ import annotations

import sys
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from running import Cli
from selectolax.lexbor import LexborHTMLParser

BLOCKED = "content=\"img-src 'none'\""


@pytest.fixture
def draft(cli: Cli, office: Path, monday: Path) -> int:
    """
    A draft that greets its readers by name.
    """
    cli("brief", "add", monday)
    hello = "Dear %%first_name|reader%% of %%name|nowhere%%,"
    cli("issue", "new", "--list", "daily", "--brief", 1, "--intro", hello)
    return 1


def test_the_mail_is_written_in_each_of_its_forms(cli: Cli, draft: int) -> None:
    found = cli("issue", "preview", draft, "--no-screenshots", "--json").document
    mail = message_from_bytes(Path(found["eml"]).read_bytes(), policy=policy.default)
    html, text = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    assert html.get_content().replace("\r\n", "\n") == Path(found["html"]).read_text("utf-8")
    assert text.get_content().replace("\r\n", "\n") == Path(found["text"]).read_text("utf-8")
    assert mail["Subject"] == found["subject"] == "The Quiet Harbour"
    assert (found["problems"], found["shortened"], found["screenshots"]) == ([], [], [])


def test_the_page_shows_every_screen_and_reader_in_frames(cli: Cli, draft: int) -> None:
    found = cli("issue", "preview", draft, "--no-screenshots", "--json").document
    folder = Path(found["index"]).parent
    page = LexborHTMLParser((folder / "index.html").read_text("utf-8"))
    frames = [frame.attributes for frame in page.css("iframe")]
    assert len(frames) == 12
    assert all(frame["title"] and "sandbox" in frame for frame in frames)
    pages = {str(frame["src"]): (folder / str(frame["src"])).read_text("utf-8") for frame in frames}
    assert [name for name, html in pages.items() if BLOCKED in html] == ["images-blocked.html"]
    assert "Dear reader of nowhere," in pages["no-name.html"]
    assert "Dear &lt;script&gt;alert('x')&lt;/script&gt;" in pages["markup-in-the-name.html"]
    assert "نور" in pages["a-right-to-left-name.html"]
    assert not page.css("script")


def test_a_reader_whose_copy_cannot_be_made_is_told_of(cli: Cli, draft: int) -> None:
    cli("issue", "edit", draft, "--intro", "Hello,\n\ndear %%first_name%%,")
    line = (
        "a reader with no name: has no first_name; "
        "write %%first_name|fallback%% in the issue's intro line 3"
    )
    ran = cli("issue", "preview", draft, "--no-screenshots")
    assert line in ran.out.splitlines()
    index = Path(ran.out.splitlines()[1]).read_text("utf-8")
    assert "A reader with no name: has no first_name" in index


@pytest.mark.parametrize(
    ("is_installed", "line"),
    [
        (
            False,
            "no screenshots: run `pip install '.[preview]'` in the checkout first",
        ),
        (
            True,
            "no screenshots: Chromium was not found; install the package chromium",
        ),
    ],
)
def test_one_line_says_why_there_are_no_screenshots(
    cli: Cli, draft: int, monkeypatch: pytest.MonkeyPatch, is_installed: bool, line: str
) -> None:
    if is_installed:
        monkeypatch.setenv("PATH", "")
    else:
        monkeypatch.setitem(sys.modules, "playwright", None)
    ran = cli("issue", "preview", draft)
    assert (ran.status, ran.out.splitlines()[-1]) == (0, line)
    assert Path(ran.out.splitlines()[1]).is_file()


def test_a_folder_that_cannot_be_written_is_one_line(cli: Cli, draft: int, office: Path) -> None:
    (office / "taken").write_text("x")
    refusal = cli("issue", "preview", draft, "--out", "taken", "--no-screenshots").refusal
    assert refusal == "cannot write to taken: File exists"


@pytest.mark.parametrize("has_screen", [False, True])
def test_without_a_browser_open_says_where_the_page_is(
    cli: Cli, draft: int, monkeypatch: pytest.MonkeyPatch, has_screen: bool
) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("PATH", "")
    if has_screen:
        monkeypatch.setenv("DISPLAY", ":0")
    ran = cli("issue", "preview", draft, "--no-screenshots", "--open", "--json")
    folder = Path(ran.document["index"]).parent
    assert (
        ran.err == f"there is no browser on this machine: open index.html in {folder} on another\n"
    )
