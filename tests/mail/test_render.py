"""
Test rendering an issue into a mail, from content to marks.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from issue_samples import LONG_URL, NONCE, make_content, make_recipient

from newsletter.errors import MergeError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.render import RENDER_MODULES, fill_for_browser, render_mail
from newsletter.model.issue import Site
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(RENDER_MODULES) as running:
        yield running


@pytest.fixture
def render(sandbox: Sandbox) -> Any:
    def rendered(content: IssueContent, template: str = "intelbrief", **more: Any) -> Mail:
        options = {"folders": (), "nonce": NONCE} | more
        return render_mail(content, template, sandbox=sandbox, **options)

    return rendered


def template_in(folder: Path, html: str) -> Path:
    place = folder / "issue" / "mine"
    place.mkdir(parents=True)
    for name, text in {"subject.txt": "s", "body.txt": "t", "body.html": html}.items():
        (place / name).write_text(text)
    return folder


def test_one_brief_gives_its_title_as_the_subject(render: Any) -> None:
    mail = render(make_content())
    assert mail.subject == "Harbour cities weigh a second wall"
    assert mail.html.startswith("<!DOCTYPE html>\n<html lang=")
    assert mail.html.rstrip().endswith("</html>")
    assert [field.name for field in mail.fields] == ["preferences_url", "unsubscribe_url"]


def test_a_digest_gives_list_and_lead_as_the_subject(render: Any) -> None:
    mail = render(make_content("full", "line"), "digest")
    assert mail.subject == "Coast Brief: Harbour cities weigh a second wall"


def test_the_subject_of_a_test_mail_begins_with_test(render: Any) -> None:
    assert render(make_content(is_test=True, subject="Hi")).subject == "[Test] Hi"


def test_the_list_headers_are_set(render: Any) -> None:
    mail = render(make_content(), headers=(("Feedback-ID", "a:b:c:sender"),))
    assert mail.headers == (
        ("List-Unsubscribe", f"<NL{NONCE}1X>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", '"Coast Brief" <coast.news.example.org>'),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Feedback-ID", "a:b:c:sender"),
    )


def test_the_one_click_link_stands_before_the_address_for_unsubscribe_emails(render: Any) -> None:
    site = dataclasses.replace(make_content().site, unsubscribe_address="bye+news@example.org")
    mail = render(make_content(site=site))
    assert mail.headers[:2] == (
        ("List-Unsubscribe", f"<NL{NONCE}1X>, <mailto:bye+news@example.org?subject=NL{NONCE}2X>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    reader = make_recipient(
        unsubscribe_url="https://news.example.org/u/T0K3N",
        values={"preferences_url": "https://news.example.org/p/T0K3N"},
    )
    assert compile_mail(mail).fill(reader).headers[0][1] == (
        "<https://news.example.org/u/T0K3N>, <mailto:bye+news@example.org?subject=T0K3N>"
    )
    assert "bye+news" not in mail.html + mail.text


def test_merge_fields_in_typed_texts_are_filled_but_not_those_in_briefs(render: Any) -> None:
    content = make_content(
        subject="For %%first_name|you%%",
        intro="Dear %%first_name|you%%,\n\nread on.",
        brief={"title": "Growth of 5%%name%%", "takeaways": ("%%email%% {{ x }}",)},
    )
    message = compile_mail(render(content)).fill(
        make_recipient(
            values={"first_name": "<Ada>", "preferences_url": "https://news.example.org/p/T0K3N"}
        )
    )
    assert message.subject == "For <Ada>"
    assert "Dear &lt;Ada&gt;," in message.html
    assert "Growth of 5%%name%%" in message.html
    assert "%%email%% {{ x }}" in message.html
    assert "Dear <Ada>,\n\nread on." in message.text


@pytest.mark.parametrize("template", ["intelbrief", "digest"])
def test_a_filled_mail_has_the_readers_own_unsubscribe_url(render: Any, template: str) -> None:
    message = compile_mail(render(make_content("full", "line"), template)).fill(make_recipient())
    assert 'href="https://news.example.org/u/T0K3N?a=1&amp;b=2"' in message.html
    assert "https://news.example.org/u/T0K3N?a=1&b=2" in message.text
    assert message.headers[0] == (
        "List-Unsubscribe",
        "<https://news.example.org/u/T0K3N?a=1&b=2>",
    )
    assert NONCE not in message.html + message.text


def test_the_text_has_every_headline_takeaway_and_url_in_78_columns(render: Any) -> None:
    text = render(make_content("full", "takeaways", "line"), "digest").text
    assert text.count("Harbour cities weigh a second wall\n=====") == 3
    assert text.count("- Insurers price the wall as gone.") == 2
    assert LONG_URL in text
    assert text.count("https://example.org/briefs/harbour?a=1&b=2") == 3
    assert [line for line in text.split("\n") if len(line) > 78] == [f"[1] {LONG_URL}"]
    assert "1. Minutes of 3 March." in text


def test_there_is_one_h1_and_layout_tables_have_their_role(render: Any) -> None:
    html = render(make_content("full", "takeaways", "excerpt", "line"), "digest").html
    assert html.count("<h1") == 1
    assert len(re.findall("<table", html)) == html.count('role="presentation"')
    assert '<img class="picture" src="https://img.example.org/harbour.jpg"' in html
    assert 'alt="Cranes over a wall" width="640" height="360"' in html
    assert html.count("<img") == 1


def test_a_caption_is_shown_only_below_an_image(render: Any) -> None:
    assert "The old wall at dusk. (A. Example)" in render(make_content()).html
    assert "The old wall" not in render(make_content(brief={"image_url": None})).html


def test_a_brief_with_nothing_but_a_title_renders(render: Any) -> None:
    bare = dict.fromkeys(("series", "date", "image_url", "caption", "credit", "cta", "url"))
    bare |= {"takeaways": (), "body_html": "", "body_text": "", "footnotes": ()}
    content = make_content("full", "line", "excerpt", "takeaways", brief=bare)
    for template in ("intelbrief", "digest"):
        mail = render(content, template)
        assert "None" not in mail.html + mail.text


def test_a_right_to_left_brief_is_mirrored(render: Any) -> None:
    html = render(make_content(brief={"dir": "rtl", "lang": "ar"})).html
    assert "padding:0 20px 0 0" in html
    assert 'class="cell text text-rtl text-tall tall" dir="rtl" lang="ar"' in html


def test_the_dark_palette_stays_in_the_head(render: Any) -> None:
    html = render(make_content()).html
    head = html.partition("</head>")[0]
    assert "@media (prefers-color-scheme:dark) {" in head
    assert "[data-ogsb] .page {background-color:#0f1720 !important}" in head
    assert len(head.encode()) < 12_000


def test_content_with_the_nonce_is_refused(render: Any) -> None:
    with pytest.raises(MergeError, match="email's own nonce"):
        render(make_content(brief={"title": f"x NL{NONCE}0X"}))


def test_an_error_about_an_unknown_typed_field_says_where(render: Any) -> None:
    with pytest.raises(TemplateError) as caught:
        render(make_content(subject="Hi %%firstname%%"))
    assert str(caught.value) == (
        "the issue's subject line 1: unknown merge field %%firstname%%; did you mean first_name?"
    )


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("{{ view_url|upper }}<p>%%name|x%%</p>", "must start with <!DOCTYPE html>"),
        ('<!DOCTYPE html><html><body><a href="{{ list_slug }}">x</a></body></html>', "absolute"),
        ('<!DOCTYPE html><html><body><a href="%%name|x%%">x</a></body></html>', "absolute"),
        (
            "<!DOCTYPE html><html><head><style>.x{content:'%%name|x%%'}</style></head>"
            "<body><p>x</p></body></html>",
            "lost or doubled a merge field",
        ),
    ],
)
def test_an_invalid_user_template_is_refused(
    render: Any, tmp_path: Path, html: str, says: str
) -> None:
    with pytest.raises(TemplateError, match=re.escape(says)):
        render(make_content(), "mine", folders=(template_in(tmp_path, html),))


def test_a_filter_that_breaks_a_mark_is_refused(render: Any, tmp_path: Path) -> None:
    page = "<!DOCTYPE html><html><body><p>{{ intro.html|lower }}</p></body></html>"
    with pytest.raises(MergeError, match="filters must not cut or change"):
        render(make_content(intro="%%name|x%%"), "mine", folders=(template_in(tmp_path, page),))


def test_the_browser_page_has_fallbacks_and_no_unsubscribe_link(render: Any) -> None:
    mail = render(make_content(intro="Dear %%first_name|reader%%, %%email%%. %%view_url%%"))
    page = fill_for_browser(mail)
    assert "Dear reader, . https://news.example.org/v/abc" in page
    assert "Unsubscribe" not in page
    assert re.search(r'href="https://news.example.org/v/abc"[^>]*>View in browser</a>', page)
    assert NONCE not in page


def test_a_list_name_in_another_script_gives_an_ascii_list_id(render: Any) -> None:
    site = Site(name="x", base_url="https://küste.example")
    mail = render(make_content(site=site, list_name="Küste"))
    assert dict(mail.headers)["List-Id"] == "=?utf-8?b?S8O8c3Rl?= <coast.xn--kste-0ra.example>"


@pytest.mark.parametrize("template", ["intelbrief", "digest", "letter"])
@pytest.mark.parametrize("postal_address", ["", "1 Quay, Kaldvik"])
def test_a_page_does_not_link_to_itself_and_has_no_stray_divider(
    template: str, postal_address: str
) -> None:
    with Sandbox(RENDER_MODULES) as sandbox:
        content = make_content("full")
        site = dataclasses.replace(content.site, postal_address=postal_address)
        content = dataclasses.replace(content, site=site)
        mail = render_mail(content, template, folders=(), sandbox=sandbox, nonce=NONCE)
    assert content.view_url in fill_for_browser(mail)
    for own_url in ("", content.view_url):
        page = fill_for_browser(mail, own_url=own_url)
        assert (content.view_url in page) == (own_url == "")
        words = re.sub(r"<[^>]*>", "|", page.replace("&nbsp;", " ").replace("&middot;", "·"))
        assert not re.search(r"\|\s*·\s*(?:\||$)", words)
