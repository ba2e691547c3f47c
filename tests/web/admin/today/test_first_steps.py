"""
The first steps: a new installation leads from nothing to a test email.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from installation import Installation
from staff_samples import EVE, StaffBrowser, add_member
from statements import counted

from newsletter.actions.issues import issue_delivery
from newsletter.model.access import OPERATOR, Role
from newsletter.settings import Settings
from newsletter.store.operations.today.beginnings import Beginnings
from newsletter.web.admin.today.first_steps import StepLeft, steps_left

TITLE = "From nothing to your first test email"


def steps(page: str) -> list[tuple[str, str]]:
    """
    Return the state and the title of each step.
    """
    found = re.findall(r'<li(?: class="(\w+)"[^>]*)?><div>\s*<h2>([^<]+?)\s*<', page)
    return [(state, title) for state, title in found]


def test_the_steps_are_ticked_as_they_are_done_until_a_test_was_sent(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    page = browser.get("/admin/").text
    assert TITLE in page
    assert [state for state, _ in steps(page)] == ["done", "now", "", "", ""]
    for path in ("/admin/sources/new", "/admin/briefs/new", "/admin/lists/new"):
        assert f'href="{path}"' in page
    assert "Opens once there is a list." in page
    assert "Opens once there is an issue." in page
    assert "They stay on this machine." in page
    installation.add_list()
    page = browser.get("/admin/").text
    assert [state for state, _ in steps(page)] == ["done", "now", "done", "", ""]
    assert 'href="/admin/issues/new"' in page
    number = installation.add_issue()
    page = browser.get("/admin/").text
    assert [state for state, _ in steps(page)] == ["done", "done", "done", "done", "now"]
    assert f'href="/admin/issues/{number}"' in page
    issue_delivery.send_test(installation.app, number, [EVE], by=OPERATOR)
    page = browser.get("/admin/").text
    assert TITLE not in page
    assert "One draft waits for you" in page
    assert "There are no readers yet." in page
    assert 'href="/admin/help/guides/providers/index"' in page
    assert browser.get("/admin/help/guides/providers/index").status_code == 200
    installation.add_readers(1)
    assert "There are no readers yet." not in browser.get("/admin/").text


def test_a_mail_server_on_this_machine_is_a_provider_and_the_outbox_is_none(
    tmp_path: Path,
) -> None:
    found = Beginnings(
        has_source=True,
        has_brief=True,
        has_list=True,
        has_draft=True,
        has_reader=True,
        was_sent=True,
        newest_entry=0,
    )
    relay = {"kind": "smtp", "host": "127.0.0.1", "port": 25, "security": "none"}
    relayed = Settings(provider={"relay": relay}, delivery={"provider": "relay"}, folder=tmp_path)
    assert steps_left(relayed, OPERATOR, found) == set()
    assert steps_left(Settings(folder=tmp_path), OPERATOR, found) == {StepLeft.PROVIDER}


def test_what_a_newcomer_saves_leads_to_the_next_step(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()

    def saved(path: str, **typed: str) -> str:
        return browser.get(browser.post(path, **typed).headers["location"]).text

    page = saved("/admin/briefs/new", step="save", title="The harbour is frozen", body="Ice.")
    assert '<a href="/admin/lists/new">Next step: Set up a list</a>' in page
    page = saved("/admin/lists/new", name="Der Überblick", language="en", visibility="public")
    assert "/admin/lists/der-uberblick/readers" in page, "its short name is made of the name"
    assert '<a href="/admin/issues/new">Next step: Write an issue</a>' in page
    assert 'name="brief" value="1" checked' in browser.get("/admin/issues/new").text
    begun = browser.post("/admin/issues/new", list="der-uberblick", brief="1", do="begin")
    number = int(begun.headers["location"].rpartition("/")[2])
    draft = browser.post(f"/admin/issues/{number}/test", address=EVE).headers["location"]
    assert "Look at the test" in browser.get(draft).text
    page = saved("/admin/briefs/new", step="save", title="Thaw", body="Water.")
    assert "Next step" not in page


def test_the_first_steps_cost_little(installation: Installation, browser: StaffBrowser) -> None:
    add_member(installation)
    browser.log_in()
    with counted(installation.app) as statements:
        browser.get("/admin/")
    assert len(statements) <= 12, "\n".join(statements)


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.AUTHOR, True), (Role.PEOPLE, False), (Role.OBSERVER, False)]
)
def test_who_can_do_no_step_is_not_led_through_them(
    installation: Installation, browser: StaffBrowser, role: Role, sees: bool
) -> None:
    add_member(installation, role=role)
    browser.log_in()
    page = browser.get("/admin/").text
    assert (TITLE in page) is sees
    if sees:
        assert "Somebody else with another role does this." in page
        assert 'href="/admin/lists/new"' not in page
