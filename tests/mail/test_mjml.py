"""
Test MJML compiled to HTML: what mrml gets wrong or omits, and how it is corrected.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NewsletterError, SandboxError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.html.inline_css import inline_css
from newsletter.mail.html.validate import check_markup
from newsletter.mail.mjml.compile import compile_mjml
from newsletter.mail.mjml.elements import KINDS, Holds, MjmlError
from newsletter.mail.templating.engine import render_parts

MODULES = (
    "newsletter.mail.templating.engine",
    "newsletter.mail.html.inline_css",
    "newsletter.mail.html.validate",
)
MARK = "NL0123456789ab0X"


def document(inside: str, *, head: str = "", root: str = "<mjml>") -> str:
    return (
        f"{root}<mj-head>{head}</mj-head><mj-body><mj-section><mj-column>{inside}</mj-column>"
        "</mj-section></mj-body></mjml>"
    )


def compiled(inside: str, **more: str) -> str:
    return compile_mjml(document(inside, **more), lang="en", dir="ltr", title="A mail")


def sources(mjml: str) -> dict[str, str]:
    files = {"subject.txt": "s", "body.mjml": mjml, "body.txt": "t"}
    return {f"issue/x/{name}": source for name, source in files.items()}


def refusal(mjml: str) -> str:
    context = {"lang": "en", "dir": "ltr", "brief": {"title": "A\nb"}}
    with pytest.raises(TemplateError) as caught:
        render_parts(sources(mjml), "issue/x", context)
    return str(caught.value)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(MODULES, cpu_s=1) as running:
        yield running


@pytest.mark.parametrize(
    "written",
    [
        "<p>one<br>two</p>\n<b>three</b>\n<i>four</i>",
        "<p>never closed <p class=x>&nbsp;&amp; &lt;i&gt; 1 < 2",
        "<!-- kept --><!--[if mso]><v:rect><v:fill/></v:rect><![endif]-->",
        '<div dir="rtl" lang="he">שלום \u200f</div>',
        "<table><tr><td>1</td></tr></table>",
        f'<a href="{MARK}" title="{MARK}">{MARK}</a>',
    ],
)
def test_html_content_stays_unchanged(written: str) -> None:
    for name in ("mj-text", "mj-button", "mj-raw"):
        assert f">{written}</" in compiled(f"<{name}>{written}</{name}>")


def test_a_comment_marker_in_an_attribute_is_only_text() -> None:
    made = compiled("<mj-text css-class='a<!--'>x</mj-text><mj-text css-class='-->'>y</mj-text>")
    assert (made.count(">x</div>"), made.count(">y</div>")) == (1, 1)
    assert 'class="a&#60;!--"' in made


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_in_an_attribute_stays_unchanged(text: str) -> None:
    made = compiled(f'<mj-image src="https://x.example/a.jpg" alt="{html.escape(text)}" />')
    (alt,) = re.findall('<img alt="([^"]*)"', made)
    assert html.unescape(alt) == text


def test_the_doctype_is_the_exact_one_and_first() -> None:
    assert compiled("<mj-text>x</mj-text>").startswith("<!DOCTYPE html>\n<html lang=")


def test_language_direction_and_title_come_from_the_issue() -> None:
    made = compile_mjml(document(""), lang="he", dir="rtl", title='A "b" & \u200fc')
    assert re.search(r'<html lang="he" dir="rtl" ', made)
    assert "<title>A &quot;b&quot; &amp; &#8207;c</title>" in made
    (article,) = re.findall('<div aria-label="([^"]*)"[^>]* lang="he" dir="rtl"', made)
    assert html.unescape(article) == 'A "b" & \u200fc'


def test_a_template_may_set_its_own_language_and_title() -> None:
    made = compiled("", head="<mj-title>Own</mj-title>", root='<mjml lang="fr" dir="auto">')
    assert '<html lang="fr" dir="auto" ' in made
    assert "<title>Own</title>" in made


def test_the_preview_is_hidden_comes_first_and_has_a_language() -> None:
    made = compiled("<mj-text>x</mj-text>", head=f"<mj-preview>Soon &amp; {MARK}</mj-preview>")
    first, second = re.findall("<div[^>]*>[^<]*", made.partition("<body")[2])[:2]
    assert re.match('<div lang="en" dir="ltr" style="display:none;', first)
    assert first.endswith(f">Soon &amp; {MARK}")
    assert second.endswith(' role="article" lang="en" dir="ltr">')


def test_inline_styles_are_inlined_and_all_others_stay() -> None:
    head = (
        "<mj-style>@media print{.a{color:#000000}} .a:hover{color:#ffffff}</mj-style>"
        '<mj-style inline="inline">.a p{color:#123456}</mj-style>'
    )
    made = inline_css(compiled('<mj-text css-class="a"><p>x</p></mj-text>', head=head))
    assert '<p style="color:#123456">x</p>' in made
    assert "<style>@media print{.a{color:#000000}} .a:hover{color:#ffffff}</style>" in made
    assert "#outlook a { padding: 0; }" in made
    assert '<style media="screen and (min-width:480px)">.moz-text-html .mj-column' in made
    assert "data-premailer" not in made
    assert "@media only screen and (min-width:480px)" in made


def test_a_value_in_a_style_is_css_and_never_ends_it() -> None:
    page = document("", head="<mj-style>.a{font-family:{{ font }}}</mj-style>")
    known = {"lang": "en", "dir": "ltr", "font": "Georgia,'Times New Roman'"}
    made = render_parts(sources(page), "issue/x", known)["html"]
    assert ">.a{font-family:Georgia,'Times New Roman'}</style>" in made
    with pytest.raises(TemplateError) as caught:
        render_parts(sources(page), "issue/x", {**known, "font": "</style><p>"})
    assert str(caught.value) == (
        "templates/issue/x/body.mjml line 1: <mj-style> may contain only CSS, without <"
    )


def test_a_forbidden_style_is_refused() -> None:
    for css, says in {
        "@import url(https://x.example/a.css);": "@import in the style block to inline",
        "@media print{.a{color:#000000}}": "@media in the style block to inline",
        "@supports (x:y){@media print{.a{color:#000000}}}": "a nested at-rule",
    }.items():
        with pytest.raises(TemplateError, match=re.escape(says)):
            inline_css(compiled("", head=f'<mj-style inline="inline">{css}</mj-style>'))


def test_nothing_is_loaded_from_third_party_servers() -> None:
    every = "".join(
        f"<{name}>x</{name}>" if kind.holds is Holds.HTML else f"<{name} />"
        for name, kind in KINDS.items()
        if "mj-column" in kind.inside
    )
    head = '<mj-attributes><mj-all font-family="Roboto, Open Sans" /></mj-attributes>'
    made = compiled(every, head=head)
    assert re.findall(r"https?://[^\"' ]+", made) == ["http://www.w3.org/1999/xhtml"]
    assert "<link" not in made


def test_raw_html_is_checked_like_other_html() -> None:
    for raw, says in {
        "<tr><td><script>x()</script></td></tr>": "<script> is not allowed",
        '<tr><td><a href="/x">x</a></td></tr>': "absolute",
        '<tr><td><p onclick="x()">x</p></td></tr>': "scripts are not allowed",
    }.items():
        with pytest.raises(TemplateError, match=says):
            check_markup(inline_css(compiled(f"<mj-raw>{raw}</mj-raw>")), [])


def test_every_attribute_is_valid_html() -> None:
    made = compiled(
        '<mj-button vertical-align="top">b</mj-button><mj-text vertical-align="top">x</mj-text>'
        '<mj-image src="https://x.example/a.jpg" alt="" />'
    )
    assert "valign=" in made
    assert re.findall(r'<[^>]* (?:vertical-align="|height="auto")', made) == []


def test_layout_tables_are_presentation() -> None:
    inside = (
        '<mj-text>x</mj-text><mj-button href="https://x.example/">b</mj-button>'
        '<mj-image src="https://x.example/a.jpg" alt="" /><mj-divider /><mj-spacer />'
        '<mj-social><mj-social-element src="https://x.example/i.png" href="https://x.example/">s'
        "</mj-social-element></mj-social>"
        '<mj-navbar><mj-navbar-link href="https://x.example/">n</mj-navbar-link></mj-navbar>'
    )
    tables = re.findall("<table[^>]*>", compiled(inside))
    assert len(tables) > 8
    assert [table for table in tables if 'role="presentation"' not in table] == []


def test_a_merge_field_that_mrml_drops_is_an_error() -> None:
    head = f'<mj-attributes><mj-divider css-class="{MARK}" /></mj-attributes>'
    with pytest.raises(MjmlError, match="mrml lost a merge field"):
        compiled("<mj-text>x</mj-text>", head=head)


def test_an_error_names_file_and_line_through_loops_and_macros() -> None:
    page = (
        "{% macro m(b) %}\n<mj-text>{{ b.title }}</mj-text>\n<mj-tex>{{ b.title }}</mj-tex>\n"
        "{% endmacro %}\n<mjml><mj-body>\n<mj-section><mj-column>\n{% for i in range(3) %}\n"
        "<mj-spacer />\n{% endfor %}\n{{ m(brief) }}\n</mj-column></mj-section></mj-body></mjml>"
    )
    assert refusal(page) == (
        "templates/issue/x/body.mjml line 3: <mj-tex> is not an MJML element; did you mean mj-text?"
    )


def test_an_error_in_an_included_part_names_that_part() -> None:
    page = '<mjml>\n<mj-body>\n{% include "parts/foot.mjml" %}\n</mj-body></mjml>'
    files = {**sources(page), "parts/foot.mjml": "<mj-section>\n<mj-colum /></mj-section>"}
    with pytest.raises(TemplateError) as caught:
        render_parts(files, "issue/x", {"lang": "en", "dir": "ltr"})
    assert str(caught.value).startswith(
        "templates/parts/foot.mjml line 2: <mj-colum> is not an MJML"
    )


def test_if_a_filter_hides_the_line_the_error_names_the_file() -> None:
    page = "<mjml>{% set x %}  <mj-body><p></mj-body>{% endset %}{{ x|length }}</mjml>"
    assert refusal(page).startswith("templates/issue/x/body.mjml: '24' is in <mjml>")


def test_an_error_about_an_unknown_name_has_file_line_and_known_names() -> None:
    assert refusal("<mjml>\n<mj-body>{{ brief.titel }}</mj-body></mjml>") == (
        "templates/issue/x/body.mjml line 2: 'brief.titel' is unknown; choose from title"
    )


def test_values_are_escaped_in_mjml_like_in_html() -> None:
    page = document("<mj-text>{{ t }}</mj-text><mj-image src='https://x.example/' alt='{{ t }}' />")
    made = render_parts(sources(page), "issue/x", {"lang": "en", "dir": "ltr", "t": "</mj-text>'"})
    assert "&lt;/mj-text&gt;&#39;</div>" in made["html"]
    assert 'alt="&lt;/mj-text&gt;&#39;"' in made["html"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<mjml><mj-body>" + "<mj-wrapper>" * 50_000,
        "<mjml><mj-body>" + "<mj-section>" * 50_000 + "</mj-section>" * 50_000,
        "<" * 200_000,
        "<mjml " + "a='b' " * 50_000 + ">",
        document("<mj-spacer />" * 30_000),
        document("{% for i in range(999) %}{{ '<mj-spacer/>' * 999 }}{% endfor %}"),
        document("{% for i in range(99) %}<mj-spacer {{ 'a ' * 9999 }}/>{% endfor %}"),
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}"
        "{% endfor %}{% endfor %}{% endfor %}",
    ],
)
def test_malicious_mjml_gives_a_one_line_error_and_the_next_call_works(
    sandbox: Sandbox, hostile: str
) -> None:
    function, context = (
        "newsletter.mail.templating.engine:render_parts",
        {"lang": "en", "dir": "ltr"},
    )
    with pytest.raises((TemplateError, SandboxError)) as caught:
        sandbox.call(function, sources(hostile), "issue/x", context)
    assert isinstance(caught.value, NewsletterError)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)
    good = sources(document("<mj-text>ok</mj-text>"))
    assert ">ok</div>" in sandbox.call(function, good, "issue/x", context)["html"]


def test_html_nested_too_deeply_is_refused_and_not_truncated() -> None:
    deep = compiled(f"<mj-text>{'<b>' * 400}deep{'</b>' * 400}</mj-text><mj-text>after</mj-text>")
    with pytest.raises(TemplateError, match="nested over 200 deep"):
        inline_css(deep)


def test_a_crash_of_mrml_gives_a_one_line_error_and_the_next_call_works() -> None:
    deep = f"<mjml><mj-body>{'<mj-wrapper>' * 100_000}{'</mj-wrapper>' * 100_000}</mj-body></mjml>"
    with Sandbox(("mrml", *MODULES), memory_bytes=2**29) as sandbox:
        with pytest.raises(SandboxError) as caught:
            sandbox.call("mrml:to_html", deep)
        assert str(caught.value).startswith("mrml:to_html crashed (signal 11)")
        made = sandbox.call(
            "newsletter.mail.html.inline_css:inline_css", compiled("<mj-text>x</mj-text>")
        )
    assert ">x</div>" in made


@given(st.sampled_from(["width", "padding", "align"]), st.text(max_size=12))
def test_no_value_breaks_mrml(name: str, value: str) -> None:
    written = f'{name}="{html.escape(value)}"'
    assert "</html>" in compiled(f"<mj-image {written} /><mj-divider {written} />")
