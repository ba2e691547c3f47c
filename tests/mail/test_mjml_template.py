"""
Test the MJML template of `examples/`, from content to each reader's mailbox.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from installation import Installation
from issue_samples import LONG_URL, NONCE, make_brief, make_content, make_recipient

from newsletter import pipeline
from newsletter.errors import TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.merge.fields import compile_mail, find_marks
from newsletter.mail.render import RENDER_MODULES, fill_for_browser, render_mail
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "templates"
GOLDEN = Path(__file__).with_name("golden") / "mjml-digest.html"
MORNING = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)
HEBREW = {
    "title": "ערי נמל שוקלות חומה שנייה",
    "lang": "he",
    "dir": "rtl",
    "image_alt": "מנופים \u200f\u05f4מעל\u05f4 החומה",
    "body_html": "<p>סקר שני.</p><ul><li>אחת</li></ul>",
}


def part_of(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(RENDER_MODULES) as running:
        yield running


@pytest.fixture
def render(sandbox: Sandbox) -> Any:
    def rendered(content: IssueContent, **more: Any) -> Mail:
        options = {"folders": (EXAMPLES,), "nonce": NONCE} | more
        return render_mail(content, "mjml-digest", sandbox=sandbox, **options)

    return rendered


def test_the_html_equals_the_golden_file(render: Any) -> None:
    content = make_content("full", "full", "line", intro="Dear %%first_name|reader%%")
    second = dataclasses.replace(content.briefs[1], brief=make_brief(**HEBREW))
    content = dataclasses.replace(content, briefs=(content.briefs[0], second, content.briefs[2]))
    if os.environ.get("NEWSLETTER_WRITE_GOLDEN"):
        GOLDEN.write_text(render(content).html, encoding="utf-8")
    assert render(content).html == GOLDEN.read_text("utf-8")


def test_the_mail_is_complete_and_declares_its_language(render: Any) -> None:
    html = render(make_content("full", "full", "line")).html
    assert html.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr"')
    assert "<title>Coast Brief: Harbour cities weigh a second wall</title>" in html
    assert html.count("<h1") == 1
    assert [t for t in re.findall("<table[^>]*>", html) if 'role="presentation"' not in t] == []
    assert html.rstrip().endswith("</html>")


def test_a_brief_is_shown_as_its_issue_says(render: Any) -> None:
    takeaway, end = "Insurers price the wall as gone.", "Minutes of 3 March."
    shown = {"full": (True, True), "takeaways": (True, False), "excerpt": (False, False)}
    for how, parts in shown.items():
        mail = render(make_content(how))
        for text in (mail.html, mail.text):
            assert (takeaway in text, end in text) == parts
    assert "asked for a second survey" in render(make_content("excerpt")).html


def test_a_briefs_html_stays_unchanged(render: Any) -> None:
    body = (
        '<p>a<br>b &amp; &lt;c&gt;&nbsp;d</p><b>e</b>\n<i>f</i><table><tr><th scope="row">g</th>'
        "<td>h</td></tr></table><pre>i\n  j</pre>"
    )
    html = render(make_content(brief={"body_html": body})).html
    plain = re.sub(r""" style=("[^"]*"|'[^']*')""", "", html).replace("\u00a0", "&nbsp;")
    assert body in plain


def test_every_field_occurs_as_often_as_in_the_template(render: Any) -> None:
    intro = "Dear %%first_name|reader%%, %%first_name|reader%%: %%view_url%%"
    mail = render(make_content("full", intro=intro, preheader="For %%email%%"))
    counts = {mail.fields[n].name: find_marks(mail.html, NONCE).count(n) for n in range(5)}
    assert counts == {
        "first_name": 2,
        "view_url": 1,
        "email": 1,
        "unsubscribe_url": 1,
        "preferences_url": 1,
    }


def test_a_filled_mail_has_the_readers_own_unsubscribe_url(render: Any) -> None:
    mail = render(make_content("full", "line"))
    message = compile_mail(mail).fill(make_recipient())
    assert 'href="https://news.example.org/u/T0K3N?a=1&amp;b=2"' in message.html
    assert "Unsubscribe</a>" not in fill_for_browser(mail)


def test_a_right_to_left_brief_is_aligned_right(render: Any) -> None:
    html = render(make_content(brief=HEBREW)).html
    text = html[html.index("סקר שני") - 800 : html.index("סקר שני")]
    assert '<div dir="rtl" lang="he">' in text
    assert "text-align:right" in text
    assert f'alt="{HEBREW["image_alt"]}"' in html


def test_the_text_has_every_headline_takeaway_and_url(render: Any) -> None:
    text = render(make_content("full", "full", "line")).text
    assert text.count("Harbour cities weigh a second wall\n=====") == 3
    assert text.count("- Insurers price the wall as gone.") == 2
    assert text.count("https://example.org/briefs/harbour?a=1&b=2") == 3
    assert LONG_URL in text


def test_a_users_part_is_included_in_mjml_and_named_in_errors(render: Any, tmp_path: Path) -> None:
    place = tmp_path / "issue" / "mjml-digest"
    place.mkdir(parents=True)
    page = '<mjml><mj-body>\n{% include "parts/foot.mjml" %}</mj-body></mjml>'
    (place / "body.mjml").write_text(page)
    (tmp_path / "parts").mkdir()
    foot = tmp_path / "parts" / "foot.mjml"
    foot.write_text("<mj-section><mj-column><mj-text>The end</mj-text></mj-column></mj-section>")
    assert ">The end</div>" in render(make_content(), folders=(tmp_path, EXAMPLES)).html
    foot.write_text("\n<mj-section />\n%%frist_name%%")
    with pytest.raises(TemplateError) as caught:
        render(make_content(), folders=(tmp_path, EXAMPLES))
    assert str(caught.value) == (
        "templates/parts/foot.mjml line 3: unknown merge field %%frist_name%%; "
        "did you mean first_name?"
    )
    foot.write_text("\n<mj-text>The end</mj-text>")
    with pytest.raises(TemplateError) as caught:
        render(make_content(), folders=(tmp_path, EXAMPLES))
    assert str(caught.value) == (
        "templates/parts/foot.mjml line 2: <mj-text> is not allowed in <mj-body>; "
        "put it in <mj-column> or <mj-hero>"
    )


@pytest.fixture
def mjml_installation(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    """
    Set up an installation whose own templates are those of `examples/`.
    """
    site = {"name": "The Institute", "base_url": "https://news.example.org"}
    site["templates"] = str(EXAMPLES)
    installation = Installation(
        tmp_path, database_url, now=MORNING, sandbox=warm_sandbox, site=site
    )
    installation.add_list()
    yield installation
    installation.close()


def test_an_issue_in_mjml_reaches_every_mailbox(mjml_installation: Installation) -> None:
    readers = mjml_installation.add_readers(3)
    issue_id = mjml_installation.add_issue("The Quiet Harbour", "Two Keys", template="mjml-digest")
    pipeline.publish_issue(mjml_installation.app.publishing, issue_id)
    mjml_installation.submit_all()
    assert mjml_installation.mailed() == readers
    pages = [part_of(mail, "html") for mail in mjml_installation.mails()]
    addresses = {a for page in pages for a in re.findall(r'href="([^"]+/u/[^"]+)"', page)}
    assert len(addresses) == 3
    assert all('role="article"' in page and "Two Keys" in page for page in pages)
    assert all("Two Keys\n========" in part_of(mail, "plain") for mail in mjml_installation.mails())
