"""
Addresses of staff pages that do not exist: staff get a page of their own, and nobody else learns
which addresses those are.
"""

from __future__ import annotations

import pytest
from installation import Installation
from staff_samples import SAME_ORIGIN, StaffBrowser, add_member, form_token
from web_samples import heading

EXISTING = ("/admin/account/totp", "/admin/account/sessions")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
MISSING = ("/admin/no-such-page", "/admin/account/", "/admin/account/no/such/page", "/admin//")
PLAIN = {"Sec-Fetch-Site": "none"}
FROM_ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize("path", MISSING)
def test_staff_see_that_there_is_no_page_and_the_way_home(
    installation: Installation, browser: StaffBrowser, path: str
) -> None:
    add_member(installation)
    browser.log_in()
    response = browser.get(path)
    assert response.status_code == 404
    assert heading(response.text) == "Page not found"
    assert '<a href="/admin/">Back to Today</a>' in response.text
    assert 'action="/admin/logout"' in response.text
    token = form_token(response.text)
    assert browser.post(path, token=token).status_code == 404


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("headers", [PLAIN, SAME_ORIGIN, FROM_ELSEWHERE])
def test_without_a_log_in_a_missing_page_is_like_one_that_exists(
    browser: StaffBrowser, method: str, headers: dict[str, str]
) -> None:
    def answer(path: str) -> object:
        response = browser.client.request(method, path, headers=headers)
        browser.client.cookies.clear()
        shown = {**response.headers, "set-cookie": "set-cookie" in response.headers}
        shown.pop("content-length", None)
        text = response.text.replace(path, "PATH")
        return response.status_code, sorted(shown.items()), text

    answers = [answer(path) for path in (*EXISTING, *MISSING)]
    assert answers == answers[:1] * len(answers)


def test_a_link_from_elsewhere_to_a_missing_page_leads_nowhere_else(
    browser: StaffBrowser,
) -> None:
    for path in ("/admin/..%2F..%2Fu/token", "/admin/%2e%2e%2fhealth", "/admin/%22%3E%3Cscript%3E"):
        text = browser.get(path, **FROM_ELSEWHERE).text
        assert f'content="0;url={path}"' in text
