"""
Test adapting a brief's HTML to its place in a template.
"""

from __future__ import annotations

import pytest

from newsletter.mail.templating.brief_html import mail_html


@pytest.mark.parametrize(
    ("html", "level", "fitted"),
    [
        ("<h3>a</h3><h4>b</h4><h3>c</h3>", 2, "<h2>a</h2><h3>b</h3><h2>c</h2>"),
        ("<h3>a</h3><h6>b</h6><h5>c</h5>", 3, "<h3>a</h3><h4>b</h4><h4>c</h4>"),
        ("<h5>a</h5><h3>b</h3>", 2, "<h2>a</h2><h2>b</h2>"),
        ("<h3>a</h3><h4>b</h4><h5>c</h5><h6>d</h6>", 4, "<h4>a</h4><h5>b</h5><h6>c</h6><h6>d</h6>"),
        ('<h3 dir="rtl">a</h3><hr>', 2, '<h2 dir="rtl">a</h2><hr>'),
        ("<h3>a</h3><h5>b</h5>", None, "<h3>a</h3><h5>b</h5>"),
    ],
)
def test_headings_continue_from_the_headline_without_a_gap(
    html: str, level: int | None, fitted: str
) -> None:
    assert mail_html(html, level) == fitted


def test_a_table_header_has_a_scope() -> None:
    table = (
        "<table><thead><tr><th>A</th><th scope='colgroup'>B</th></tr></thead>"
        '<tbody><tr><th lang="en">1</th><td>2</td></tr></tbody></table><table><tr><th>C</th></tr>'
    )
    assert mail_html(table) == (
        "<table><thead><tr><th scope=\"col\">A</th><th scope='colgroup'>B</th></tr></thead>"
        '<tbody><tr><th scope="row" lang="en">1</th><td>2</td></tr></tbody></table>'
        '<table><tr><th scope="col">C</th></tr>'
    )


def test_a_table_without_headers_is_for_presentation() -> None:
    plain, heading = "<table><tr><td>1</td></tr></table>", "<table><tr><th>1</th></tr></table>"
    assert mail_html(plain + heading) == (
        '<table role="presentation"><tr><td>1</td></tr></table>'
        '<table><tr><th scope="col">1</th></tr></table>'
    )
