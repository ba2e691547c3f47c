"""
Test every shipped template in three scripts: the exact mail it makes (tests/golden), and what all
of them guarantee. NEWSLETTER_WRITE_GOLDEN=1 rewrites the files, for review before they are
committed.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from issue_samples import NONCE, make_recipient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from template_samples import ISSUE_TEMPLATES, WRITINGS, issue_in, site_in

from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.notices import NOTICES, NoticeSettings, compose_notice
from newsletter.mail.merge.fields import URL_FIELDS, compile_mail
from newsletter.mail.mime.plaintext import columns
from newsletter.mail.render import RENDER_MODULES, render_mail
from newsletter.mail.templating.files import template_names
from newsletter.model.brief import Link
from newsletter.model.mail import MergeField, Message, Sender
from newsletter.model.notice import NoticeKind

GOLDEN = Path(__file__).parent / "golden"
NOTICE_TEMPLATES = tuple(sorted(NoticeKind))
SHOWN = {
    "alert": ["full"],
    "digest": ["full", "takeaways", "excerpt", "line", "line"],
    "intelbrief": ["full"],
    "letter": [],
}
READER = make_recipient(
    unsubscribe_url="https://news.example.org/u/T0K3N",
    values={
        "first_name": "Ada",
        "confirm_url": "https://news.example.org/c/T0K3N",
        "settings_url": "https://news.example.org/p/find/T0K3N",
        "preferences_url": "https://news.example.org/p/T0K3N",
        "new_address_url": "https://news.example.org/p/address/T0K3N",
        "erasure_url": "https://news.example.org/p/erase/T0K3N",
    },
)
CASES: dict[str, tuple[Sequence[str], dict[str, Any]]] = {
    "one brief": (["full"], {}),
    "14 briefs": (["full", *["takeaways"] * 4, *["line"] * 9], {}),
    "all as lines": (["line"] * 4, {}),
    "all as takeaways": (["takeaways"] * 4, {}),
    "no picture": (["full", "excerpt"], {"image_url": None}),
    "no takeaways": (["full", "takeaways"], {"takeaways": ()}),
    "no body": (["full", "excerpt", "line"], {"body_html": "", "body_text": ""}),
    "no address": (["full", "takeaways", "line"], {"cta": None, "url": None}),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(RENDER_MODULES) as running:
        yield running


def issue_mail(
    sandbox: Sandbox, template: str, shown: Sequence[str], writing: str = "ltr", **values: Any
) -> Message:
    subject = WRITINGS[writing]["title"] if template == "letter" else None
    content = issue_in(writing, shown, **({"subject": subject} | values))
    mail = render_mail(content, template, folders=(), sandbox=sandbox, nonce=NONCE)
    return compile_mail(mail).fill(READER)


def notice_mail(sandbox: Sandbox, name: str, writing: str = "ltr") -> Message:
    head = NoticeSettings(
        site=site_in(writing), folders=(), sender=Sender("Ada Byron", "desk@example.org")
    )
    said = {
        "list_name": WRITINGS[writing]["list_name"],
        **{name: MergeField(name) for name in URL_FIELDS},
    }
    values = {key: said[key] for key in NOTICES[name]}
    mail = compose_notice(head, name, values, sandbox=sandbox, nonce=NONCE)
    return compile_mail(mail).fill(READER)


def made(sandbox: Sandbox, template: str, writing: str = "ltr") -> Message:
    if template in NOTICE_TEMPLATES:
        return notice_mail(sandbox, template, writing)
    return issue_mail(sandbox, template, SHOWN[template], writing)


def test_every_shipped_template_is_tested_here() -> None:
    assert template_names(()) == ISSUE_TEMPLATES
    assert template_names((), kind="notice") == tuple(sorted(NOTICES))
    assert {*NOTICE_TEMPLATES, "approval", "operator", "invitation", "reset", "message"} == set(
        NOTICES
    )


@pytest.mark.parametrize("writing", [*WRITINGS])
@pytest.mark.parametrize("template", [*ISSUE_TEMPLATES, *NOTICE_TEMPLATES])
def test_a_template_makes_the_mail_in_its_golden_file(
    sandbox: Sandbox, template: str, writing: str
) -> None:
    message = made(sandbox, template, writing)
    for kind, text in {"html": message.html, "txt": f"{message.subject}\n\n{message.text}"}.items():
        path = GOLDEN / f"{template}-{writing}.{kind}"
        if os.environ.get("NEWSLETTER_WRITE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text("utf-8")


@pytest.mark.parametrize("case", [*CASES])
@pytest.mark.parametrize("template", ISSUE_TEMPLATES)
def test_a_template_shows_any_number_of_briefs(sandbox: Sandbox, template: str, case: str) -> None:
    shown, brief = CASES[case]
    message = issue_mail(sandbox, template, shown, brief=brief)
    check_structure(message)
    for number in range(len(shown)):
        title = f"{WRITINGS['ltr']['title']}{f' {number}' if number else ''}"
        assert title in message.html
        assert title in " ".join(message.text.split())
        if brief.get("url", "told"):
            assert f"https://example.org/briefs/quay-{number}\n" in message.text
            assert f'href="https://example.org/briefs/quay-{number}"' in message.html
    assert not re.search(r"\bNone\b|\bundefined\b", message.html + message.text)


@pytest.mark.parametrize("writing", [*WRITINGS])
@pytest.mark.parametrize("template", [*ISSUE_TEMPLATES, *NOTICE_TEMPLATES])
def test_a_template_follows_the_rules_of_mail(
    sandbox: Sandbox, template: str, writing: str
) -> None:
    check_structure(made(sandbox, template, writing))


@pytest.mark.parametrize("template", [*ISSUE_TEMPLATES, *NOTICE_TEMPLATES])
def test_every_link_of_the_html_is_in_the_text(sandbox: Sandbox, template: str) -> None:
    other = {"cta": Link("Read the decision", "https://example.org/decisions/41")}
    message = (
        made(sandbox, template)
        if template in NOTICE_TEMPLATES
        else issue_mail(sandbox, template, ["full", "excerpt", "line"], brief=other)
    )
    links = {node.attributes["href"] for node in LexborHTMLParser(message.html).css("a[href]")}
    assert links <= set(re.findall(r"https://\S+", message.text))


@pytest.mark.parametrize("template", ["alert", "digest", "intelbrief"])
def test_a_template_that_needs_a_brief_says_so(sandbox: Sandbox, template: str) -> None:
    with pytest.raises(Exception, match=r"there is no item 0 in a list of 0"):
        issue_mail(sandbox, template, [])


def test_a_letter_without_a_subject_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(
        Exception, match=r"letter/subject\.txt is empty, and the issue needs a subject"
    ):
        issue_mail(sandbox, "letter", [], subject=None)


def test_a_letter_has_a_greeting_and_a_signature_but_no_masthead(sandbox: Sandbox) -> None:
    message = made(sandbox, "letter")
    page = LexborHTMLParser(message.html)
    text = [
        node.text() for node in page.css("td.letter-first > *, td.letter-body > *, td.letter > *")
    ]
    assert text[1:] == [
        "Dear Ada,",
        "this week the harbour had the last word.",
        "Ada Byron",
        "The Coast Brief",
    ]
    assert page.css_first(".masthead") is None
    assert "reader" not in issue_mail(sandbox, "letter", [], intro="Hello.").html


def check_structure(message: Message) -> None:
    """
    Check that the HTML and the text of the mail meet the requirements of research and law.
    """
    page = LexborHTMLParser(message.html)
    root, wrapper = page.css_first("html"), page.css_first("body > div")
    assert root is not None
    assert wrapper is not None
    assert [node.attributes.get("lang") for node in (root, wrapper)] == [
        root.attributes["lang"]
    ] * 2
    assert [node.attributes.get("dir") for node in (root, wrapper)] == [root.attributes["dir"]] * 2
    title = page.css_first("title")
    assert title is not None
    assert title.text() == message.subject
    levels = [int(node.tag[1]) for node in page.css("h1, h2, h3, h4, h5, h6") if node.tag]
    assert (levels.count(1), levels[0]) == (1, 1)
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))
    for table in page.css("table"):
        assert table.attributes.get("role") == "presentation" or table.css("th")
    assert all(cell.attributes.get("scope") in ("col", "row") for cell in page.css("th"))
    for row in page.css("td"):
        assert row.text().strip(" \n") or row.css_first("img"), "an empty row is a hole"
    for picture in page.css("img"):
        assert {"src", "alt", "width"} <= set(picture.attributes)
    for node in page.css("[style]"):
        _check_style(node)
    shapes = re.findall(r"v-text-anchor:middle;width:(\d+)px", message.html)
    assert all(int(width) <= 576 for width in shapes)
    assert all(columns(line) <= 78 or "://" in line for line in message.text.split("\n"))


def _check_style(node: LexborNode) -> None:
    style = node.attributes["style"] or ""
    assert not re.search(
        r"rgb|hsl|var\(|calc|flex|grid|(?:margin|padding|border)-(?:inline|block)", style
    )
    assert all(len(colour) == 7 for colour in re.findall(r"#\w+", style))
    if not node.text().strip() or "mso-hide" in style:
        return
    for size, height in re.findall(r"(\d+)px/(\d+)px", style):
        assert int(size) >= 14
        assert int(height) >= 1.3 * int(size) - 0.01
    assert all(int(size) >= 14 for size in re.findall(r"font-size:\s*(\d+)px", style))
