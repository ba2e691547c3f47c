"""
The page on which staff look for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.access import audit
from newsletter.actions.people import bulk, segments, suppressions
from newsletter.actions.people.bulk import BulkRun
from newsletter.actions.people.newsroom import quick_search
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.model.access import OPERATOR, Role
from subscribers.bulk.targets import Targets
from subscribers.filters.model import EVERYBODY
from subscribers.suppression.model import SuppressionReason

MOST_STATEMENTS = 12
ADA, BO, CARLA = "ada@example.org", "bo@towns.example.net", "carla@example.com"


def addresses_on(page: httpx.Response) -> list[str]:
    return re.findall(r'dir="ltr">([^<]+@[^<]+)</bdi>', page.text)


def search(browser: StaffBrowser, **typed: str) -> list[str]:
    return addresses_on(browser.post("/admin/people", **typed))


def test_a_search_finds_by_the_beginning_of_address_domain_name_and_last_word(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    expected = {
        "ada": [ADA],
        "ADA@EX": [ADA],
        "towns.ex": [BO],
        "@example.": [ADA, CARLA],
        "lind": [ADA, BO],
        "Carla å": [CARLA],
        "ÅBERG": [CARLA],
        "xample": [],
        "%": [],
    }
    assert {text: search(browser, q=text) for text in expected} == expected


def test_a_search_anywhere_finds_what_is_in_the_middle(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    assert search(browser, q="owns", anywhere="yes") == [BO]
    assert search(browser, q="indqv", anywhere="yes", list="daily") == [BO]


def test_a_search_is_narrowed_by_list_state_tag_and_segment(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    app = installation.app
    bulk.tag(app, Targets(numbers=[people["Bo"]]), BulkRun(by=OPERATOR), add=["press"], remove=[])
    segments.add(app, "towns", 'email ends with "towns.example.net"', by=OPERATOR)
    add_member(installation)
    browser.log_in()
    assert search(browser, q="example", list="daily") == [ADA]
    assert search(browser, q="example", state="pending") == [CARLA]
    assert search(browser, q="lind", tag="press") == [BO]
    assert search(browser, q="lind", segment="towns") == [BO]
    assert search(browser, q="lind", tag="nobody") == []
    for query in ("list=daily&tag=press", "list=daily&state=active&tag=press", "segment=towns"):
        with counted(app) as statements:
            assert addresses_on(browser.get(f"/admin/people?{query}")) == [BO]
        assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert browser.get("/admin/people?list=nothing&tag=press").status_code == 404
    assert "There is no tag" in browser.get("/admin/people?list=daily&tag=nothing").text


def test_the_heading_says_how_many_of_all_people_are_shown(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()

    def heading(page: httpx.Response) -> str:
        return " ".join(re.findall(r"<h1>(.*?)</h1>", page.text, re.S)[0].split())

    assert heading(browser.get("/admin/people")) == "3 people"
    assert heading(browser.get("/admin/people?list=daily")) == "2 of 3 people"
    assert heading(browser.get("/admin/people?list=daily&state=pending")) == "0 of 3 people"
    assert heading(browser.get("/admin/people?tag=nothing")) == "Nobody is found"
    assert heading(browser.post("/admin/people", q="ada")) == "1 person found"
    assert heading(browser.post("/admin/people", q="owns", anywhere="yes")) == "1 person found"
    assert "With all 2 people found…" in browser.get("/admin/people?list=daily").text
    browser.headers["HX-Request"] = "true"
    part = browser.post("/admin/people", list="daily").text
    assert '<div hx-swap-oob="innerHTML:main h1">2 of 3 people' in part
    del browser.headers["HX-Request"]
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["daily"])
    browser.log_in("bob@example.org")
    assert heading(browser.get("/admin/people")) == "2 people", "and no word of the others"


def test_what_was_typed_is_in_no_url(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = browser.post("/admin/people", q=ADA)
    assert addresses_on(page) == [ADA]
    assert not re.search(r'(?:href|action|hx-\w+)="[^"]*ada', page.text)
    empty = browser.post("/admin/people", q="", list="daily", state="active")
    assert empty.headers["location"] == "/admin/people?list=daily&state=active"
    assert addresses_on(browser.get("/admin/people?list=daily&state=active")) == [ADA, BO]


def test_a_suppressed_address_that_nobody_has_is_said_to_be_suppressed(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    gone, reason = "gone@example.org", SuppressionReason.COMPLAINT
    values = SuppressionValues(reason=reason, note="wrote a <b>letter")
    suppressions.add(installation.app, gone, by=OPERATOR, values=values)
    with counted(installation.app) as statements:
        page = browser.post("/admin/people", q=f" {gone.title()} ").text
    assert "on all lists: they complained about an email." in page
    assert "wrote a &lt;b&gt;letter" in page
    assert 'action="/admin/suppressions/find"' in page
    # One more is the token of the form, on the page before.
    assert len(statements) <= 2 * MOST_STATEMENTS, "\n".join(statements)
    for other in ("gone@example", "other@example.org", "@example.org", "Gone"):
        page = browser.post("/admin/people", q=other).text
        assert "they complained" not in page


def test_htmx_gets_the_people_alone(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    browser.headers["HX-Request"] = "true"
    part = browser.post("/admin/people", q="ada")
    assert addresses_on(part) == [ADA]
    assert "<html" not in part.text
    assert "1 person begins with" in part.text


def test_pages_follow_each_other(installation: Installation, browser: StaffBrowser) -> None:
    installation.add_list("daily")
    readers = installation.add_readers(52)
    add_member(installation)
    browser.log_in()
    first = browser.get("/admin/people")
    assert "52 people" in first.text
    assert addresses_on(first) == readers[:50]
    (following,) = re.findall(r'href="(/admin/people\?after=[^"]*)"', first.text)
    second = browser.get(following.replace("&amp;", "&"))
    assert addresses_on(second) == readers[50:]
    assert "52 people" in second.text
    assert "52 of 52 people" in browser.get("/admin/people?list=daily").text
    typed = browser.post("/admin/people", q="reader")
    (last,) = re.findall(r'name="after" value="([^"]+)"', typed.text)
    assert addresses_on(typed) == readers[:50]
    assert search(browser, q="reader", after=last) == readers[50:]


def test_many_who_are_shown_while_somebody_types_are_recorded(installation: Installation) -> None:
    installation.add_list("daily")
    installation.add_readers(50)
    actor = add_member(installation).actor("")

    def recorded_after(searches: int) -> list[Mapping[str, object]]:
        for _ in range(searches):
            quick_search.find_typed(installation.app, "reader", EVERYBODY, limit=50, by=actor)
        entries = audit.entries(installation.app, limit=10, by=OPERATOR)
        return [each.changes for each in entries if each.action == "people.quick_search"]

    assert recorded_after(20) == []
    assert recorded_after(1) == [{"people": 1_050, "requests": 21}]


def test_pages_need_few_statements(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    number = people["Ada"]
    add_member(installation)
    browser.log_in()
    for path in (
        "/admin/people",
        "/admin/people?list=daily&state=active",
        f"/admin/people/{number}",
        f"/admin/people/{number}/emails",
        f"/admin/people/{number}/consents",
        f"/admin/people/{number}/erase",
    ):
        with counted(installation.app) as statements:
            assert browser.get(path).status_code == 200
        assert len(statements) <= MOST_STATEMENTS, "\n".join([path, *statements])


def test_somebody_limited_to_a_list_finds_only_its_people(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation, role=Role.PEOPLE, lists=["weekly"])
    browser.log_in()
    assert addresses_on(browser.get("/admin/people")) == [CARLA]
    assert search(browser, q="example") == [CARLA]
    assert browser.get("/admin/people?list=daily").status_code == 404
    own = browser.get(f"/admin/people/{people['Carla']}").text
    assert "only staff who see all lists give or take one" in own
    for part in ("", "/emails", "/emails?issue=1", "/consents", "/segments", "/erase"):
        assert browser.get(f"/admin/people/{people['Ada']}{part}").status_code == 404
    token_page = f"/admin/people/{people['Carla']}"
    on_lists, known = ("join", "leave", "resend", "confirm"), ("notes", "tags", "data", "erase")
    for act in (*on_lists, "suppress", "release", *known):
        answer = browser.post(f"/admin/people/{people['Ada']}/{act}", on=token_page)
        assert answer.status_code == 404, act


def test_an_author_sees_no_people(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation, role=Role.AUTHOR)
    browser.log_in()
    assert 'href="/admin/people"' not in browser.get("/admin/").text
    assert browser.get("/admin/people").status_code == 403
    assert browser.get(f"/admin/people/{people['Ada']}").status_code == 403


def test_names_that_are_markup_are_shown_as_text(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    number = people["Bo"]
    for path in ("/admin/people", *(f"/admin/people/{number}{p}" for p in ("", "/consents"))):
        html = browser.get(path).text
        assert "&lt;script&gt;" in html
        assert "<script>alert" not in html
        assert '"onmouseover' not in html


def test_an_empty_installation_says_what_the_page_is_for(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    assert "Nobody is here yet" in browser.get("/admin/people").text
    assert browser.get("/admin/people/1").status_code == 404
    assert browser.get("/admin/people/x1").status_code == 404
