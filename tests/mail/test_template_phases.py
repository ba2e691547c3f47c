"""
Test when a template is interpreted: names once for an issue, merge fields once for a reader, and
content from outside never. The site's brand and texts appear in the right places.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from issue_samples import NONCE, make_recipient
from selectolax.lexbor import LexborHTMLParser
from template_samples import ISSUE_TEMPLATES, issue_in, site_in

from newsletter.errors import MergeError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.render import RENDER_MODULES, render_mail
from newsletter.model.brand import DARK, LIGHT, Brand, Logo
from newsletter.model.brief import Link
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Message

HOSTILE = "{{ site }} {% raw %} %%email%% %%nonesuch%% {list} <b>&amp;"
FILES = {"subject": "subject.txt", "html": "body.html", "text": "body.txt"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(RENDER_MODULES) as running:
        yield running


def filled(
    sandbox: Sandbox, content: IssueContent, template: str = "digest", folder: Path | None = None
) -> Message:
    folders = (folder,) if folder else ()
    mail = render_mail(content, template, folders=folders, sandbox=sandbox, nonce=NONCE)
    return compile_mail(mail).fill(make_recipient())


def refusal(sandbox: Sandbox, content: IssueContent, folder: Path | None = None) -> str:
    with pytest.raises(TemplateError) as refused:
        filled(sandbox, content, "mine" if folder else "digest", folder)
    return str(refused.value)


def own_template(folder: Path, **files: str) -> Path:
    place = folder / "issue" / "mine"
    place.mkdir(parents=True)
    page = "<!DOCTYPE html><html><body><p>x</p></body></html>"
    for name, text in {"subject": "s", "html": page, "text": "t", **files}.items():
        (place / FILES[name]).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("typed", ["subject", "preheader", "intro"])
def test_an_error_about_an_unknown_field_in_a_typed_text_says_where_and_which(
    sandbox: Sandbox, typed: str
) -> None:
    content = issue_in("ltr", ["full"], **{typed: "Dear\n%%frist_name|you%%"})
    assert refusal(sandbox, content) == (
        f"the issue's {typed} line 2: unknown merge field %%frist_name%%; did you mean first_name?"
    )


@pytest.mark.parametrize("part", ["subject", "html", "text"])
def test_an_error_about_an_unknown_field_in_a_template_says_where_and_which(
    sandbox: Sandbox, tmp_path: Path, part: str
) -> None:
    folder = own_template(tmp_path, **{part: "\n\n%%unsubscribe%%"})
    assert refusal(sandbox, issue_in("ltr", ["full"]), folder) == (
        f"templates/issue/mine/{FILES[part]} line 3: "
        "unknown merge field %%unsubscribe%%; did you mean unsubscribe_url?"
    )


@pytest.mark.parametrize("part", ["subject", "html", "text"])
def test_an_error_about_a_field_without_a_value_says_where_to_add_a_fallback(
    sandbox: Sandbox, tmp_path: Path, part: str
) -> None:
    page = "<!DOCTYPE html><html><body><p>{}</p></body></html>"
    written = "\n\nDear %%last_name%%"
    text = page.format(written) if part == "html" else written
    mail = render_mail(
        issue_in("ltr", ["full"]),
        "mine",
        folders=(own_template(tmp_path, **{part: text}),),
        sandbox=sandbox,
        nonce=NONCE,
    )
    with pytest.raises(MergeError) as refused:
        compile_mail(mail).fill(make_recipient())
    assert str(refused.value) == (
        "delivery 7 has no last_name; "
        f"write %%last_name|fallback%% in templates/issue/mine/{FILES[part]} line 3"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n{{ titel }}", "body.txt line 2: 'titel' is unknown; choose from brand, "),
        (
            "{{ words.takeaway }}",
            "line 1: 'words.takeaway' is unknown; choose from number, takeaways, ",
        ),
        ("{{ brand.light.acent }}", "line 1: 'brand.light.acent' is unknown; choose from accent, "),
        ("{{ briefs[0].titel }}", "line 1: 'titel' is unknown; choose from title, "),
        ("{{ briefs[5].title }}", "line 1: there is no item 5 in a list of 1"),
        ('{% from "parts/brief.txt" import headlin %}\n{{ headlin() }}', "line 2: "),
        ('{% include "parts/nonesuch.txt" %}', "there is no template file 'parts/nonesuch.txt'"),
        ("{{ words.why|fil(list='x') }}", "line 1: No filter named 'fil'"),
    ],
)
def test_an_error_about_an_unknown_name_says_where_and_lists_known_names(
    sandbox: Sandbox, tmp_path: Path, text: str, says: str
) -> None:
    folder = own_template(tmp_path, text=text)
    line = refusal(sandbox, issue_in("ltr", ["full"]), folder)
    assert line.startswith("templates/issue/mine/body.txt line ")
    assert says in line


@pytest.mark.parametrize("template", ISSUE_TEMPLATES)
def test_content_from_outside_is_never_interpreted(sandbox: Sandbox, template: str) -> None:
    names = ("title", "series", "caption", "credit", "image_alt", "body_text")
    brief: dict[str, Any] = dict.fromkeys(names, HOSTILE) | {
        "takeaways": (HOSTILE,),
        "footnotes": (HOSTILE,),
        "cta": Link(HOSTILE, "https://example.org/%%email%%"),
        "body_html": "<p>{{ site }} %%email%% {list}</p>",
    }
    site = site_in("ltr", name=HOSTILE, postal_address=HOSTILE)
    content = issue_in(
        "ltr", ["full", "takeaways", "line"], brief=brief, site=site, list_name=HOSTILE
    )
    content = dataclasses.replace(content, sender=dataclasses.replace(content.sender, name=HOSTILE))
    message = filled(sandbox, content, template)
    for text in (message.subject, message.html, message.text):
        assert "ada@example.com" not in text
        assert "{{ site }}" in text
        assert "%%nonesuch%%" in text
    assert "<b>" not in message.html
    assert message.html.count("</html>") == 1


def test_an_address_in_a_footnote_is_a_link(sandbox: Sandbox) -> None:
    brief = {"footnotes": ("[1] Minutes <https://a.example/m>, p. 2.",), "body_html": "<p>[1]</p>"}
    message = filled(sandbox, issue_in("ltr", ["full"], brief=brief))
    page = LexborHTMLParser(message.html)
    assert [node.attributes["href"] for node in page.css(".note a")] == ["https://a.example/m"]
    assert "[1] Minutes <https://a.example/m>, p. 2." in message.text


def test_the_brand_is_where_it_belongs(sandbox: Sandbox) -> None:
    light = dataclasses.replace(LIGHT, accent="#006400", button="#4b0082", link="#5d3fd3")
    dark = dataclasses.replace(DARK, accent="#77dd77", masthead="#101820")
    brand = Brand(light=light, dark=dark, sans="'My Sans',sans-serif", serif="Serifa,serif")
    html = filled(sandbox, issue_in("ltr", ["full"], site=site_in("ltr", brand=brand))).html
    assert "border-top:4px solid #006400" in html
    assert 'fillcolor="#4b0082"' in html
    assert "color:#5d3fd3" in html
    assert '"My Sans", sans-serif' in html
    assert "Serifa, serif" in html
    assert not any(old in html for old in (LIGHT.accent, LIGHT.link, "Georgia", "Roboto"))
    assert ".masthead, .group {background-color:#101820 !important}" in html
    assert ".box-title, .label {color:#77dd77 !important}" in html


def test_a_logo_has_the_list_name_as_alt_text_and_a_dark_version(sandbox: Sandbox) -> None:
    logo = Logo(
        url="https://x.example/l.png", dark_url="https://x.example/d.png", width=9, height=8
    )
    site = site_in("ltr", brand=Brand(logo=logo))
    page = LexborHTMLParser(filled(sandbox, issue_in("ltr", ["full"], site=site)).html)
    found = [dict(node.attributes) for node in page.css(".masthead img")]
    assert [(one["src"], one["alt"], one["width"], one["height"]) for one in found] == [
        ("https://x.example/l.png", "The Coast Brief", "9", "8"),
        ("https://x.example/d.png", "The Coast Brief", "9", "8"),
    ]
    assert "display:none" in (found[1]["style"] or "")
    assert page.css_first(".masthead-name") is None
    style = page.css_first("style")
    assert style is not None
    assert ".logo-light {display:none !important}" in style.text()


def test_texts_within_another_language_have_their_own_lang(sandbox: Sandbox) -> None:
    arabic = issue_in("rtl", ["full"], site=site_in("rtl", language="de"))
    page = LexborHTMLParser(filled(sandbox, arabic, "intelbrief").html)
    heading = page.css_first("h2.box-title")
    assert heading is not None
    assert (heading.text(), heading.attributes.get("lang"), heading.attributes.get("dir")) == (
        "Das Wichtigste in Kürze", "de", "ltr",
    )  # fmt: skip
    swedish = issue_in("ltr", ["full"], site=site_in("ltr", language="sv"))
    html = filled(sandbox, swedish, "intelbrief").html
    assert '<p class="footer-text" lang="en" dir="ltr"' in html
    own = filled(sandbox, issue_in("cjk", ["full"]), "intelbrief").html
    assert 'dir="ltr"' not in own.replace('lang="ja" dir="ltr"', "").replace(
        'dir="ltr" lang="ja"', ""
    )


@pytest.mark.parametrize("values", [{"reply_to": None}, {"view_url": ""}])
def test_the_footer_has_no_link_or_hint_to_missing_things(
    sandbox: Sandbox, values: dict[str, Any]
) -> None:
    message = filled(sandbox, issue_in("ltr", ["full"], **values))
    is_there = ["Just reply to this email." in message.html, "View in browser" in message.html]
    assert is_there == ["view_url" in values, "reply_to" in values]
    assert ["Just reply" in message.text, "View in browser" in message.text] == is_there
