"""
Every sample of a source gives what the table beside this file says: the fields of the first brief,
counts of the others, or the error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from http_server import ScriptedServer
from sample_summary import brief_of, summary_of
from selectolax.lexbor import LexborHTMLParser

from newsletter.ingest.parsing.html_tree import body_of, text_of

TABLE: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("source_samples.json").read_text("utf-8")
)
# The files beside the samples that say what they should give.
BESIDE = ("*.expected.json", "*.expected.html", "polls.json", "README.md", "MANIFEST.tsv")


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "samples/sources"


def test_the_table_names_every_sample(samples: Path) -> None:
    files = [path for path in samples.rglob("*") if path.is_file()]
    named = {
        path.relative_to(samples).as_posix()
        for path in files
        if not any(path.match(pattern) for pattern in BESIDE)
    }
    assert named == set(TABLE)


@pytest.mark.parametrize("name", list(TABLE))
def test_a_sample_gives_what_its_row_says(samples: Path, server: ScriptedServer, name: str) -> None:
    assert summary_of(samples / name, server) == TABLE[name]


def test_no_refusal_is_longer_than_a_line() -> None:
    lines = [row["line"] for row in TABLE.values() if "error" in row]
    lines += [line for row in TABLE.values() for line in row.get("refused", [])]
    assert len(lines) > 5
    assert [line for line in lines if "\n" in line or len(line) > 200] == []


def expected(samples: Path, name: str) -> LexborHTMLParser:
    return LexborHTMLParser((samples / f"html/{name}.expected.html").read_text("utf-8"))


def values(tree: Any, selector: str, name: str) -> list[str]:
    return [node.attributes[name] or "" for node in tree.css(selector)]


def test_lazy_images_have_their_real_addresses(samples: Path, server: ScriptedServer) -> None:
    brief = brief_of(samples / "html/lazy-image-3.source.html", server)
    shown = [brief.image_url, *values(body_of(brief.body_html), "img", "src")]
    assert shown == values(expected(samples, "lazy-image-3"), "img", "src")


def test_each_video_becomes_a_link_in_its_place(samples: Path, server: ScriptedServer) -> None:
    body = body_of(brief_of(samples / "html/embedded-videos.source.html", server).body_html)
    assert body.css("iframe") == []
    films = values(expected(samples, "embedded-videos"), "iframe", "src")
    watched = [
        link.rpartition("=" if "youtube" in link else "/")[2] for link in values(body, "a", "href")
    ]
    assert watched == [film.partition("?")[0].rpartition("/")[2] for film in films]


def test_relative_addresses_are_resolved_against_the_page(
    samples: Path, server: ScriptedServer
) -> None:
    body = body_of(brief_of(samples / "html/base-url.source.html", server).body_html)
    page = expected(samples, "base-url")
    # A link within the page does not work in a mail.
    within_mail = [link for link in values(page, "a", "href") if not link.startswith("#")]
    assert values(body, "a", "href") == within_mail
    assert values(body, "img", "src") == values(page, "img", "src")


def test_double_breaks_are_paragraphs(samples: Path, server: ScriptedServer) -> None:
    body = body_of(brief_of(samples / "html/replace-brs.source.html", server).body_html)
    page = expected(samples, "replace-brs")
    assert [text_of(node) for node in body.css("p")] == [text_of(node) for node in page.css("p")]
