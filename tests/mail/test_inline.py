"""
Test inlining, and what premailer 3.10 would lose, duplicate or fetch if it were allowed to.
"""

from __future__ import annotations

import html
import http.server
import threading
from collections.abc import Iterator

import pytest
from lxml import html as lxml_html
from selectolax.lexbor import LexborHTMLParser

from newsletter.errors import TemplateError
from newsletter.mail.html.css import COMMENT
from newsletter.mail.html.inline_css import _LockedPremailer, inline_css

IGNORED = (
    "@font-face{font-family:x;src:url(https://f.example/x)}\n"
    "@media (max-width:600px){.a{color:#ffffff !important}}\n"
    "[data-ogsc] .a, u + .b .a{color:#000000}\n.a:hover{color:rgb(0 0 0 / 50%)}"
)


def page(css: str = "", body: str = "<p class='a'>x</p>", ignored: str = IGNORED) -> str:
    return (
        f"<!DOCTYPE html>\n<html><head><title>t</title><style>{css}</style>\n"
        f'<style data-premailer="ignore">{ignored}</style></head><body>{body}</body></html>\n'
    )


def style_of(document: str, path: str) -> str | None:
    found = lxml_html.fromstring(document).find(f".//{path}")
    assert found is not None
    return found.get("style")


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    hits: list[str] = []

    class Counter(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = http.server.HTTPServer(("127.0.0.1", 0), Counter)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", hits
    server.shutdown()
    thread.join()
    server.server_close()


def test_styles_move_into_attributes_with_six_digit_colours() -> None:
    inlined = inline_css(page(".a{color:#ffffff;margin:0 auto}"))
    assert style_of(inlined, "p") == "color:#ffffff; margin:0 auto"


def test_the_ignored_block_stays_unchanged() -> None:
    assert f"<style>{IGNORED}</style>" in inline_css(page(".a{color:#123456}"))


def test_important_stays_important() -> None:
    inlined = inline_css(page(".a{color:#123456 !important}"))
    assert style_of(inlined, "p") == "color:#123456 !important"


def test_the_doctype_stays_first() -> None:
    assert inline_css(page()).startswith("<!DOCTYPE html>")


def test_the_width_of_an_image_is_not_overwritten() -> None:
    body = '<img class="a" src="https://x.example/a.jpg" width="600" height="338" alt="">'
    inlined = inline_css(page(".a{width:100%;height:auto}", body))
    assert 'width="600" height="338"' in inlined


def test_no_align_attribute_floats_a_table() -> None:
    inlined = inline_css(
        page(".a{text-align:left}", '<table class="a"><tr><td>x</td></tr></table>')
    )
    assert "align=" not in inlined.replace("text-align", "")


def test_text_that_looks_like_a_style_attribute_is_only_text() -> None:
    assert '<code>p style="x"</code>' in inline_css(page("", '<code>p style="x"</code>'))


def test_classes_stay_for_the_ignored_block() -> None:
    assert 'class="a"' in inline_css(page(".a{color:#123456}"))


def test_conditional_comments_stay_as_written() -> None:
    body = (
        "<!--[if mso]><v:rect href='https://x.example'><v:fill/></v:rect><![endif]-->"
        "<!--[if !mso]><!--><p class='a'>x</p><!--<![endif]-->"
    )
    inlined = inline_css(page(".a{color:#123456}", body))
    assert "<!--[if mso]><v:rect href='https://x.example'><v:fill/></v:rect><![endif]-->" in inlined
    assert "<!--[if !mso]><!--><p" in inlined


@pytest.mark.parametrize(
    "value",
    [
        "<!-- x -->",
        "<!--[if mso]>",
        "<![endif]-->",
        "a < b > c",
        "</style>",
        "<p style='x'>",
        "\"'<",
    ],
)
@pytest.mark.parametrize("attribute", ["alt", "title", "lang"])
def test_markup_in_an_attribute_stays_what_the_author_wrote(attribute: str, value: str) -> None:
    body = f'<img src="https://x.example/a.jpg" {attribute}="{html.escape(value)}"><!-- y -->'
    inlined = inline_css(page(".a{color:#123456}", body))
    (image,) = LexborHTMLParser(inlined).css("img")
    assert image.attributes[attribute] == value
    assert COMMENT.findall(inlined) == ["<!-- y -->"]


def test_no_white_space_comes_between_cells() -> None:
    body = "<table><tr><td>a</td><td>b</td></tr></table>"
    assert "<td>a</td><td>b</td>" in inline_css(page("", body))


def test_marks_stay_intact_in_text_url_and_title() -> None:
    mark = "NL0123456789ab0X"
    body = f'<a href="{mark}" title="{mark}">{mark}</a>'
    assert body in inline_css(page(".a{color:#123456}", body))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("", "must start with <!DOCTYPE html>"),
        ("   ", "must start with <!DOCTYPE html>"),
        ("<!-- only -->", "must start with <!DOCTYPE html>"),
        ("<!doctype html><html></html>", "must start with <!DOCTYPE html>"),
        (
            page(body='<link rel="stylesheet" href="https://x.example/a.css">'),
            "<link> is not allowed",
        ),
        (page("@import url(http://127.0.0.1:9/x.css);"), "@import in the style block"),
        (page("@media print{.a{color:#000000}}"), "@media in the style block"),
        (page("@supports (x:y){@media print{.a{color:#000000}}}"), "a nested at-rule"),
        (page(ignored="@media screen{@media print{.a{color:#000000}}}"), "a nested at-rule"),
        (page('[title="x,y"]{color:#000000}'), "comma inside"),
        (page("p:not(.a,.b){color:#000000}"), "comma inside"),
        (page(".a{color:#000000;.b{color:#111111}}"), "a nested rule"),
        (page(".a{color:#000000"), "unbalanced"),
        (page(body="<![if !mso]><p>x</p><![endif]>"), "<!--[if !mso]><!-->"),
        (page("p{color:#000000}", '<b style="p">x</b>'), "no declaration (no colon)"),
        (page(body="<div>" * 400 + "deep" + "</div>" * 400 + "<p>after</p>"), "lost text"),
    ],
)
def test_markup_that_premailer_would_break_is_refused_in_one_line(document: str, says: str) -> None:
    with pytest.raises(TemplateError) as caught:
        inline_css(document)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_imports_and_links_are_never_fetched(listener: tuple[str, list[str]]) -> None:
    address, hits = listener
    css = f"@import url({address}/import.css); .a{{color:#123456}}"
    body = f'<link rel="stylesheet" href="{address}/link.css"><p class="a">x</p>'
    for document in (page(css), page("", body), page(ignored=css)):
        try:
            inline_css(document)
        except TemplateError:
            continue
    # The restricted premailer itself, without the checks before it.
    _LockedPremailer(page(css), allow_network=False, cache_css_parsing=False).transform()
    with pytest.raises(TemplateError, match="cannot load a style sheet"):
        _LockedPremailer(page("", body), cache_css_parsing=False).transform()
    assert hits == []
