"""
The text of a brief as Markdown for a person who edits it: what is read of that is the same text.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.ingest.parsing.fields.plain_body import plain_body
from newsletter.ingest.parsing.formats.markdown_writer import write_markdown
from newsletter.ingest.parsing.read import read
from newsletter.ingest.parsing.typed_text import read_body, write_body
from newsletter.model.brief import MediaType, RawItem, ReadingRules


def squeezed(markup: str) -> str:
    return re.sub(r"\s*\n\s*", "", re.sub(r">\s+<", "><", markup))


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("<p>It <strong>stays</strong>, <em>they</em> say.</p>", "It **stays**, _they_ say."),
        ("<p>One<br>two</p><p>three</p>", "One\\\ntwo\n\nthree"),
        ("<h3>A</h3><h4>B</h4>", "# A\n\n## B"),
        ('<p><a href="https://a.example/b">so</a></p>', "[so](https://a.example/b)"),
        ('<p><a href="https://a.example/">https://a.example/</a></p>', "<https://a.example/>"),
        ('<p><img src="https://a.example/b.png" alt="A quay"></p>', "![A quay](https://a.example/b.png)"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ('<ol start="3"><li>c</li><li>d</li></ol>', "3. c\n4. d"),
        ("<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n* b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre><code>a\n  b\n</code></pre>", "```\na\n  b\n```"),
        (
            "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
            "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
        ),
        ('<p dir="rtl">a</p>', '<p dir="rtl">a</p>'),
        ("<p>H<sub>2</sub>O</p>", "H<sub>2</sub>O"),
        # Signs that mean nothing in HTML.
        ("<p>2 * 3, snake_case, _a_ and [b](c)</p>", "2 \\* 3, snake_case, \\_a\\_ and [b\\](c)"),
        ("<p>1. a</p><p># b</p><p>- c</p>", "1\\. a\n\n\\# b\n\n\\- c"),
        ("<p>a &lt;b&gt; &amp;amp; c</p>", "a \\<b> \\&amp; c"),
        # Emphasis that a parser would not take for it.
        ("<p><strong>Note:</strong>so</p>", "<strong>Note:</strong>so"),
        ("<p>un<em>believ</em>able</p>", "un*believ*able"),
        ("<p>so<strong> it </strong>is</p>", "so **it** is"),
    ],
)  # fmt: skip
def test_html_becomes_the_markdown_that_makes_it_again(markup: str, markdown: str) -> None:
    assert write_markdown(markup) == markdown
    again = read_body(markdown, MediaType.MARKDOWN)["body_html"]
    moved = markup.replace("so<strong> it </strong>is", "so <strong>it</strong> is")
    assert squeezed(again) == squeezed(moved)


def test_footnotes_become_those_of_markdown() -> None:
    markdown = "It stays.[^1] It goes.[^2]\n\n[^1]: The board.\n\n[^2]: The ferry."
    read_once = read_body(markdown, MediaType.MARKDOWN)
    assert read_once["footnotes"] == ["[1] The board.", "[2] The ferry."]
    assert write_markdown(read_once["body_html"], read_once["footnotes"]) == markdown


def test_a_text_that_markdown_would_change_is_left_in_html() -> None:
    markup = "<pre>a<br>b</pre><table><tr><td><pre>x\n\n\ny</pre></td></tr></table>"
    written = write_body(markup, ())
    words = "".join(plain_body(markup).split())
    assert "".join(read_body(written, MediaType.MARKDOWN)["body_text"].split()) == words


def test_the_samples_keep_their_words(shared: Path) -> None:
    files = sorted((shared / "samples/sources/briefs").glob("b0*.txt"))
    assert files
    for file in files:
        text = file.read_bytes().decode("cp1252" if "1252" in file.name else "utf-8-sig")
        item = RawItem(key="k", content=text, media_type=MediaType.TEXT)
        brief = read(item, ReadingRules())
        written = write_body(brief.body_html, brief.footnotes)
        again = read_body(written, MediaType.MARKDOWN)
        assert again["body_text"].split() == brief.body_text.split(), file.name
        assert again["footnotes"] == list(brief.footnotes), file.name
