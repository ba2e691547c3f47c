"""
The page of a brief: what its source gave beside what readers get, and the decisions about it.
"""

from __future__ import annotations

import html
import re

from brief_pages import HOSTILE, add_brief, enter, status_of
from installation import Installation
from picture_files import picture
from staff_samples import SAME_ORIGIN, StaffBrowser, add_member, form_token
from statements import counted

from newsletter.actions.content import briefs
from newsletter.model.access import OPERATOR, Role
from newsletter.model.brief import BriefStatus
from newsletter.store.content.briefs import StoredBrief

PAGE = "/admin/briefs/1"


def stored(installation: Installation, number: int = 1) -> StoredBrief:
    return briefs.show(installation.app, number, by=OPERATOR)[0]


def fields(page: str) -> dict[str, str]:
    """
    Return the form of the fields as a browser would send it back.
    """
    form = re.search(r'<form id="fields".*?</form>', page, re.DOTALL)
    assert form is not None
    found = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form[0]))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n([^<]*)<', form[0]):
        found[name] = html.unescape(text)
    del found["form_token"]
    return found


def test_a_title_is_edited_and_reset_to_that_of_the_source(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_brief(installation, "The Quiet Harbour")
    enter(installation, browser)
    typed = fields(browser.get(PAGE).text)
    browser.post(PAGE, **{**typed, "title": "A Louder Harbour"})
    page = browser.get(PAGE).text
    assert stored(installation).brief.title == "A Louder Harbour"
    assert stored(installation).edited == ("title",)
    assert "Reset to the first text" in page
    assert "The Quiet Harbour" in page
    browser.post(PAGE, **{**fields(page), "caption": "At dawn", "reset": "title"})
    assert stored(installation).brief.title == "The Quiet Harbour"
    assert stored(installation).brief.caption == "At dawn"


def test_the_text_is_edited_in_markdown_and_reset(
    installation: Installation, browser: StaffBrowser
) -> None:
    html_of = "<p>Nobody <em>left</em>.</p>"
    add_brief(installation, "The Quiet Harbour", body_html=html_of, body_text="Nobody left.")
    enter(installation, browser)
    typed = fields(browser.get(PAGE).text)
    assert typed["body"] == "Nobody _left_."
    browser.post(PAGE, **{**typed, "body": f"Everybody **left**.\r\n\r\n{HOSTILE}"})
    page = browser.get(PAGE).text
    assert stored(installation).brief.body_typed == f"Everybody **left**.\n\n{HOSTILE}"
    assert fields(page)["body"] == f"Everybody **left**.\n\n{HOSTILE}"
    assert "<script>alert" not in page
    again = browser.post(PAGE, **fields(page))
    assert again.headers["location"] == PAGE
    assert "Nothing was changed." in browser.get(PAGE).text
    browser.post(PAGE, **{**fields(page), "reset": "body"})
    assert (stored(installation).brief.body_html, stored(installation).edited) == (html_of, ())


def test_a_part_that_was_removed_is_put_back(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_brief(installation, "The Quiet Harbour", removed=("Share this", "See *also*: the <quay>"))
    enter(installation, browser)
    page = browser.get(PAGE).text
    assert "Put it back" in page
    browser.post(PAGE, **{**fields(page), "keep": "2", "caption": "At dawn"})
    brief = stored(installation).brief
    assert brief.body_text == "Nobody left the quay.\n\nSee *also*: the <quay>"
    assert brief.caption == "At dawn"
    assert "move it to where it belongs" in browser.get(PAGE).text


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_brief(installation, "The Quiet Harbour")
    enter(installation, browser)
    typed = fields(browser.get(PAGE).text)
    answer = browser.post(PAGE, **{**typed, "url": "ferry.example", "caption": "At dawn"})
    assert answer.status_code == 422
    assert 'id="url-error"' in answer.text
    assert 'value="ferry.example"' in answer.text
    assert 'value="At dawn"' in answer.text
    assert stored(installation).edited == ()


def test_a_save_that_meets_a_newer_one_shows_both(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_brief(installation, "The Quiet Harbour")
    enter(installation, browser)
    typed = fields(browser.get(PAGE).text)
    installation.now = installation.now.replace(hour=13)
    briefs.edit(installation.app, 1, values={"title": "Theirs"}, by=OPERATOR)
    answer = browser.post(PAGE, **{**typed, "title": "Mine"})
    assert answer.status_code == 422
    assert "Changed meanwhile to “Theirs”" in answer.text
    assert stored(installation).brief.title == "Theirs"
    browser.post(PAGE, **{**fields(answer.text), "title": "Mine"})
    assert stored(installation).brief.title == "Mine"


def test_a_brief_is_held_with_a_reason_freed_and_pinned(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_brief(installation, "The Quiet Harbour")
    enter(installation, browser)
    browser.post(f"{PAGE}/hold", on=PAGE, reason="wait for the ministry")
    assert "wait for the ministry" in browser.get(PAGE).text
    assert status_of(installation, 1) is BriefStatus.HELD
    browser.post(f"{PAGE}/free", on=PAGE)
    browser.post(f"{PAGE}/pin", on=PAGE, pinned="yes")
    assert (stored(installation).status, stored(installation).is_pinned) == (BriefStatus.NEW, True)
    browser.post(f"{PAGE}/pin", on=PAGE, pinned="no")
    assert not stored(installation).is_pinned


def upload(browser: StaffBrowser, path: str, content: bytes, **values: str) -> int:
    token = form_token(browser.get(path.removesuffix("/picture")).text)
    answer = browser.client.post(
        path,
        data={"form_token": token, **values},
        files={"picture": ('a "quay".png', content, "image/png")},
        headers=SAME_ORIGIN,
    )
    return answer.status_code


def test_a_picture_is_uploaded_with_its_description(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_brief(installation, "The Quiet Harbour")
    enter(installation, browser)
    path = f"{PAGE}/picture"
    assert upload(browser, path, picture("PNG", 800, 400), description="The quay") == 303
    brief = stored(installation).brief
    assert (brief.image_alt, brief.image_width is None) == ("The quay", True)
    page = browser.get(PAGE).text
    address = re.search(r'<img class="thumb" src="([^"]+)"', page)
    assert address is not None
    assert "800 × 400 pixels" in page
    assert "An email shows all of it, 640 × 320 pixels large at most." in page
    assert "Readers load a copy of" in page
    assert browser.get(address[1]).headers["content-type"].startswith("image/")
    assert upload(browser, path, b"no picture") == 422


def test_only_staff_may_send_a_large_body(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_brief(installation, "The Quiet Harbour")
    large = b"x" * 200_000
    url = f"{PAGE}/picture"
    assert browser.client.post(url, content=large, headers=SAME_ORIGIN).status_code == 413
    enter(installation, browser)
    assert upload(browser, url, large) == 422
    hold = f"{PAGE}/hold"
    assert browser.client.post(hold, content=large, headers=SAME_ORIGIN).status_code == 413
    assert upload(browser, url, b"x" * 22_000_000) == 413


def test_removed_parts_and_warnings_of_the_source_are_shown(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_brief(
        installation, "Ice", removed=('[video id="2217"]',), warnings=("a mark points to nothing",)
    )
    enter(installation, browser)
    page = browser.get(PAGE).text
    assert "<del>[video id=&#34;2217&#34;]</del>" in page
    assert "a mark points to nothing" in page


def test_hostile_text_of_a_source_is_shown_as_text(
    installation: Installation, browser: StaffBrowser
) -> None:
    texts = ("title", "series", "caption", "credit", "body_text", "image_alt")
    values = {name: HOSTILE for name in texts if name != "title"}
    lists = dict.fromkeys(("takeaways", "removed", "warnings", "footnotes"), (HOSTILE,))
    add_brief(installation, HOSTILE, **values, **lists, categories=(HOSTILE,))
    enter(installation, browser)
    page = browser.get(PAGE).text
    assert "<script>alert" not in page
    assert '"onmouseover' not in page
    # The text of the frame is escaped twice: as text of its document, and as an attribute.
    assert "&amp;lt;script&amp;gt;" in page
    assert "sandbox title" in page


def test_roles_see_what_they_may_do(installation: Installation, browser: StaffBrowser) -> None:
    add_brief(installation, "The Quiet Harbour")
    enter(installation, browser, role=Role.OBSERVER)
    page = browser.get(PAGE).text
    assert "The Quiet Harbour" in page
    for offered in ("Save the brief", "Upload", ">Hold<", "Pin"):
        assert offered not in page
    for act in ("", "/hold", "/pin", "/free"):
        answer = browser.post(PAGE + act, on="/admin/account", title="Mine")
        assert answer.status_code == 403, act


def test_a_number_that_is_none_has_no_page(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    for number in ("2", "x", "9" * 40, "-1", "1%2F2"):
        assert browser.get(f"/admin/briefs/{number}").status_code == 404


def test_a_member_limited_to_another_list_cannot_change_a_brief_of_a_draft(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    installation.add_issue("In a draft", subject="Secret plans")
    enter(installation, browser, role=Role.EDITOR, lists=["weekly"])
    page = browser.get(PAGE).text
    assert "Secret plans" not in page
    answer = browser.post(PAGE, **{**fields(page), "title": "Mine"})
    assert answer.status_code == 404
    assert browser.post(f"{PAGE}/pin", on=PAGE, pinned="yes").status_code == 404


def test_the_page_needs_few_statements(installation: Installation, browser: StaffBrowser) -> None:
    installation.add_list()
    installation.add_issue("In a draft")
    enter(installation, browser)
    with counted(installation.app) as statements:
        assert browser.get(PAGE).status_code == 200
    assert len(statements) <= 12, "\n".join(statements)
