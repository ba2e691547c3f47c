"""
Addresses of other sites in requests: no redirect leads to one, and no page is shown under another
name.
"""

from __future__ import annotations

import re

import pytest
from installation import Installation
from staff_samples import PASSWORD, StaffBrowser, add_member, form_token

# Ways to write the address of another site, or of a page that a redirect must not lead to.
_ELSEWHERE = """
https://evil.example //evil.example ///evil.example ////evil.example /\\evil.example
\\\\evil.example \\/evil.example /\\/evil.example https:evil.example https:/evil.example
http:///evil.example https:\\\\evil.example //evil.example/admin/account/password
/%2F/evil.example %2F%2Fevil.example /%5Cevil.example /%09/evil.example //evil%E3%80%82example
//3232235777 //[::1] //user@evil.example //news.example.org@evil.example
https://news.example.org.evil.example https://news.example.org%2F@evil.example /.evil.example
javascript:alert(1) JaVaScript:alert(1) data:text/html,x vbscript:x file:///etc/passwd
/admin/../../evil.example /admin/..//evil.example ..//evil.example /admin/logout
?next=//evil.example @evil.example :evil.example ;//evil.example
""".split()  # noqa: SIM905 - a list of them would be forty lines
ELSEWHERE = (
    *_ELSEWHERE,
    "/\t/evil.example",
    "/\n/evil.example",
    "\r\nLocation: https://evil.example",
    " https://evil.example",
    "/admin/account/password\r\nX-Evil: 1",
    "//evil\u3002example",
)
# Below these, a form leads back to the page that asked for the password.
OURS = re.compile(r"/admin/(account/password)?")
NAMES = ("X-Forwarded-Host", "X-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded", "Referer")


@pytest.fixture
def walker(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    The browser of the owner.
    """
    add_member(installation)
    browser.log_in()
    return browser


def test_no_way_of_writing_an_address_leads_to_another_site(walker: StaffBrowser) -> None:
    assert len(ELSEWHERE) >= 40
    for address in ELSEWHERE:
        shown = walker.client.get("/admin/confirm", params={"next": address})
        (following,) = re.findall(r'name="next" value="([^"]*)"', shown.text)
        assert OURS.fullmatch(following), address
    for address in ELSEWHERE:
        token = form_token(walker.get("/admin/confirm").text)
        typed = {"form_token": token, "password": PASSWORD, "next": address, "back": address}
        sent = walker.client.post("/admin/confirm", data=typed, headers=walker.headers)
        assert OURS.fullmatch(sent.headers["location"]), address
        assert "x-evil" not in sent.headers


def test_no_header_leads_to_another_site_or_page(walker: StaffBrowser) -> None:
    values = dict.fromkeys(NAMES, "https://evil.example/admin/staff")
    headers = {**values, "Forwarded": "host=evil.example", "Sec-Fetch-Site": "same-origin"}
    shown = walker.client.get("/admin/help", headers=headers)
    assert shown.status_code == 200
    assert "evil.example" not in shown.text
    sent = walker.client.get("/admin/login", headers=headers)
    assert sent.headers["location"] == "/admin/"


def test_nothing_is_shown_under_another_host(walker: StaffBrowser) -> None:
    for host in ("evil.example", "news.example.org.evil.example", "news.example.org@evil.example"):
        assert walker.get("/admin/", Host=host).status_code in (400, 421), host


def test_the_way_back_to_a_page_is_on_this_site(walker: StaffBrowser) -> None:
    walker.client.cookies.clear()
    for path in ("/admin/%2e%2e%2f%2fevil.example", "/admin//evil.example", "/admin/%22%3E%3Cb%3E"):
        shown = walker.get(path, **{"Sec-Fetch-Site": "cross-site"})
        (led,) = re.findall(r'http-equiv="refresh" content="0;url=([^"]*)"', shown.text)
        assert led.startswith("/admin/"), path
        assert "<b>" not in shown.text
