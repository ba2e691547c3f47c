"""
What the sandboxed child process returns.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_pages import ASIDE, FOOTER, PARAGRAPHS, TEXT, page

from newsletter.ingest.parsing import sandbox_child
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief, FullText, ImageRule, MediaType, RawItem, ReadingRules
from subscribers.text.phrases import unpack_text

PROGRAM = f"""
import json, resource, sys
from newsletter.ingest.parsing import sandbox_child as child
child.warm_up()
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
items, rules = json.loads(sys.stdin.read())
print(json.dumps(child.read_many(items, rules)))
assert resource.getrlimit({resource.RLIMIT_NOFILE})[0] == 3
"""


TAGS = (
    "<p> </p> <ul> <li> <figure> <br> [caption] [/caption] </a> <table> <td> • --- [1] <h2> : a"
    " <noscript> <video> (AP\u00a0Photo/X) &nbsp; <script> <!-- </script> <div> 2019-03-05"
)
SOUP = [
    *TAGS.split(" "),
    "\n\n",
    "<img src=/a>",
    "<a href=/x>",
    "<iframe src=//a>",
    "</figure>",
    " ",
]


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    # As in the child: what is loaded on first use would exceed the time of one example.
    sandbox_child.warm_up()


def item(content: str, media_type: MediaType, **fields: object) -> dict[str, object]:
    made = RawItem(key="k", content=content, media_type=media_type, title="T")
    return {**made.as_json(), **fields}


def test_a_bad_item_leaves_the_others_their_briefs() -> None:
    items = [item("a\x00", MediaType.TEXT), item("<p>b</p>", MediaType.HTML)]
    first, second = sandbox_child.read_many(items, ReadingRules().as_json())
    said = unpack_text(json.loads(json.dumps(first["error"])))
    assert said == "k: the content is binary, not text: save it as UTF-8 text"
    assert Brief.from_json(second["brief"]).body_html == "<p>b</p>"


def test_items_and_rules_survive_json() -> None:
    at = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
    raw = RawItem(key="k", content="c", media_type=MediaType.HTML, published_at=at, warnings=("a",))
    rules = ReadingRules(
        prefixes=("X",),
        trailers=("y",),
        timezone="Europe/Paris",
        day_first=True,
        image=ImageRule.PAGE,
        full_text=FullText.NEVER,
    )
    assert RawItem.from_json(json.loads(json.dumps(raw.as_json()))) == raw
    assert ReadingRules.from_json(json.loads(json.dumps(rules.as_json()))) == rules


def test_once_warm_no_file_is_opened() -> None:
    zones = ReadingRules(timezone="Pacific/Chatham").as_json()
    contents = (
        "Der Rat ging ohne Abstimmung auseinander.",
        "---\ndate: 2026-03-04\n---\n1. a",
        "<p>a [video]</p>",
        "• a\n• b\n\n5 mai 2020",
    )
    items = [item(text, kind) for text in contents for kind in MediaType]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([items, zones]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert [list(answer) for answer in json.loads(done.stdout)] == [["brief"]] * len(items)


@given(st.text(st.characters(), max_size=300), st.sampled_from(list(MediaType)))
def test_any_text_gives_a_brief_or_one_line(text: str, media_type: MediaType) -> None:
    (answer,) = sandbox_child.read_many([item(text, media_type)], {})
    if "error" in answer:
        assert "\n" not in answer["error"]
        assert "Error)" not in answer["error"]
    else:
        json.dumps(answer).encode("ascii")


@given(st.lists(st.sampled_from(SOUP), max_size=30), st.sampled_from(list(MediaType)))
def test_any_broken_markup_gives_a_brief_or_one_line(
    soup: list[str], media_type: MediaType
) -> None:
    (answer,) = sandbox_child.read_many([item("".join(soup), media_type)], {})
    assert "Error)" not in answer.get("error", "")
    assert "<script" not in answer.get("brief", {}).get("body_html", "")


def test_a_page_gives_the_same_where_no_file_can_be_opened() -> None:
    bodies = (
        f"{ASIDE}<div>{TEXT}</div>{FOOTER}",
        "<p>Short.</p><p>Words of a page.</p>",
        f"{ASIDE}<div>{'<br>'.join(PARAGRAPHS)}</div>",
        "<table><tr><td>a b c<td>d e f</table>" * 9,
    )
    items = [item(page(body), MediaType.HTML_PAGE) for body in bodies]
    with Sandbox([sandbox_child.__name__]) as sandbox:
        inside = sandbox.call(f"{sandbox_child.__name__}:read_many", items, {})
    assert inside == json.loads(json.dumps(sandbox_child.read_many(items, {})))


def test_reading_loads_its_page_library_only_in_the_child() -> None:
    program = "import sys, newsletter.ingest.collect; print('trafilatura' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
