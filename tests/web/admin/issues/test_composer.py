"""
The composer: a draft is begun, written and saved, and nobody's words are lost.
"""

from __future__ import annotations

import datetime as dt
import re

import httpx
import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member, form_token
from statements import counted

from newsletter.actions.content import briefs
from newsletter.actions.issues import issue_pages
from newsletter.actions.people import lists
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Role
from newsletter.model.issue import DeadlineAction, Issue, IssueState, ShownAs
from newsletter.store.issues.issues import edit_issue

MOST_STATEMENTS = 12
HOSTILE = '<script>alert(1)</script>" onmouseover="x'


@pytest.fixture
def draft(installation: Installation, browser: StaffBrowser) -> int:
    """
    The number of a draft of three briefs, which an owner is logged in to write.
    """
    installation.add_list()
    installation.add_readers(3)
    add_member(installation)
    browser.log_in()
    return installation.add_issue("One", "Two", "Three")


def stored(installation: Installation, number: int) -> tuple[Issue, list[tuple[int, ShownAs]]]:
    found = issue_pages.content(installation.app, number, by=OPERATOR)
    return found.issue, [(each.brief_id, each.shown_as) for each in found.briefs]


def typed_in(page: str) -> dict[str, object]:
    """
    Return what the form of the composer holds.
    """
    form = page[page.index('id="compose"') : page.index("</form>", page.index('id="compose"'))]
    boxes = re.findall(r'type="checkbox" name="(list|minus|cadence)" value="([^"]*)" checked', form)
    values: dict[str, object] = {
        "seen": re.findall(r'name="seen" value="([^"]*)"', form)[0],
        "brief": re.findall(r'name="brief" value="(\d+)"', form),
        "template": re.findall(r'<option value="(\w+)" selected', form[form.index("template") :])[
            -1
        ],
        "subject": re.findall(r'name="subject" value="([^"]*)"', form)[0],
        "preheader": re.findall(r'name="preheader" value="([^"]*)"', form)[0],
        "asks_audience": "yes",
    }
    for name in ("list", "minus", "cadence"):
        values[name] = [value for box, value in boxes if box == name]
    return values


def save(browser: StaffBrowser, number: int, **changes: object) -> httpx.Response:
    page = browser.get(f"/admin/issues/{number}").text
    values = {**typed_in(page), **changes}
    return browser.post(f"/admin/issues/{number}/edit", token=form_token(page), **values)


