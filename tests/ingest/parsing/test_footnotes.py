"""
Footnotes keep their links.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.model.brief import MediaType

LINK = '<a href="https://a.example/m">the minutes</a>'
NOTE = "[1] See the minutes <https://a.example/m>, p. 2."


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>Late.<sup><a href='#fn1'>1</a></sup></p><div class='footnotes'><ol><li id='fn1'>See"
        f" {LINK}, p. 2. <a href='#fnref1'>↩</a></li></ol></div>",
        f"<p>Late.[1]</p><p>[1] See {LINK}, p. 2.</p>",
        "<p>Late.</p><ol class='wp-block-footnotes'><li>See <a href='/m'>the minutes</a>, p. 2."
        " <a href='#a'>↩︎</a></li></ol>",
    ],
)
def test_a_link_inside_a_footnote_keeps_its_address(brief_of: Read, markup: str) -> None:
    assert brief_of(markup, title="T", base_url="https://a.example/x").footnotes == (NOTE,)


def test_a_link_inside_a_markdown_footnote_keeps_its_address(brief_of: Read) -> None:
    content = "# T\n\nLate.[^1]\n\n[^1]: See [the minutes](https://a.example/m), p. 2."
    assert brief_of(content, MediaType.MARKDOWN).footnotes == (NOTE,)


def test_an_address_that_is_its_own_text_is_not_repeated(brief_of: Read) -> None:
    content = "T\n\nLate.[1]\n\n[1] Minutes, https://a.example/m."
    assert brief_of(content, MediaType.TEXT).footnotes == ("[1] Minutes, https://a.example/m.",)
