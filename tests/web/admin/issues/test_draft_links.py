"""
Each link of a draft is shown with what is known of it, and what the check finds stands beside what
it is about.
"""

from __future__ import annotations

import re

from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.errors import FetchError
from newsletter.issues.release_conditions.link_check import LinkStatus, check_links, stands_in
from newsletter.model.brief import Brief
from newsletter.model.check import Finding, Level
from newsletter.model.issue import ChosenBrief, ShownAs
from newsletter.web.admin.issues.drafts.findings import sort_findings

PRIVATE = "http://127.0.0.1:9/x?a=1&b=2"


def ask(url: str, is_trusted: bool) -> None:
    assert not is_trusted
    if "gone" in url:
        raise FetchError(f"{url} answered 404", status=404)
    if "slow" in url:
        raise FetchError(f"{url} did not answer in time")


def test_each_link_is_opened_and_said_to_be_there_or_not(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    intro = "See [a](https://a.example/), [b](https://gone.example/) and [c](https://slow.example/)"
    number = installation.add_issue(intro=intro)
    context = installation.app.publishing
    _, _, links = check_links(context, number)
    assert {each.status for each in links} == {LinkStatus.NOT_OPENED}
    _, _, links = check_links(context, number, ask=ask)
    assert {each.url: each.status for each in links} == {
        "https://a.example/": LinkStatus.ANSWERS,
        "https://gone.example/": LinkStatus.NOT_FOUND,
        "https://slow.example/": LinkStatus.NO_ANSWER,
    }
    assert [bool(each.problem) for each in links] == [False, True, True]


def test_the_page_of_links_opens_them_and_leads_back_if_there_is_no_email(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list()
    installation.add_readers(1)
    add_member(installation)
    browser.log_in()
    number = installation.add_issue("The <b>brief", intro=f"See [it]({PRIVATE}).")
    page = browser.get(f"/admin/issues/{number}/links").text
    assert "<h1>1 link, not opened yet</h1>" in page
    assert "a=1&amp;b=2" in page
    opened = browser.post(f"/admin/issues/{number}/links")
    assert opened.status_code == 200
    assert "<h1>1 link leads nowhere</h1>" in opened.text
    assert "No answer" in opened.text
    wrong = installation.add_issue("Odd", intro="Dear %%frist_name%%")
    assert browser.get(f"/admin/issues/{wrong}/links").headers["location"] == (
        f"/admin/issues/{wrong}"
    )
    page = browser.get(f"/admin/issues/{wrong}?checked=yes").text
    beside = re.search(r'id="findings-intro">(.*?)</div>', page, re.DOTALL)
    assert "frist_name" in (beside[1] if beside else "")


def test_what_is_found_about_an_address_stands_at_the_brief_that_has_it() -> None:
    has_it = Brief(title="A", body_html='<p><a href="https://a.example/?x=1&amp;y=2">a</a></p>')
    assert stands_in(has_it, "https://a.example/?x=1&y=2")
    assert not stands_in(has_it, "https://b.example/")
    briefs = [
        ChosenBrief(brief_id=number, shown_as=ShownAs.FULL, brief=brief)
        for number, brief in ((4, Brief(title="B", url="https://b.example/long")), (5, has_it))
    ]
    found = [
        Finding("links", Level.ERROR, "gone", "https://a.example/?x=1&y=2"),
        Finding("urls", Level.ADVICE, "http", '<a href="https://b.example/">'),
        Finding("urls", Level.ADVICE, "http", '<a href="https://c.example/">'),
        Finding("urls", Level.ADVICE, "http", '<a href="https://d.example/">'),
    ]
    site = "https://news.example.org"
    places = sort_findings(found, briefs, intro="[c](https://c.example/)", base_url=site).by_place
    assert list(places) == ["brief-5", "brief-4", "intro", "email"]
