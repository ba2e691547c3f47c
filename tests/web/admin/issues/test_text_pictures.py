"""
A picture is uploaded into the text of a draft, and what was typed is saved with it.
"""

from __future__ import annotations

import re

import httpx
import pytest
from installation import Installation
from picture_files import picture
from staff_samples import SAME_ORIGIN, StaffBrowser, add_member, form_token

from newsletter.actions.issues import issue_pages
from newsletter.issues.rendering import render_issue
from newsletter.model.access import OPERATOR
from newsletter.web.admin.uploads import MOST_PICTURE_BYTES

HERE = "/admin/issues/1"


@pytest.fixture
def writer(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    Somebody who writes draft 1.
    """
    installation.add_list()
    installation.add_readers(1)
    add_member(installation)
    browser.log_in()
    installation.add_issue("One")
    return browser


def intro_of(installation: Installation) -> str:
    return issue_pages.content(installation.app, 1, by=OPERATOR).issue.intro or ""


def upload(
    browser: StaffBrowser, intro: str, content: bytes, *, description: str
) -> httpx.Response:
    page = browser.get(HERE).text
    seen = re.findall(r'name="seen" value="([^"]*)"', page)[0]
    values = {"seen": seen, "brief": "1", "intro": intro, "subject": "Typed"}
    return browser.client.post(
        f"{HERE}/picture",
        data={"form_token": form_token(page), "description": description, **values},
        files={"picture": ("quay.png", content, "image/png")} if content else {"x": b""},
        headers=SAME_ORIGIN,
    )


def test_a_picture_is_stored_described_and_as_wide_as_the_column(
    installation: Installation, writer: StaffBrowser
) -> None:
    image = picture("PNG", 800, 400)
    sent = upload(writer, "Dear ![](picture) reader", image, description="A [quay]\n & %%name%%")
    assert sent.headers["location"] == f"{HERE}#intro"
    intro = intro_of(installation)
    url = re.search(r"\]\((http[^)]*/media/[0-9a-f]{24})\)", intro)
    assert url is not None
    assert intro == rf"Dear ![A \[quay\] \& \%\%name\%\%]({url[1]}) reader"
    html = render_issue(installation.app.publishing, 1).html
    tag = re.search(rf'<img[^>]*src="{re.escape(url[1])}"[^>]*>', html)
    assert tag is not None
    assert 'width="576"' in tag[0]
    assert "A [quay] &amp; %%name%%" in tag[0]
    upload(writer, "Dear reader", image, description="The same")
    assert intro_of(installation) == f"Dear reader\n\n![The same]({url[1]})"


def test_what_was_typed_stays_if_the_picture_is_refused(
    installation: Installation, writer: StaffBrowser
) -> None:
    image = picture("PNG", 8, 8)
    for content, description, field in (
        (b"no picture", "A quay", "picture"),
        (b"", "A quay", "picture"),
        (image, " ", "description"),
    ):
        wrong = upload(writer, "Dear ![](picture)<b>", content, description=description)
        assert wrong.status_code == 422
        assert f'id="{field}-error"' in wrong.text
        assert "Dear &lt;b&gt;</textarea>" in wrong.text
        assert 'value="Typed"' in wrong.text
    assert intro_of(installation) == ""


def test_a_photograph_fits_every_form_that_takes_a_picture(
    installation: Installation, writer: StaffBrowser
) -> None:
    photograph = picture("PNG", 800, 400) + b"\0" * (6 * 2**20)
    (stored, *_) = installation.stored_briefs()
    answers = {HERE: upload(writer, "Dear reader", photograph, description="A quay").status_code}
    for path, page in (
        ("/admin/briefs/new", "/admin/briefs/new"),
        ("/admin/briefs/picture", "/admin/briefs/new"),
        (f"/admin/briefs/{stored.id}/picture", f"/admin/briefs/{stored.id}"),
        ("/admin/lists/daily/logo", "/admin/lists/daily"),
    ):
        shown = writer.get(page).text
        assert f'data-most-mb="{MOST_PICTURE_BYTES // 2**20}"' in shown, page
        answers[path] = writer.client.post(
            path,
            data={"form_token": form_token(shown), "title": "Quay"},
            files={"picture": ("quay.png", photograph, "image/png")},
            headers=SAME_ORIGIN,
        ).status_code
    assert {path: code for path, code in answers.items() if code not in (200, 303)} == {}
    assert "/media/" in intro_of(installation)
