"""
Test long issues through the whole pipeline: the mail is small enough, reads well, and lists what
was shortened.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from installation import Installation
from selectolax.lexbor import LexborHTMLParser
from template_samples import brief_in, issue_in

from newsletter import pipeline
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues import approval
from newsletter.issues.rendering import shortened_in
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.render import RENDER_MODULES, fill_for_browser, render_mail
from newsletter.mail.size.budget import HTML_AIM_BYTES, merged_bytes
from newsletter.model.brief import Link
from newsletter.model.issue import AudienceRule
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail, Recipient, Shortening
from newsletter.store.content.manual_briefs import store_by_hand
from newsletter.store.delivery import freeze
from newsletter.store.issues import issues

PARAGRAPHS = [
    f"{'The harbour council voted for it late on Monday evening, and nobody left the room. ' * 4}"
    f"So ended part {number} [1]."
    for number in range(7)
]
LONG = {
    "body_html": "".join(f"<p>{each}</p>" for each in PARAGRAPHS),
    "body_text": "\n\n".join(PARAGRAPHS),
    "footnotes": ("[1] Minutes of the council.", "[2] A note of the part that is cut."),
}
LONGEST = Recipient(
    delivery_id=1,
    email=f"{'o' * 64}@{'example.' * 20}org",
    name='"' * 200,
    message_id="<1@example.org>",
    unsubscribe_url="https://news.example.org/u/" + "t" * 40,
    values={
        "first_name": '"' * 200,
        "preferences_url": "https://news.example.org/p/" + "t" * 40,
    },
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(RENDER_MODULES) as running:
        yield running


def long_issue(writing: str = "ltr", count: int = 14) -> IssueContent:
    return issue_in(writing, ["full"] * count + ["line"] * 10, brief=LONG)


def rendered(
    sandbox: Sandbox,
    content: IssueContent,
    *,
    nonce: str = "0123456789ab",
    template: str = "digest",
) -> Mail:
    return render_mail(content, template, folders=(), sandbox=sandbox, nonce=nonce)


@pytest.mark.parametrize("writing", ["ltr", "rtl", "cjk"])
def test_fourteen_long_briefs_fit_into_a_digest(sandbox: Sandbox, writing: str) -> None:
    mail = rendered(sandbox, long_issue(writing))
    filled = compile_mail(mail).fill(LONGEST).html
    assert len(filled.encode()) <= merged_bytes(mail) <= HTML_AIM_BYTES
    assert mail.shortened
    page = LexborHTMLParser(filled)
    assert len(page.css("h1, h2, h3")) >= 24
    cells = [cell.text().strip() for cell in page.css("td.text")]
    assert all(re.search(r"[.。]$", cell) for cell in cells)


@pytest.mark.parametrize("template", ["intelbrief", "digest", "alert"])
@pytest.mark.parametrize("count", [14, 60])
def test_templates_of_several_briefs_fit_any_number_of_them(
    sandbox: Sandbox, template: str, count: int
) -> None:
    content = issue_in("ltr", ["full"] * count, brief=LONG)
    mail = rendered(sandbox, content, template=template)
    assert merged_bytes(mail) <= HTML_AIM_BYTES
    titles = [one.brief.title for one in content.briefs]
    shown = [node.text() for node in LexborHTMLParser(mail.html).css("h1, h2, h3")]
    assert [title for title in titles if title not in shown] == []
    assert [title for title in titles if title not in " ".join(mail.text.split())] == []


@pytest.mark.parametrize("label", ["Register for the ferry day", "Read more"])
def test_a_shortened_brief_ends_with_a_link_and_without_unused_notes(
    sandbox: Sandbox, label: str
) -> None:
    content = long_issue()
    briefs = list(content.briefs)
    own = Link(label, "https://example.org/register")
    briefs[13] = replace(briefs[13], brief=replace(briefs[13].brief, cta=own))
    mail = rendered(sandbox, replace(content, briefs=tuple(briefs)))
    cut = [one.brief_id for one in mail.shortened]
    assert cut[-2:] == [12, 13]
    page = LexborHTMLParser(mail.html)
    to = [node.attributes["href"] for node in page.css("a.more-link")]
    assert to[-2:] == ["https://example.org/briefs/quay-12", "https://example.org/briefs/quay-13"]
    assert mail.html.count("A note of the part that is cut") == 14 - len(cut)
    assert page.css("a.button-link")[-1].attributes["href"] == own.url


def test_a_brief_without_a_url_is_complete_on_the_page_of_the_issue(sandbox: Sandbox) -> None:
    bare = {**LONG, "url": None, "cta": None}
    content = issue_in("ltr", ["full"] * 30, brief=bare)
    mail = rendered(sandbox, content)
    assert merged_bytes(mail) <= HTML_AIM_BYTES
    assert {one.how for one in mail.shortened} == {Shortening.CUT, Shortening.LINE}
    to = {node.attributes["href"] for node in LexborHTMLParser(mail.html).css(".more-link")}
    assert to == {content.view_url}
    assert f'href="{content.view_url}"' in mail.html
    page = fill_for_browser(mail, own_url=content.view_url)
    assert page.count(PARAGRAPHS[-1][-30:]) == 30
    assert content.view_url not in page


def test_the_text_is_cut_where_the_html_is(sandbox: Sandbox) -> None:
    mail = rendered(sandbox, long_issue())
    for number, paragraph in enumerate(PARAGRAPHS):
        in_text = " ".join(mail.text.split()).count(paragraph[-30:])
        assert in_text == mail.html.count(paragraph[-30:]), number


def test_another_nonce_shortens_the_same_way(sandbox: Sandbox) -> None:
    first, second = (rendered(sandbox, long_issue(), nonce=nonce * 12) for nonce in "ab")
    assert first.html.replace("a" * 12, "b" * 12) == second.html
    assert first.shortened == second.shortened


def test_an_approved_long_issue_is_sent_as_it_was_seen(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    issue_id = add_long_issue(installation)
    would_be = shortened_in(installation.app.publishing, issue_id)
    approval.approve(installation.app.publishing, issue_id)
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()
    assert len(would_be) > 3
    assert shortened_in(installation.app.publishing, issue_id) == would_be
    with installation.app.database.read() as connection:
        frozen = freeze.load_mail(connection, issue_id)
    assert frozen is not None
    assert frozen[0].shortened == would_be
    for mail in installation.mails():
        html = mail.get_body(("html",))
        assert html is not None
        assert len(html.get_content().encode()) <= HTML_AIM_BYTES


def add_long_issue(installation: Installation) -> int:
    from newsletter.issues.drafts import new_issue
    from newsletter.issues.selection import shown
    from newsletter.model.issue import ShownAs

    now = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
    with installation.app.database.write() as connection:
        kept = [
            store_by_hand(connection, brief_in("ltr", n, **LONG), key=str(n), now=now).id
            for n in range(14)
        ]
        audience = AudienceRule(lists=("daily",))
        draft = new_issue(
            installation.app.publishing, connection, audience=audience, template="digest"
        )
        draft = replace(draft, needs_approval=True)
        chosen = shown(kept, ShownAs.FULL)
        return issues.add_issue(connection, draft, chosen, now=now)
