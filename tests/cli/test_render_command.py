"""
`newsletter render` of the seed and the sample texts: three files, one mail.
"""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from running import Cli

BRIEFS = "samples/sources/briefs"
NAMES = [
    "b01-seed-like",
    "b02-tsg-2016-blank-line-bullets",
    "b03-bluf-2022",
    "b04-no-prefix-iso-date-footnotes",
    "b05-windows1252-crlf",
    "b06-bom-title-first-inline-bullets",
    "b07-no-bullets-no-caption",
    "b08-html-residue",
    "b09-french",
]


def sample_path(shared: Path, name: str) -> Path:
    if name == "seed":
        (seed,) = (shared / "samples/seed").glob("*.txt")
        return seed
    return shared / BRIEFS / f"{name}.txt"


@pytest.fixture(params=["seed", *NAMES])
def rendered(
    request: pytest.FixtureRequest, shared: Path, cli: Cli, tmp_path: Path
) -> tuple[str, Path]:
    """
    The name of a sample and the folder it was rendered to.
    """
    document = cli("render", sample_path(shared, request.param), "--out", "out", "--json").document
    names = [Path(document[kind]).name for kind in ("html", "text", "eml")]
    assert names == ["issue.html", "issue.txt", "issue.eml"]
    return request.param, tmp_path / "out"


def words_in(html: str) -> str:
    """
    What a reader sees of *html*, and the addresses in it.
    """
    from lxml.html import document_fromstring

    root = document_fromstring(html)
    for element in root.iter("style"):
        element.text = ""
    addresses = [value for element in root.iter() for value in element.attrib.values()]
    return " ".join([" ".join(root.text_content().split()), *addresses])


def test_a_sample_shows_what_it_must_and_nothing_it_must_not(
    rendered: tuple[str, Path], shared: Path
) -> None:
    name, out = rendered
    expected = {"must_appear": ["denuclearization"], "must_not_appear": ["[video", "contact"]}
    if name != "seed":
        expected = json.loads((shared / BRIEFS / f"{name}.expected.json").read_text("utf-8"))
    html = words_in((out / "issue.html").read_text("utf-8"))
    text = (out / "issue.txt").read_text("utf-8")
    for shown in (html, " ".join(text.split())):
        assert [words for words in expected["must_appear"] if words not in shown] == []
        assert [words for words in expected["must_not_appear"] if words in shown] == []


def test_the_parts_of_the_mail_are_the_html_and_the_text(rendered: tuple[str, Path]) -> None:
    _, out = rendered
    mail = message_from_bytes((out / "issue.eml").read_bytes(), policy=policy.default)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert text == (out / "issue.txt").read_text("utf-8")
    assert html == (out / "issue.html").read_text("utf-8")


def test_the_headers_are_ascii_and_the_unsubscribe_link_is_not_encoded(
    rendered: tuple[str, Path],
) -> None:
    _, out = rendered
    head = (out / "issue.eml").read_bytes().partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    (link,) = [line for line in lines if line.startswith(b"List-Unsubscribe:")]
    assert re.fullmatch(rb"List-Unsubscribe: <https://[!-;=?-~]+>", link)
    assert b"=?" not in link
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert head.isascii()


def test_several_files_make_one_digest(shared: Path, cli: Cli, tmp_path: Path) -> None:
    paths = [sample_path(shared, name) for name in NAMES[:3]]
    cli("render", *paths, "--out", "out")
    html = words_in((tmp_path / "out/issue.html").read_text("utf-8"))
    titles = [brief["title"] for brief in cli("brief", "read", *paths, "--json").document]
    assert len(titles) == 3
    assert [title for title in titles if " ".join(title.split()) not in html] == []


def test_render_needs_no_settings_and_no_database(cli: Cli, monday: Path, tmp_path: Path) -> None:
    assert cli("render", monday, "--out", "deep/out").status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "monday.txt"]


def test_where_nothing_can_be_written_it_says_so(cli: Cli, monday: Path) -> None:
    assert cli("render", monday, "--out", monday).refusal == (
        f"cannot write to {monday}: File exists"
    )
