"""
The pages of staff, API tokens and the audit trail in the newsroom.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from installation import Installation
from staff_samples import BASE_URL, StaffBrowser, activate_member, add_member, load_member
from statements import counted

from newsletter.actions.access import audit, staff, tokens
from newsletter.actions.people import lists
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Permission, Role
from newsletter.model.schedule import Approval
from newsletter.model.staff import Member
from newsletter.web.admin.settings.access.first_request import READS, first_request

MOST_STATEMENTS = 12
TOM = "tom@example.org"
PATHS = ("/admin/staff", "/admin/staff/invite", "/admin/tokens", "/admin/tokens/new")


@pytest.fixture
def owner(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    The browser of an owner; there are the lists `daily` and `weekly`.
    """
    installation.add_list("daily")
    installation.add_list("weekly")
    add_member(installation)
    browser.log_in()
    return browser


def tom(installation: Installation) -> Member:
    return load_member(installation, TOM)


def test_somebody_is_invited_by_a_link_with_a_role_for_some_lists(
    installation: Installation, owner: StaffBrowser
) -> None:
    page = owner.post(
        "/admin/staff/invite",
        email=TOM,
        name="Tom",
        role="editor",
        reach="some",
        lists=["daily"],
        language="de",
        how="link",
    )
    link = re.search(r"https://news\.example\.org(/admin/invitation/[^<]+)", page.text)
    assert link is not None
    assert owner.get(link[1]).status_code == 200
    found = tom(installation)
    assert (found.role, found.lists, found.language) == (Role.EDITOR, {"daily"}, "de")
    shown = owner.get("/admin/staff").text
    assert "One person can log in" in shown
    assert "invited" in shown


def test_an_invitation_by_email_says_that_it_stays_here_without_a_provider(
    installation: Installation, owner: StaffBrowser
) -> None:
    preselected = re.compile(r'name="how" value="(\w+)" checked')
    assert preselected.findall(owner.get("/admin/staff/invite").text) == ["link"]
    sent = owner.post("/admin/staff/invite", email=TOM, role="author", reach="all", how="mail")
    path = f"/admin/staff/{tom(installation).id}"
    assert sent.headers["location"] == path
    page = owner.get(path).text
    assert "The email with the link stays here" in page
    assert preselected.findall(page) == ["link"]
    assert tom(installation).lists is None


def test_whoever_has_not_accepted_gets_another_link_by_a_button(
    installation: Installation, owner: StaffBrowser
) -> None:
    asked = {"role": "editor", "reach": "some", "lists": ["daily"], "language": "de"}
    first = owner.post("/admin/staff/invite", email=TOM, name="Tom", how="link", **asked)
    before, path = tom(installation), f"/admin/staff/{tom(installation).id}"
    again = owner.post(f"{path}/again", on=path, how="link")
    links = [re.findall(r"(/admin/invitation/[^<]+)", each.text)[0] for each in (first, again)]
    assert [owner.get(link).status_code for link in links] == [410, 200]
    assert tom(installation) == before


def test_what_is_wrong_with_an_invitation_stands_at_its_field(
    installation: Installation, owner: StaffBrowser
) -> None:
    wrong = (
        ({"email": "nobody"}, "This is not an email address."),
        ({"role": "king"}, "Choose a role."),
        ({"reach": "some"}, "Choose at least one list, or all lists."),
        ({"email": "eve@example.org"}, "already"),
    )
    for typed, says in wrong:
        values = {"email": TOM, "role": "author", "reach": "all", "how": "link"} | typed
        page = owner.post("/admin/staff/invite", **values)
        assert page.status_code == 422
        assert says in page.text
    assert len(staff.show_all(installation.app, by=OPERATOR)) == 1


def test_a_member_gets_another_role_a_link_and_is_removed(
    installation: Installation, owner: StaffBrowser
) -> None:
    member = add_member(installation, TOM, role=Role.AUTHOR)
    path = f"/admin/staff/{member.id}"
    assert TOM not in path
    saved = owner.post(path, role="observer", reach="some", lists=["weekly"])
    assert saved.headers["location"] == path
    assert (tom(installation).role, tom(installation).lists) == (Role.OBSERVER, {"weekly"})
    assert "Choose at least one list" in owner.post(path, role="author", reach="some").text
    reset = owner.post(f"{path}/reset", on=path, how="link", factors="yes")
    assert "/admin/reset/" in reset.text
    assert owner.post(f"{path}/remove", on=path).headers["location"] == path
    assert owner.post(f"{path}/remove", on=path, sure="yes").headers["location"] == "/admin/staff"
    assert owner.get(path).status_code == 404
    for other in ("/admin/staff/99", "/admin/staff/one", f"/admin/staff/{'9' * 30}"):
        assert owner.get(other).status_code == 404


