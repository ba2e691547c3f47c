"""
Every page and form of the newsroom, for each role, and for somebody who is limited to other lists.
"""

from __future__ import annotations

import re

import httpx
import pytest
import sqlalchemy as sa
from filled_newsroom import LIMITED, Filled, member_browser
from hostile.fields import NOT_IN_ANY_ROW, WRITTEN, Kind
from hostile.vectors import FEW
from installation import Installation
from list_reach.other_list import MARK
from newsroom_walk import SHARED, newsroom_routes
from safe_html import runs_a_script, unsafe_html
from staff_samples import StaffBrowser, form_token
from statements import counted

from newsletter.model.access import Role
from newsletter.web.admin.staff_site import staff_routes
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.write_pool import WritePool
from subscribers.database.tables import metadata

MOST_STATEMENTS = 12
# Pages that make the email to say something about it, or look through all that an import changed.
TAKES_MORE = re.compile(r"/(approve|try/issue|undo)$")
MOST_WITH_MORE = {"approve": 16, "try/issue": 13, "undo": 21}
SHOWN = (200, 204, 303, 404)
# What the program says and a page could not translate.
ENGLISH = re.compile(r'<span lang="en" dir="auto">(.*?)</span>', re.DOTALL)
FORM = {"reason": "mine", "sure": "yes"}
# What everybody with the permission may see of the other list.
OPEN = re.compile(r"[Tt]he harbour brief|Nobody left the harbour\.?|harbour-key")


def test_no_page_fails_or_costs_much_or_shows_what_was_written_as_html(
    filled: Filled, walker: StaffBrowser
) -> None:
    faults = []
    for step in filled.steps("GET"):
        walker.get(step.path)
        with counted(filled.installation.app) as statements:
            response = walker.get(step.path)
        if response.status_code not in SHOWN:
            faults.append(f"{step.path}: {response.status_code}")
        faults += [f"{step.path}: {fault}" for fault in header_faults(response)]
        more = TAKES_MORE.search(step.path)
        if len(statements) > (MOST_WITH_MORE[more[1]] if more else MOST_STATEMENTS):
            faults.append(f"{step.path}: {len(statements)} statements")
        policy = response.headers["content-security-policy"]
        if response.headers.get("content-type", "").startswith("text/html"):
            unsafe = runs_a_script if "style-src 'unsafe-inline'" in policy else unsafe_html
            faults += [f"{step.path}: {fault}" for fault in unsafe(response.text)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "walker", [role.value for role in Role if role is not Role.OWNER], indirect=True
)
def test_each_role_sees_a_page_or_is_refused(filled: Filled, walker: StaffBrowser) -> None:
    english = []
    for step in filled.steps("GET", most=1):
        response = walker.get(step.path)
        assert response.status_code in (*SHOWN, 403), (step.path, response.status_code)
        english += [(step.path, text) for text in ENGLISH.findall(response.text)]
    # What others wrote stays as it is.
    assert [
        each for each in english if MARK not in each[1].lower() and "alert" not in each[1]
    ] == []


@pytest.mark.parametrize("walker", ["observer"], indirect=True)
def test_an_observer_changes_nothing_with_any_form(filled: Filled, walker: StaffBrowser) -> None:
    token = form_token(walker.get("/admin/account").text)
    before = filled.stored()
    for step in filled.steps("POST"):
        sent = walker.post(step.path, token=token, **FORM)
        assert sent.status_code in (200, 303, 403, 404, 413, 422), (step.path, sent.status_code)
    assert filled.stored() == before


@pytest.mark.parametrize("walker", [f"limited-{role}" for role in LIMITED], indirect=True)
def test_what_belongs_to_another_list_is_answered_as_what_does_not_exist(
    filled: Filled, walker: StaffBrowser
) -> None:
    token = form_token(walker.get("/admin/account").text)
    before = filled.stored()
    leaks = []
    for method in ("GET", "POST"):
        for step in filled.steps(method):
            if method == "POST" and not step.of_nothing:
                continue

            def answer(path: str, method: str = method) -> httpx.Response:
                if method == "GET":
                    return walker.get(path)
                return walker.post(path, token=token, **FORM)

            shown = answer(step.path)
            if step.of_nothing and step.kind not in SHARED:
                nothing = answer(step.of_nothing)
                if shown.status_code != nothing.status_code:
                    leaks.append(
                        f"{method} {step.path}: {shown.status_code}, not {nothing.status_code}"
                    )
            if MARK in (text := OPEN.sub("", shown.text.replace(step.path, ""))):
                at = text.index(MARK)
                leaks.append(f"{method} {step.path}: {text[max(0, at - 60) : at + 60]!r}")
    assert not leaks, "\n".join(leaks)
    assert filled.stored() == before


