"""
What becomes of the briefs of a draft can be taken back, and two people lose none of them.
"""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member, form_token

from newsletter.actions.issues import issue_pages
from newsletter.model.access import OPERATOR
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import ShownAs
from newsletter.store.issues.issues import set_briefs
from newsletter.web.admin.issues.drafts.order_undo import undo_of

HERE = "/admin/issues/1"
ORDER = ((1, ShownAs.FULL), (2, ShownAs.LINE), (3, ShownAs.LINE))


@pytest.fixture
def writer(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    Somebody who writes draft 1, of three briefs.
    """
    installation.add_list()
    installation.add_readers(1)
    add_member(installation)
    browser.log_in()
    installation.add_issue("One <b>", "Two", "Three")
    return browser


def content(installation: Installation) -> DraftContent:
    found = issue_pages.content(installation.app, 1, by=OPERATOR)
    return DraftContent.of(found.issue, found.briefs)


def press(browser: StaffBrowser, page: str, **pressed: str) -> httpx.Response:
    """
    Send the form of the composer as *page* shows it, with a button.
    """
    form = page[page.index('id="compose"') : page.index("</form>", page.index('id="compose"'))]
    values = {
        "seen": re.findall(r'name="seen" value="([^"]*)"', form)[0],
        "brief": re.findall(r'name="brief" value="(\d+)"', form),
        "template": "digest",
        "subject": "Typed",
    }
    for number, shown_as in ORDER:
        values[f"show-{number}"] = shown_as.value
    return browser.post(f"{HERE}/edit", token=form_token(page), **{**values, **pressed})


def undo(browser: StaffBrowser, page: str) -> httpx.Response:
    form = page[page.index('<form id="undo"') :]
    form = form[: form.index("</form>")]
    hidden = re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', form)
    values = {name: unescape(value) for name, value in hidden}
    return browser.post(f"{HERE}/order", token=values.pop("form_token"), **values)


def test_a_move_and_a_removal_are_taken_back_by_a_button(
    installation: Installation, writer: StaffBrowser
) -> None:
    page = writer.get(HERE).text
    assert 'id="undo"' not in page
    press(writer, page, subject="Typed")
    before = content(installation)
    assert before.briefs == ORDER
    for pressed, said in (
        ({"down": "1"}, "“One &lt;b&gt;” is moved down."),
        ({"out": "2"}, "“Two” is taken out."),
    ):
        press(writer, writer.get(HERE).text, **pressed)
        page = writer.get(HERE).text
        assert said in page
        assert content(installation).briefs != ORDER
        assert undo(writer, page).headers["location"] == f"{HERE}#order"
        assert content(installation) == before
        assert "The briefs are as before." in writer.get(HERE).text


def test_nothing_is_taken_back_from_a_draft_that_was_saved_since(
    installation: Installation, writer: StaffBrowser
) -> None:
    press(writer, writer.get(HERE).text, out="2")
    page = writer.get(HERE).text
    press(writer, writer.get(HERE).text, subject="Saved since")
    writer.get(HERE)
    undo(writer, page)
    assert "the draft has been saved since" in writer.get(HERE).text
    assert [number for number, _ in content(installation).briefs] == [1, 3]


def test_a_brief_that_somebody_else_took_out_is_named_and_said_to_be_gone(
    installation: Installation, writer: StaffBrowser
) -> None:
    mine = writer.get(HERE).text
    press(writer, mine, out="2")
    both = press(writer, mine, subject="Mine")
    assert both.status_code == 409
    assert "Somebody else took this brief out." in both.text
    assert "<bdi>Two</bdi></a>" in both.text
    assert "1. <bdi>One &lt;b&gt;</bdi>" in both.text
    press(writer, both.text)
    assert content(installation).briefs == ORDER


def test_a_brief_comes_back_under_its_heading(
    installation: Installation, writer: StaffBrowser
) -> None:
    headings = {1: "News & more", 2: "Harbour"}
    with installation.app.database.write() as connection:
        set_briefs(connection, 1, ORDER, headings=headings)
    press(writer, writer.get(HERE).text, out="1")
    page = writer.get(HERE).text
    assert 'name="heading-2"' not in page
    undo(writer, page)
    stored = issue_pages.content(installation.app, 1, by=OPERATOR).briefs
    assert [each.heading for each in stored] == ["News & more", "Harbour", None]


def test_nothing_is_offered_where_no_brief_moved() -> None:
    before = DraftContent(audience=None, template="digest", briefs=ORDER)  # type: ignore[arg-type]
    assert undo_of(1, before, before, headings={}) is None