def test_removing_names_the_schedules_that_no_longer_ask_them(
    installation: Installation, owner: StaffBrowser
) -> None:
    member = add_member(installation, TOM)
    installation.add_source("site", "folder", "briefs")
    installation.add_schedule(approval=Approval.DRAFT, editors=(TOM,))
    path = f"/admin/staff/{member.id}"
    owner.post(f"{path}/remove", on=path, sure="yes")
    page = owner.get("/admin/staff").text
    assert "They are no longer an editor of morning." in page
    assert "Nobody is asked by email about the drafts of morning now." in page


def test_the_last_owner_cannot_be_removed(installation: Installation, owner: StaffBrowser) -> None:
    path = f"/admin/staff/{load_member(installation).id}"
    assert "This is you." in owner.get(path).text
    assert owner.post(f"{path}/remove", on=path, sure="yes").headers["location"] == path
    assert "owner" in owner.get(path).text
    assert len(staff.show_all(installation.app, by=OPERATOR)) == 1


def test_a_change_of_staff_asks_for_the_password_again(
    installation: Installation, owner: StaffBrowser
) -> None:
    member = add_member(installation, TOM)
    installation.now += dt.timedelta(minutes=20)
    path = f"/admin/staff/{member.id}"
    for asked in (path, "/admin/staff/invite", "/admin/tokens/new"):
        refused = owner.get(asked)
        assert refused.headers["location"] == f"/admin/confirm?next={asked.replace('/', '%2F')}"
    sent = owner.post(f"{path}/remove", on="/admin/staff", sure="yes", token=None)
    assert sent.status_code in (303, 403)
    again = owner.post("/admin/confirm", next=f"{path}/remove", password="harbour lights at dawn")
    assert again.headers["location"] == path
    assert activate_member(installation.app, TOM)
    away = owner.post("/admin/confirm", next="//evil.example", password="harbour lights at dawn")
    assert away.headers["location"] == "/admin/"


def test_a_token_is_shown_once_and_revoked(installation: Installation, owner: StaffBrowser) -> None:
    page = owner.post(
        "/admin/tokens/new",
        name="<shop>",
        scopes=["people:read", "people:write"],
        reach="some",
        lists=["daily"],
        days="30",
    )
    text = re.findall(r"nl_\d+_\w+", page.text)[0]
    line = f"curl -H &#34;Authorization: Bearer {text}&#34; {BASE_URL}/api/v1/subscribers<"
    assert line in page.text
    assert 'href="/admin/help/guides/api"' in page.text
    (made,) = tokens.all_of(installation.app, by=OPERATOR)
    assert sorted(made.scopes) == ["people:read", "people:write"]
    assert made.lists == {"daily"}
    assert made.expires_at == installation.now + dt.timedelta(days=30)
    shown = owner.get("/admin/tokens").text
    assert "One API token works" in shown
    assert "<shop>" not in shown
    assert not re.search(r"nl_\d+_\w+", shown)
    revoked = owner.post(f"/admin/tokens/{made.id}/revoke", on="/admin/tokens")
    assert revoked.headers["location"] == "/admin/tokens"
    assert "No program uses the API" in owner.get("/admin/tokens").text
    assert owner.post("/admin/tokens/99/revoke", on="/admin/tokens").status_code == 404


def test_the_request_to_try_a_token_reads_what_its_scopes_allow() -> None:
    from newsletter.web.api.application import all_nouns

    operations = [each for noun in all_nouns() for each in noun.operations]
    for scope, noun in READS:
        assert first_request("https://x/api/v1", "nl_1_a", {scope}).endswith(f"/api/v1/{noun}")
        needs = {each.needs for each in operations if each.path == f"/api/v1/{noun}"}
        assert {scope} in needs
    line = first_request("https://x/api/v1", "nl_1_a", {Permission.BRIEFS_WRITE})
    assert line.endswith("https://x/api/v1/me")


