"""
What is pasted from word processors, email programs and pages comes out as clean Markdown.
"""

from __future__ import annotations

import pytest
from pasted_samples import GOOGLE_DOCS, OUTLOOK, WORD, WORD_ON_THE_WEB

from newsletter.ingest.parsing.pasted.clipboard import read_pasted

PICTURE = "a picture, which was not on the web: upload it"
FROM_WORD = """\
# The quieter quay

The harbour board **decided** on _Tuesday_ in Bergen, as [reported](https://example.org/board).[^1]

## What changes

- Two boats fewer
  - on weekdays
- The quay ~~closes~~ stays **open**

Then:

1. One
2. Two and four

| Boat | Day |
| --- | --- |
| Ada | Monday |

[^1]: The minutes of March."""
FROM_GOOGLE_DOCS = """\
# What changes

The board **decided** on _Tuesday_, see [this](https://example.org/x). H<sub>2</sub>O

- One
  - Deeper
- Two"""
FROM_OUTLOOK = """\
Dear all,

**The quay stays open.**

See [the plan](https://example.org/q).

- One
- Two"""
FROM_WORD_ON_THE_WEB = "Two things:\n\n- One\n  - Deeper\n- Two"


@pytest.mark.parametrize(
    ("markup", "text", "left_out"),
    [
        (WORD, FROM_WORD, [PICTURE, "the comments beside the text", "and three"]),
        (GOOGLE_DOCS, FROM_GOOGLE_DOCS, [PICTURE]),
        (OUTLOOK, FROM_OUTLOOK, [PICTURE, "Hidden"]),
        (WORD_ON_THE_WEB, FROM_WORD_ON_THE_WEB, []),
    ],
    ids=["word", "google-docs", "outlook", "word-on-the-web"],
)
def test_the_text_and_its_meaning_stay_and_the_rest_goes(
    markup: str, text: str, left_out: list[str]
) -> None:
    assert read_pasted(markup) == {"text": text, "left_out": left_out}


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("just text", "just text"),
        ("<ol><li>a</li></ol><ol><li>b</li></ol>", "1. a\n\n1) b"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"),
        ("<p style='font-weight:bold'>a</p>", "**a**"),
        ("<h2><b>a</b></h2><h3>b</h3>", "# a\n\n## b"),
        ("<script>alert(1)</script><p onclick='x()'>a</p>", "a"),
        ("<a href='javascript:x()'>a</a>", "a"),
        ("<a href='https://safelinks.example/?url=https://b.example/'>a</a>",
         "[a](https://safelinks.example/?url=https://b.example/)"),
        ("<p>%%first_name|friend%%, <b>read</b></p>", "%%first_name|friend%%, **read**"),
        ("", ""),
    ],
)  # fmt: skip
def test_small_pieces_are_read_as_well(markup: str, text: str) -> None:
    assert read_pasted(markup)["text"] == text