def test_a_draft_is_saved_as_one_form(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    saved = save(
        browser,
        draft,
        subject="The ice road",
        preheader="And two keys",
        intro="Good morning.\r\n\r\nHere is **more**.",
        **{"show-2": "line"},
    )
    assert (saved.status_code, saved.headers["location"]) == (303, f"/admin/issues/{draft}")
    issue, briefs = stored(installation, draft)
    assert (issue.subject, issue.preheader) == ("The ice road", "And two keys")
    assert issue.intro == "Good morning.\n\nHere is **more**."
    assert dict(briefs)[2] is ShownAs.LINE
    assert "The draft is saved." in browser.get(f"/admin/issues/{draft}").text


def test_a_long_letter_is_saved_in_any_script(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    letter = "港の壁は古い。" * 3000
    assert save(browser, draft, intro=letter).status_code == 303
    assert stored(installation, draft)[0].intro == letter


def test_an_empty_text_is_the_template_s_again(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    save(browser, draft, subject="Typed")
    save(browser, draft, subject=" ")
    assert stored(installation, draft)[0].subject is None


def test_a_button_moves_a_brief_saves_what_was_typed_and_has_the_focus_again(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    for button, value, order, focus in (
        ("up", "1", [1, 2, 3], "#down-1"),
        ("up", "3", [1, 3, 2], "#up-3"),
        ("down", "1", [3, 1, 2], "#down-1"),
        ("down", "2", [3, 1, 2], "#up-2"),
        ("out", "1", [3, 2], "#order"),
        ("out", "1", [3, 2], ""),
    ):
        moved = save(browser, draft, subject=f"{button} {value}", **{button: value})
        assert moved.headers["location"] == f"/admin/issues/{draft}{focus}"
        issue, briefs = stored(installation, draft)
        assert [number for number, _ in briefs] == order
        assert issue.subject == f"{button} {value}"


def test_briefs_are_added_and_the_template_follows_their_number(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    single = installation.add_issue("Alone")
    assert stored(installation, single)[0].template == "intelbrief"
    save(browser, single, add=["1", "2", "999x"], do="order")
    issue, briefs = stored(installation, single)
    assert [number for number, _ in briefs] == [4, 1, 2]
    assert issue.template == "digest"
    save(browser, single, brief=[], do="save")
    issue, briefs = stored(installation, single)
    assert (briefs, issue.template) == ([], "letter")


def test_a_save_that_meets_a_newer_one_shows_both_and_loses_neither(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    page = browser.get(f"/admin/issues/{draft}").text
    mine = {**typed_in(page), "subject": "Mine"}
    save(browser, draft, subject="Theirs <b>")
    both = browser.post(f"/admin/issues/{draft}/edit", token=form_token(page), **mine)
    assert both.status_code == 409
    assert "Somebody else saved this draft while you wrote" in both.text
    assert 'value="Mine"' in both.text
    assert "Theirs &lt;b&gt;" in both.text
    assert stored(installation, draft)[0].subject == "Theirs <b>"
    again = {**typed_in(both.text), "subject": "Mine"}
    browser.post(f"/admin/issues/{draft}/edit", token=form_token(both.text), **again)
    assert stored(installation, draft)[0].subject == "Mine"


def test_a_save_that_changes_nothing_keeps_an_approval(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    page = browser.get(f"/admin/issues/{draft}/approve").text
    shown = re.findall(r'name="shown" value="(\w+)"', page)[0]
    browser.post(f"/admin/issues/{draft}/approve", shown=shown)
    assert stored(installation, draft)[0].state is IssueState.APPROVED
    save(browser, draft)
    assert stored(installation, draft)[0].state is IssueState.APPROVED
    save(browser, draft, subject="Changed")
    assert stored(installation, draft)[0].state is IssueState.DRAFT


def test_who_gets_it_is_chosen_by_lists(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    installation.add_list("weekly")
    installation.add_list("staff")
    save(browser, draft, list=["weekly", "daily"], minus=["staff", "daily"], cadence=["weekly"])
    audience = stored(installation, draft)[0].audience
    assert (audience.lists, audience.minus) == (("weekly", "daily"), ("staff",))
    assert [each.value for each in audience.cadences] == ["weekly"]
    refused = save(browser, draft, list=[], subject="Kept")
    assert refused.status_code == 422
    assert "Choose at least one list." in refused.text
    assert 'value="Kept"' in refused.text


def test_what_is_not_valid_is_said_at_its_field(browser: StaffBrowser, draft: int) -> None:
    refused = save(browser, draft, preheader="two\u2028lines", intro="Kept words.")
    assert refused.status_code == 422
    assert 'id="preheader-error"' in refused.text
    assert "Kept words." in refused.text


def test_a_merge_field_of_another_product_is_found_where_it_was_typed_and_replaced_by_a_button(
    browser: StaffBrowser, draft: int
) -> None:
    save(browser, draft, subject="For %FIRSTNAME%", intro="Dear *|FNAME|*,\n\n*|FNAME|*, read.")
    page = browser.get(f"/admin/issues/{draft}?checked=yes").text
    at_intro = page[
        page.index('id="findings-intro"') : page.index("</div>", page.index('id="findings-intro"'))
    ]
    assert at_intro.count("eaders would see *|FNAME|*") == 1
    assert 'name="instead" value="intro *|FNAME|*"' in at_intro
    assert 'name="instead" value="subject %FIRSTNAME%"' in page
    save(browser, draft, intro="Dear *|FNAME|*,\n\n*|FNAME|*, more.", instead="intro *|FNAME|*")
    page = browser.get(f"/admin/issues/{draft}?checked=yes").text
    assert "Dear %%first_name|reader%%,\n\n%%first_name|reader%%, more." in page
    assert 'value="intro ' not in page


def test_what_people_wrote_is_shown_as_text(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list()
    add_member(installation)
    browser.log_in()
    number = installation.add_issue(
        HOSTILE, subject=HOSTILE, preheader=HOSTILE, intro=f"</textarea>{HOSTILE}"
    )
    for path in ("/approve", "/test", "?checked=yes"):
        html = browser.get(f"/admin/issues/{number}{path}").text
        assert "<script>alert" not in html, path
        assert '" onmouseover="' not in html, path
        assert "</textarea><script" not in html


def test_a_draft_begins_with_briefs_from_the_inbox(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    begun = browser.post("/admin/issues/new", brief=["3", "1"])
    _, briefs = stored(installation, draft + 1)
    assert begun.headers["location"] == f"/admin/issues/{draft + 1}"
    assert [number for number, _ in briefs] == [3, 1]
    installation.add_list("weekly")
    asked = browser.post("/admin/issues/new", brief=["2"])
    assert asked.status_code == 200
    assert re.search(r'name="brief" value="2" checked', asked.text)
    refused = browser.post("/admin/issues/new", do="begin")
    assert (refused.status_code, "Choose at least one list." in refused.text) == (422, True)
    browser.post("/admin/issues/new", list="weekly", do="begin")
    letter, none = stored(installation, draft + 2)
    assert (letter.audience.lists, letter.template, none) == (("weekly",), "letter", [])


def test_without_a_list_the_page_says_what_comes_first(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    assert "there is no list yet" in browser.get("/admin/issues/new").text


def test_the_composer_needs_few_statements(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    number = installation.add_issue(*(f"Brief {each}" for each in range(8)))
    # The first page of a session looks up whose it is.
    browser.get("/admin")
    for path in (f"/admin/issues/{number}", "/admin/issues/new"):
        with counted(installation.app) as statements:
            assert browser.get(path).status_code == 200
        assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)


def test_a_draft_says_what_its_deadline_really_does(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    later = installation.now + dt.timedelta(hours=3)
    with installation.app.database.write() as connection:
        edit_issue(connection, draft, deadline=later, at_deadline=DeadlineAction.SEND)
    path = f"/admin/issues/{draft}"
    assert "If nobody decides, it is sent on" in browser.get(path).text
    lists.edit(installation.app, "daily", ListValues(needs_approval=True), by=OPERATOR)
    with counted(installation.app) as statements:
        page = browser.get(path).text
    assert "it waits for somebody who does" in page
    assert "Hold it" in page
    assert len(statements) <= MOST_STATEMENTS + 3, "\n".join(statements)


def test_how_a_brief_is_shown_says_when_it_is_not_as_asked(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    path = f"/admin/issues/{draft}"
    save(browser, draft, **{"show-1": "full", "show-2": "takeaways", "show-3": "full"})
    page = browser.get(path).text
    assert page.count("(needs a link)") == 6
    assert page.count("Shown in full: without a link") == 1
    values = {"url": "https://example.org/two"}
    briefs.edit(installation.app, 2, values=values, by=OPERATOR)
    page = browser.get(path).text
    assert page.count("(needs a link)") == 4
    assert "Shown in full" not in page
    assert "Also in this issue" not in page
    save(browser, draft, **{"show-1": "full", "show-2": "line", "show-3": "full"})
    assert "Also in this issue" in browser.get(path).text


def test_findings_stand_beside_what_they_are_about(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    save(browser, draft, subject="Short")
    page = browser.get(f"/admin/issues/{draft}?checked=yes").text
    beside = re.search(r'id="findings-subject">(.*?)</div>', page, re.DOTALL)
    assert "5 characters" in (beside[1] if beside else "")
    of_brief = re.search(r'id="findings-brief-1">(.*?)</div>', page, re.DOTALL)
    assert "key takeaways" in (of_brief[1] if of_brief else "")
    part = browser.get(f"/admin/issues/{draft}/check").text
    assert part.count("hx-swap-oob") == 8
    assert "newsletter issue test" not in part


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.AUTHOR])
def test_who_may_not_send_is_not_offered_it_and_refused(
    installation: Installation, browser: StaffBrowser, draft: int, role: Role
) -> None:
    add_member(installation, "role@example.org", role=role)
    browser.log_in("role@example.org")
    page = browser.get(f"/admin/issues/{draft}").text
    assert "Approve and send" not in page
    assert "Send me a test" not in page
    assert ("Save the draft" in page) is (role is Role.AUTHOR)
    for path in ("send", "approve", "test", "discard"):
        form = {"shown": "x", "when": "now", "sure": "yes", "address": "a@example.org"}
        sent = browser.post(f"/admin/issues/{draft}/{path}", on="/admin/account", **form)
        assert sent.status_code == 403, path
    if role is Role.OBSERVER:
        assert save(browser, draft, subject="No").status_code == 403
        assert browser.get("/admin/issues/new").status_code == 403


def test_a_draft_of_a_list_out_of_reach_does_not_exist(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    installation.add_list("other")
    add_member(installation, "lim@example.org", role=Role.EDITOR, lists=["other"])
    browser.log_in("lim@example.org")
    for path in ("", "/approve", "/send?shown=x", "/test", "/check", "/preview"):
        assert browser.get(f"/admin/issues/{draft}{path}").status_code == 404, path
    for path in ("edit", "approve", "send", "test", "hold", "discard"):
        sent = browser.post(
            f"/admin/issues/{draft}/{path}",
            on="/admin/account",
            shown="x",
            sure="yes",
            address="a@b.example",
        )
        assert sent.status_code == 404, path
    assert "Daily" not in browser.get("/admin/issues/new").text