def test_what_is_wrong_with_a_token_stands_at_its_field(
    installation: Installation, owner: StaffBrowser
) -> None:
    tokens.add(installation.app, "shop", scopes=["people:read"], by=OPERATOR)
    wrong = (
        ({"scopes": []}, "Choose at least one thing"),
        ({"scopes": ["all:everything"]}, "is not a scope"),
        ({"name": "shop"}, "already exists"),
        ({"name": ""}, "This name is too long"),
        ({"reach": "some"}, "Choose at least one list"),
    )
    for typed, says in wrong:
        values = {"name": "crm", "scopes": ["people:read"], "reach": "all"} | typed
        page = owner.post("/admin/tokens/new", **values)
        assert page.status_code == 422
        assert says in page.text
    assert len(tokens.all_of(installation.app, by=OPERATOR)) == 1


def test_the_audit_trail_shows_who_changed_what_and_is_filtered(
    installation: Installation, owner: StaffBrowser
) -> None:
    values = ListValues(tagline="<b>new</b>")
    lists.edit(installation.app, "daily", values, by=OPERATOR)
    for _ in range(60):
        lists.hold(installation.app, "weekly", reason="x", by=OPERATOR)
    newest = owner.get("/admin/audit").text
    older = re.search(r'href="(/admin/audit\?before=\d+)"', newest)
    assert older is not None
    assert "changed a list" in owner.get(older[1]).text
    changed = owner.get("/admin/audit?action=list.edit&kind=list").text
    assert 'href="/admin/lists/daily"' in changed
    assert "&lt;b&gt;new&lt;/b&gt;" in changed
    assert "<b>new</b>" not in changed
    assert 'href="/admin/lists/weekly"' not in changed
    me = load_member(installation).id
    assert "logged in" in owner.get(f"/admin/audit?who=staff-{me}").text
    choices = re.findall(r'<option value="([^"]+)">([^<]+)</option>', newest)
    titles = [title for _, title in choices]
    assert sorted(set(titles)) == sorted(titles)
    people = next(value for value, title in choices if title == "read a list of people")
    owner.get("/admin/people")
    assert "read a list of people" in owner.get(f"/admin/audit?action={people}").text
    assert "No entry is like this." in owner.get("/admin/audit?who=token-5").text
    assert "No entry is like this." in owner.get("/admin/audit?until=2001-01-01").text
    for odd in ("who=staff-x", "since=never", "before=-1", "kind=<script>"):
        assert owner.get(f"/admin/audit?{odd}").status_code == 200


def test_a_button_checks_whether_the_trail_is_whole(
    installation: Installation, owner: StaffBrowser
) -> None:
    page = owner.post("/admin/audit/check", on="/admin/audit")
    assert "The trail is whole" in page.text
    with installation.app.database.write() as connection:
        connection.execute(sa.text("UPDATE audit_entry SET action = 'list.nothing'"))
    page = owner.post("/admin/audit/check", on="/admin/audit")
    assert "the entry was changed" in page.text
    assert "The trail is whole" not in page.text


def test_these_pages_need_few_statements(installation: Installation, owner: StaffBrowser) -> None:
    for number in range(10):
        add_member(installation, f"m{number}@example.org", role=Role.AUTHOR, lists=["daily"])
        tokens.add(installation.app, f"t{number}", scopes=["people:read"], by=OPERATOR)
    member = load_member(installation, "m3@example.org").id
    for path in (*PATHS, f"/admin/staff/{member}", "/admin/audit"):
        with counted(installation.app) as statements:
            assert owner.get(path).status_code == 200
        assert len(statements) <= MOST_STATEMENTS, "\n".join([path, *statements])


@pytest.mark.parametrize("role", [Role.EDITOR, Role.OBSERVER])
def test_only_owners_see_staff_tokens_and_the_audit_trail(
    installation: Installation, browser: StaffBrowser, role: Role
) -> None:
    installation.add_list("daily")
    add_member(installation, role=role)
    browser.log_in()
    settings = browser.get("/admin/settings").text
    for path in (*PATHS, "/admin/audit"):
        assert browser.get(path).status_code == 403
        assert f'href="{path}"' not in settings
    sent = browser.post("/admin/staff/invite", on="/admin/account", email=TOM, role="owner")
    assert sent.status_code == 403
    assert audit.entries(installation.app, limit=99, by=OPERATOR)[0].action == "staff.log_in"