def test_a_form_from_another_site_or_without_its_token_changes_nothing(
    filled: Filled, walker: StaffBrowser
) -> None:
    token = form_token(walker.get("/admin/account").text)
    with member_browser(filled, "observer@example.org") as other:
        of_another = form_token(other.get("/admin/account").text)
        other.client.cookies.clear()
        of_nobody = form_token(other.get("/admin/login").text)
    before = filled.stored()
    paths = [step.path for step in filled.steps("POST", most=1)]
    for path in (*paths, *ways_in(filled.installation)):
        for headers, given in (
            ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, token),
            ({"Sec-Fetch-Site": "same-site"}, token),
            ({}, token),
            (walker.headers, of_another),
            (walker.headers, of_nobody),
            (walker.headers, ""),
        ):
            sent = walker.client.post(path, data={"form_token": given, **FORM}, headers=headers)
            assert sent.status_code == 403, path
    assert filled.stored() == before


def ways_in(installation: Installation) -> list[str]:
    """
    Return the paths of the log-in and the account that forms are sent to.
    """
    routes = staff_routes(installation.app, StaticFiles(), writes=WritePool())
    found = [route.path for route in routes if "POST" in (route.methods or ())]
    known = {route.path for route in newsroom_routes(installation)}
    return [re.sub(r"\{\w+\}", "1", path) for path in found if path not in known]


def test_no_answer_is_framed_by_others_kept_in_a_cache_or_taken_for_another_type(
    filled: Filled, walker: StaffBrowser
) -> None:
    nowhere = ["/admin/nonesuch", "/admin/issues/x", "/admin/lists/%00", "/admin/help/../x"]
    large = walker.client.post("/admin/stop", content=b"x" * 70_000)
    assert large.status_code == 413
    answers = [large, walker.get("/admin/imports/sample.csv"), walker.get("/admin/help/x.md")]
    answers += [walker.get("/admin/", Host=host) for host in ("evil.example", "a b", "")]
    for path in (*ways_in(filled.installation), *nowhere):
        answers += [walker.get(path), walker.client.request("PATCH", path)]
    walker.client.cookies.clear()
    paths = [step.path for step in filled.steps("GET", most=1)]
    answers += [walker.get(path) for path in (*paths, *nowhere)]
    faults = [f"{each.url}: {fault}" for each in answers for fault in header_faults(each)]
    assert not faults, "\n".join(faults)


def header_faults(answer: httpx.Response) -> list[str]:
    """
    Return a line on each header that an answer should have and has not.
    """
    policy = answer.headers["content-security-policy"]
    is_email = "style-src 'unsafe-inline'" in policy
    held = {
        "a cache": answer.headers["cache-control"] == "private, no-store",
        "a frame": re.search(r"frame-ancestors '(none|self)'", policy),
        "an old frame": answer.headers["x-frame-options"] in ("DENY", "SAMEORIGIN"),
        "a type": answer.headers["x-content-type-options"] == "nosniff",
        "a referrer": answer.headers["referrer-policy"] == "no-referrer",
        "other things": policy.startswith("default-src 'none'"),
        "scripts": not re.search(r"script-src(?! 'self')|unsafe-eval|allow-scripts", policy),
        "the sandbox": not is_email or re.search(r"; sandbox( allow-popups[\w-]*)*$", policy),
    }
    return [name for name, is_held in held.items() if not is_held]


def test_the_walk_meets_a_script_in_every_field_that_others_fill(filled: Filled) -> None:
    missing = set()
    with filled.installation.app.database.read() as connection:
        for place, kind in WRITTEN.items():
            table, _, name = place.partition(".")
            found = connection.scalars(sa.select(metadata.tables[table].c[name])).all()
            mark = "alert(129)" if kind is Kind.ADDRESS else FEW[1]
            if not any(mark in str(value) for value in found):
                missing.add(place)
    assert missing == NOT_IN_ANY_ROW


def test_the_walk_goes_through_every_room(filled: Filled) -> None:
    kinds = {step.kind for step in filled.steps("GET", most=1)}
    assert kinds >= {
        "briefs", "issues", "lists", "people", "schedules", "settings", "sources", "staff",
        "tokens", "webhooks", "audit", "health", "segments", "suppressions", "requests", "stop",
    }  # fmt: skip
