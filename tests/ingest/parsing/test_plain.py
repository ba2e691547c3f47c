"""
Converting a body to plain text.
"""

from __future__ import annotations

import pytest

from newsletter.ingest.parsing.fields.plain_body import plain_body


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\n\nb\nc"),
        ('<p>See <a href="https://a.example">it</a>.[1]</p>', "See it <https://a.example>.[1]"),
        ('<p><a href="mailto:x@a.example">x@a.example</a></p>', "<x@a.example>"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        (
            '<ol type="a"><li>a</li><li>b<ol type="I"><li>c</li></ol></li></ol>',
            "a. a\nb. b\n   I. c",
        ),
        ('<ol reversed><li>a</li><li value="7">b</li><li>c</li></ol>', "3. a\n7. b\n6. c"),
        ("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>", "- a\n  - b\n- c"),
        ('<ol start="-1"><li>a</li><li>b</li></ol>', "-1. a\n0. b"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n> \n> b"),
        (
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "a | b\n1 | 2",
        ),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<pre>a<br>  <a href="https://a.example">b</a></pre>', "a\n  b <https://a.example>"),
        ('<figure><img src="x" alt="Quay"><figcaption>A.</figcaption></figure>', "Quay\n\nA."),
        ("", ""),
    ],
)
def test_a_body_becomes_plain_text(markup: str, text: str) -> None:
    assert plain_body(markup) == text
