"""
Every page and form of the newsroom, for each role, and for somebody who is limited to other lists.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from api_client import ApiClient, token_for
from http_server import ScriptedServer
from installation import Installation
from list_reach.other_list import MARK, OTHER, OWN, OWN_TOO, OtherList, make_other_list
from newsroom_walk import SHARED, Step, steps
from people_samples import NOW, all_rows
from safe_html import unsafe_html
from staff_samples import BASE_URL, StaffBrowser, add_member, form_token
from statements import counted
from web_samples import TestClient

from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import Role
from newsletter.store.tables import brief, issue, staff_member
from newsletter.web.application import make_web
from subscribers.database.tables import mailing_list, subscriber

MOST_STATEMENTS = 12
HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('{{7*7}}')</script>"
# Pages that make the email to say something about it, or look through all that an import changed.
TAKES_MORE = re.compile(r"/(check|approve|try/issue|undo)$")
MOST_WITH_MORE = {"check": 18, "approve": 29, "try/issue": 32, "undo": 24}
SHOWN = (200, 204, 303, 404)
LIMITED = (Role.EDITOR, Role.PEOPLE)
GERMAN = Role.EDITOR
# What the program says and a page could not translate.
ENGLISH = re.compile(r'<span lang="en" dir="auto">(.*?)</span>', re.DOTALL)
FORM = {"reason": "mine", "sure": "yes"}
# What everybody with the permission may see of the other list.
OPEN = re.compile(r"[Tt]he harbour brief|Nobody left the harbour\.?|harbour-key")
# What changes because somebody looks.
_OF_VISITS = {"staff_session", "staff_member", "draft_visitor", "issue_check", "login_failure"}


@dataclass(frozen=True, kw_only=True)
class Filled:
    """
    An installation with something in every room, and the objects of the list `harbour`.
    """

    installation: Installation
    other: OtherList

    def steps(self, method: str, *, most: int | None = None) -> Iterator[Step]:
        return steps(self.installation, self.other, method, most=most)

    def stored(self) -> dict[str, object]:
        """
        Return every row, without those that change because somebody looks.
        """
        rows = all_rows(self.installation.app.database.engine)
        return {name: found for name, found in rows.items() if name not in _OF_VISITS}


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, warm_sandbox: Sandbox
) -> Iterator[Filled]:
    """
    An installation that takes any number of requests, with hostile texts in every room. The tests
    here change nothing in it.
    """
    folder = tmp_path_factory.mktemp("filled")
    shutil.copy(sqlite_template, folder / "newsletter.db")
    no_limits = {"reads_per_minute": 0, "writes_per_minute": 0, "bulk_per_minute": 0}
    url = f"sqlite:///{folder / 'newsletter.db'}"
    made = Installation(folder, url, now=NOW, sandbox=warm_sandbox, api=no_limits)
    web = make_web(made.app, stopping=threading.Event())
    with TestClient(web, follow_redirects=False) as client, ScriptedServer() as server:
        everything = ApiClient(client, token_for(made, name="everything"))
        other = make_other_list(made, everything, server)
        write_hostile_texts(made, other)
        for role in Role:
            language = "de" if role is GERMAN else "en"
            add_member(made, f"{role}@example.org", role=role, language=language)
        for role in LIMITED:
            add_member(made, f"limited-{role}@example.org", role=role, lists=[OWN, OWN_TOO])
        yield Filled(installation=made, other=other)
    made.close()


@pytest.fixture
def walker(filled: Filled, request: pytest.FixtureRequest) -> Iterator[StaffBrowser]:
    """
    The browser of the member whose address begins as the test says, by default the owner.
    """
    web = make_web(filled.installation.app, stopping=threading.Event())
    with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
        browser = StaffBrowser(client)
        browser.log_in(f"{getattr(request, 'param', 'owner')}@example.org")
        yield browser


def write_hostile_texts(installation: Installation, other: OtherList) -> None:
    """
    Put HTML into the texts that people and sources write about what belongs to the other list.
    """
    its_issues = [number for name, number in other.objects.items() if name.startswith("issue_")]
    with installation.app.database.write() as connection:
        for column, is_its in (
            (mailing_list.c.name, mailing_list.c.slug == OTHER),
            (mailing_list.c.description, mailing_list.c.slug == OTHER),
            (subscriber.c.name, subscriber.c.email_key == other.objects["person"]),
            (issue.c.subject, issue.c.id.in_(its_issues)),
            (issue.c.pause_reason, issue.c.id.in_(its_issues)),
            (staff_member.c.name, staff_member.c.email_key == other.objects["member"]),
        ):
            text = {column: f"{MARK}{HOSTILE}"}
            connection.execute(sa.update(column.table).where(is_its).values(text))
        for row in connection.execute(sa.select(brief.c.id, brief.c.fields)).all():
            fields = {**row.fields, "title": HOSTILE, "takeaways": [HOSTILE], "body": HOSTILE}
            connection.execute(sa.update(brief).where(brief.c.id == row.id).values(fields=fields))


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
        more = TAKES_MORE.search(step.path)
        if len(statements) > (MOST_WITH_MORE[more[1]] if more else MOST_STATEMENTS):
            faults.append(f"{step.path}: {len(statements)} statements")
        policy = response.headers["content-security-policy"]
        if "style-src 'unsafe-inline'" not in policy:
            faults += [f"{step.path}: {fault}" for fault in unsafe_html(response.text)]
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
    assert [each for each in english if MARK not in each[1].lower()] == []


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
    before = filled.stored()
    for step in filled.steps("POST", most=1):
        for headers, given in (
            ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, token),
            ({"Sec-Fetch-Site": "same-site"}, token),
            ({}, token),
            (walker.headers, "x"),
            (walker.headers, ""),
        ):
            sent = walker.client.post(
                step.path, data={"form_token": given, **FORM}, headers=headers
            )
            assert sent.status_code == 403, step.path
    assert filled.stored() == before


def test_no_page_is_framed_by_others_or_kept_in_a_cache(
    filled: Filled, walker: StaffBrowser
) -> None:
    for step in filled.steps("GET", most=1):
        headers = walker.get(step.path).headers
        assert headers["cache-control"] == "private, no-store", step.path
        policy = headers["content-security-policy"]
        assert re.search(r"frame-ancestors '(none|self)'", policy), step.path
        assert headers["x-frame-options"] in ("DENY", "SAMEORIGIN"), step.path


def test_the_walk_goes_through_every_room(filled: Filled) -> None:
    kinds = {step.kind for step in filled.steps("GET", most=1)}
    assert kinds >= {
        "briefs", "issues", "lists", "people", "schedules", "settings", "sources", "staff",
        "tokens", "webhooks", "audit", "health", "segments", "suppressions", "requests", "stop",
    }  # fmt: skip
