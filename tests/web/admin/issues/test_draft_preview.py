"""
The preview of an issue in the newsroom.
"""

from __future__ import annotations

import re

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.model.access import Role
from newsletter.web.admin.issues.drafts.preview_pages import in_scheme

HEAD = (
    '<html><head><meta name="color-scheme" content="light dark"><style>'
    "@media (prefers-color-scheme:dark) {a{color:red}}</style></head><body>light dark</body></html>"
)


@pytest.fixture
def draft(installation: Installation, browser: StaffBrowser) -> int:
    installation.add_list()
    add_member(installation)
    browser.log_in()
    return installation.add_issue(
        subject="Hello",
        intro="Dear %%first_name|friend%%,\n\n![A cat](https://example.org/cat.png)",
    )


def test_the_email_is_shown_only_in_a_frame_of_this_site_and_runs_nothing(
    browser: StaffBrowser, draft: int
) -> None:
    email = browser.get(f"/admin/issues/{draft}/preview")
    policy = email.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert email.headers["x-frame-options"] == "SAMEORIGIN"
    page = browser.get(f"/admin/issues/{draft}?width=phone&reader=no-name").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "reader=no-name" in page
    assert 'class="mail phone"' in page


def test_the_reader_the_pictures_and_the_part_are_chosen(browser: StaffBrowser, draft: int) -> None:
    path = f"/admin/issues/{draft}/preview"
    assert "Dear friend" in browser.get(f"{path}?reader=no-name").text
    assert "Dear Wolfe" in browser.get(f"{path}?reader=longest-name").text
    assert (
        "img-src 'none'"
        in browser.get(f"{path}?pictures=blocked").headers["content-security-policy"]
    )
    text = browser.get(f"{path}?part=text&reader=markup-in-name")
    assert text.headers["content-type"].startswith("text/plain")
    assert "Dear <script>alert('x')</script>" in text.text
    assert browser.get(f"{path}?reader=nobody&width=9").status_code == 200
    part = browser.get(f"/admin/issues/{draft}/view?scheme=dark").text
    assert part.lstrip().startswith('<div class="stage" id="stage">')


def test_what_is_typed_is_shown_before_it_is_saved(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    form = {
        "on": f"/admin/issues/{draft}",
        "subject": "Typed",
        "intro": "Typed <script>words</script> for %%first_name|friend%%",
        "brief": ["1"],
        "template": "intelbrief",
    }
    shown = browser.post(f"/admin/issues/{draft}/preview?reader=no-name", **form)
    assert "for friend" in shown.text
    assert "<script" not in shown.text
    assert shown.headers["x-frame-options"] == "SAMEORIGIN"
    assert "for friend" not in browser.get(f"/admin/issues/{draft}/preview").text
    assert (
        browser.post(f"/admin/issues/{draft}/preview", **{**form, "add": "999"}).status_code == 404
    )
    add_member(installation, "obs@example.org", role=Role.OBSERVER)
    browser.log_in("obs@example.org")
    assert browser.post(f"/admin/issues/{draft}/preview", **form).status_code == 403
    assert "formaction" not in browser.get(f"/admin/issues/{draft}").text


def test_an_email_that_cannot_be_made_says_why_in_the_frame(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    number = installation.add_issue("Odd", intro="Dear %%frist_name%%")
    shown = browser.get(f"/admin/issues/{number}/preview")
    assert shown.status_code == 409
    assert "did you mean first_name?" in shown.text
    assert shown.headers["x-frame-options"] == "SAMEORIGIN"
    assert browser.get(f"/admin/issues/{number}/approve").status_code == 200
    assert browser.get("/admin/issues/99/preview").status_code == 404
    assert browser.get("/admin/issues/x/preview").status_code == 404


def test_a_preview_in_dark_does_not_depend_on_the_browser() -> None:
    dark = in_scheme(HEAD, "dark")
    assert "@media (min-width:0)" in dark
    assert 'content="dark"' in dark
    assert "<body>light dark</body>" in dark
    assert "@media (max-width:0)" in in_scheme(HEAD, "light")
    assert in_scheme("no head", "dark") == "no head"


def test_the_email_is_shown_as_a_reader_who_is_searched_by_name(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    installation.subscribe(["ada@example.org"])
    path = f"/admin/issues/{draft}"
    found = browser.post(f"{path}/find-reader", on=path, who="Byron")
    where = found.headers["location"]
    assert re.fullmatch(rf"{path}\?reader=person-\d+#h-preview", where)
    number = re.findall(r"person-(\d+)", where)[0]
    assert f'value="person-{number}" selected' in browser.get(where).text
    email = browser.get(f"{path}/preview?reader=person-{number}").text
    assert "Dear Ada" in email
    assert "/u/sample" in email
    assert browser.get(f"{path}/preview?reader=person-999").status_code == 404
    browser.post(f"{path}/find-reader", on=path, who="nobody")
    assert "No reader of these lists is called so." in browser.get(path).text
    add_member(installation, "write@example.org", role=Role.AUTHOR)
    browser.log_in("write@example.org")
    assert "As one of its readers" not in browser.get(path).text
    assert browser.get(f"{path}/preview?reader=person-{number}").status_code == 403
    assert browser.post(f"{path}/find-reader", on=path, who="Byron").status_code == 403
