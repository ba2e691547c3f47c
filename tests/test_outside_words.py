"""
Words from outside through the whole pipeline, from a folder to a mailbox: whatever looks like a
template in them is printed as it stands.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from installation import Installation
from origins import STAFF
from selectolax.lexbor import LexborHTMLParser

from newsletter import pipeline
from newsletter.errors import Refused
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.rendering import render_issue
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.sample_readers import reader_named
from newsletter.model.schedule import Group, IssueRules
from newsletter.model.source import FirstPoll
from newsletter.workers.scheduler import tick
from subscribers.lists import edit_list, find_list
from subscribers.subscriptions.begin import subscribe
from subscribers.validation.address import parse_address

MORNING = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)
EVENING = MORNING - dt.timedelta(hours=15)
EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "templates"
# One of each kind that somebody reads: Jinja, merge fields, words, MJML's, and providers' own.
ODD = "{{7*7}} {% raw %} %%email%% %%nonesuch%% {list} {# x #} &lt;mj-text> {{{name}}}"
SEEN = ODD.replace("&lt;", "<")
BRIEF = """---
title: 'Title ODD'
series: 'Series ODD'
date: 2026-03-05
image: https://img.example.org/NO.jpg?a=%%email%%
image_alt: 'Alt ODD'
caption: 'Caption ODD'
credit: 'Credit ODD'
categories: ['Group ODD']
url: https://example.org/NO?%%email%%
takeaways: ['Takeaway ODD']
---

Body ODD is there, and [a link](https://example.org/%%email%%?q={{7*7}}).
"""


@pytest.fixture
def office(tmp_path: Path, database_url: str, warm_sandbox: Sandbox) -> Iterator[Installation]:
    """
    Three briefs in a folder, a list and a reader: every word of them odd.
    """
    site = {"name": "N", "base_url": "https://news.example.org", "templates": str(EXAMPLES)}
    installation = Installation(
        tmp_path, database_url, now=EVENING, sandbox=warm_sandbox, site=site
    )
    installation.add_list()
    with installation.app.database.write() as connection:
        edit_list(connection, "daily", name=f"List {SEEN}")
        subscribe(
            connection,
            parse_address("ada@example.org"),
            mailing_list=find_list(connection, "daily"),
            name=f"Reader {SEEN}",
            consent="asked in a test",
            source="test",
            now=EVENING,
            by=STAFF,
        )
    installation.add_source("site", "folder", "briefs", first_poll=FirstPoll.NEW)
    folder = tmp_path / "briefs"
    folder.mkdir()
    for number in range(3):
        file = folder / f"{number}.md"
        file.write_text(BRIEF.replace("ODD", ODD).replace("NO", str(number)), encoding="utf-8")
        os.utime(file, (0, 0))
    yield installation
    installation.close()


def part_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return " ".join(str(part.get_content()).split())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("digest", ("Title", "Series", "Takeaway", "Body", "Caption", "Credit", "Group", "List")),
        ("intelbrief", ("Title", "Series", "Takeaway", "Body", "Caption", "Credit", "List")),
        ("letter", ("Title", "Takeaway", "Body", "List")),
        ("alert", ("Title", "Takeaway", "List")),
        ("mjml-digest", ("Title", "Series", "Takeaway", "Body", "Caption", "Credit", "List")),
    ],
)
def test_what_comes_from_outside_is_printed_and_never_read(
    office: Installation, template: str, shown: tuple[str, ...]
) -> None:
    office.add_schedule(template=template, rules=IssueRules(group=Group.CATEGORY))
    office.now = MORNING
    tick(office.app.publishing)
    office.submit_all()
    (mail,) = office.mails()
    html, text = part_of(mail, "html"), part_of(mail, "plain")
    page = " ".join(LexborHTMLParser(html).text().split())
    assert SEEN in mail["Subject"]
    # Reading takes a site's own tags out of a body.
    page = page.replace(f"Body {SEEN.replace('{% raw %} ', '')}", f"Body {SEEN}")
    assert [name for name in shown if f"{name} {SEEN}" not in page] == []
    assert "ada@example.org" not in html + text
    assert "49" not in page
    assert f"Title {SEEN}" in text
    if "<img" in html:
        picture = LexborHTMLParser(html).css_first("img")
        assert picture is not None
        assert picture.attributes["alt"] == f"Alt {SEEN}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_typed_words_are_read_for_merge_fields_alone_and_once(office: Installation) -> None:
    issue_id = office.add_issue(subject="{{7*7}} for %%name%%", intro="{% raw %} %%name%%")
    reader = reader_named(f"Reader {SEEN}")
    copy = compile_mail(render_issue(office.app.publishing, issue_id)).fill(reader)
    assert copy.subject == f"{{{{7*7}}}} for Reader {SEEN}"
    assert f"{{% raw %}} Reader {SEEN}" in copy.text
    # Readers would see the braces: what was meant to be a template stops the issue.
    with pytest.raises(Refused, match="cannot be sent: placeholders"):
        pipeline.publish_issue(office.app.publishing, issue_id)
