"""
The sample texts give exactly the fields in the files beside them.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest

from newsletter.ingest.parsing.formats.encoding import decode
from newsletter.ingest.parsing.html_tree import body_of
from newsletter.ingest.parsing.read import read
from newsletter.model.brief import Brief, MediaType, RawItem, ReadingRules

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


def read_text(path: Path, **fields: Any) -> Brief:
    content = decode(path.read_bytes())
    item = RawItem(key=path.name, content=content, media_type=MediaType.TEXT, **fields)
    return read(item, ReadingRules())


def blocks_in(brief: Brief) -> int:
    return len(list(body_of(brief.body_html).iter()))


def shown_in_mail(brief: Brief) -> str:
    return "\n".join([brief.title, *brief.takeaways, brief.body_text, *brief.footnotes])


def is_removed(expected: str, removed: tuple[str, ...]) -> bool:
    pattern = ".*".join(re.escape(part) for part in expected.split("…"))
    return any(re.fullmatch(pattern, line) for line in removed)


@pytest.fixture(params=NAMES)
def sample(request: pytest.FixtureRequest, shared: Path) -> tuple[Brief, dict[str, Any]]:
    folder = shared / "samples/sources/briefs"
    expected = json.loads((folder / f"{request.param}.expected.json").read_text("utf-8"))
    return read_text(folder / f"{request.param}.txt"), expected


def test_a_sample_gives_its_fields(sample: tuple[Brief, dict[str, Any]]) -> None:
    brief, expected = sample
    names = ("date", "title", "series", "caption", "credit", "takeaways")
    actual = {name: brief.as_json()[name] for name in names}
    assert actual == {name: expected[name] for name in names}


def test_a_sample_gives_its_body(sample: tuple[Brief, dict[str, Any]]) -> None:
    brief, expected = sample
    assert blocks_in(brief) == expected["body_paragraphs"]
    assert brief.body_text.startswith(expected["body_first"])
    assert brief.body_text.split()[-6:] == expected["body_last_words"]


def test_a_sample_loses_what_it_should_and_nothing_else(
    sample: tuple[Brief, dict[str, Any]],
) -> None:
    brief, expected = sample
    assert all(is_removed(line, brief.removed) for line in expected["removed"])
    assert len(brief.removed) == len(expected["removed"])
    shown = shown_in_mail(brief)
    assert [words for words in expected["must_appear"] if words not in shown] == []
    assert [words for words in expected["must_not_appear"] if words in shown] == []


def faults(brief: Brief, expected: dict[str, Any]) -> dict[str, object]:
    """
    Return each expected field that *brief* does not have, with the value it has.
    """
    shown = shown_in_mail(brief)
    body = brief.body_text
    actual: dict[str, Any] = {
        **brief.as_json(),
        "body_paragraphs": blocks_in(brief),
        "body_first": body[: len(expected["body_first"])],
        "body_last_words": body.split()[-len(expected.get("body_last_words", ())) :],
        "removed": [
            said
            for said in expected.get("removed", ())
            if any(line.startswith(said.partition("…")[0]) for line in brief.removed)
        ],
        "must_appear": [words for words in expected.get("must_appear", ()) if words in shown],
        "must_not_appear": [w for w in expected.get("must_not_appear", ()) if w not in shown],
    }
    known = expected.keys() & actual.keys()
    return {name: actual[name] for name in known if actual[name] != expected[name]}


@pytest.mark.parametrize(("folder", "share"), [("sources/briefs", 0.98), ("briefs-variants", 0.95)])
def test_odd_briefs_have_their_fields(shared: Path, folder: str, share: float) -> None:
    fields, wrong = 0, {}
    for path in sorted((shared / "samples" / folder).glob("*.expected.json")):
        expected = json.loads(path.read_text("utf-8"))
        name = path.name.removesuffix(".expected.json")
        found = faults(read_text(path.with_name(f"{name}.txt")), expected)
        fields += len(expected)
        wrong |= {f"{name} {field}": value for field, value in found.items()}
    assert fields > 100
    assert len(wrong) <= (1 - share) * fields, wrong


def test_the_seed_is_read_whole(shared: Path) -> None:
    (path,) = (shared / "samples/seed").glob("*.txt")
    brief = read_text(path)
    assert (brief.series, brief.date) == ("IntelBrief", dt.date(2019, 3, 5))
    assert brief.title.startswith("China as")
    assert brief.title.endswith("Hanoi Summit")
    assert brief.credit == "AP Photo/Evan Vucci"
    assert brief.caption is not None
    assert brief.caption.endswith("2019, in Hanoi.")
    assert "\n" not in brief.caption
    assert len(brief.takeaways) == 5
    assert blocks_in(brief) == 4
    assert brief.body_text.startswith("On February 28")
    assert brief.body_text.endswith("North Korean denuclearization.")
    assert "contact" not in shown_in_mail(brief)
    assert "[video" not in shown_in_mail(brief)
    assert len(brief.removed) == 2
    assert (brief.lang, brief.dir, brief.warnings) == ("en", "ltr", ())


def test_the_relative_image_of_a_sample_needs_a_base(shared: Path) -> None:
    path = shared / "samples/sources/briefs/b08-html-residue.txt"
    without = read_text(path)
    assert without.image_url is None
    assert without.warnings == (
        "the image /wp-content/uploads/2021/06/court.jpg was left out: "
        "its address is relative; use a full one",
    )
    based = read_text(path, base_url="https://brief.example.org/x/")
    assert based.image_url == "https://brief.example.org/wp-content/uploads/2021/06/court.jpg"
    assert (based.image_alt, based.image_width, based.warnings) == ("Brask courthouse", 800, ())


def test_french_is_recognised(shared: Path) -> None:
    assert read_text(shared / "samples/sources/briefs/b09-french.txt").lang == "fr"


def test_a_wordpress_page_gives_its_brief(shared: Path) -> None:
    content = (shared / "samples/sources/html/wp-single-classic.html").read_text("utf-8")
    item = RawItem(key="310", content=content, media_type=MediaType.HTML_PAGE)
    brief = read(item, ReadingRules())
    assert (brief.series, brief.title) == ("IntelBrief", "The Lantern Tax")
    assert brief.date == dt.date(2019, 5, 21)
    assert brief.image_url == "https://brief.example.org/wp-content/uploads/2019/05/lantern.jpg"
    assert brief.caption == "Lanterns on the market street, May 19, 2019."
    assert brief.credit == "AP Photo/Jonas Field"
    assert (len(brief.takeaways), blocks_in(brief)) == (2, 2)
    assert "Related" not in shown_in_mail(brief)
    assert "Tweet" not in shown_in_mail(brief)
