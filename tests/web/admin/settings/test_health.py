"""
The page about the installation in the newsroom: checks, DNS records, and newsletter.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import lists
from newsletter.model.access import OPERATOR, Role
from newsletter.settings import Settings
from newsletter.settings.sections import SiteSettings
from newsletter.web.admin.settings.health.shown_settings import sentences_of

MOST_STATEMENTS = 12
HEALTH = "/admin/health"


@pytest.fixture
def owner(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    add_member(installation)
    browser.log_in()
    return browser


def keys() -> Iterator[str]:
    for name, section in Settings().model_dump().items():
        if name != "provider":
            yield from section


def test_the_page_shows_each_setting_with_its_sentence(
    installation: Installation, owner: StaffBrowser
) -> None:
    with counted(installation.app) as statements:
        page = owner.get(HEALTH).text
    assert len(statements) <= MOST_STATEMENTS
    for key in keys():
        assert f"<code>{key}" in page, key
    assert "The name of the publication, in emails and on pages." in page
    assert sentences_of(SiteSettings)["operator"].startswith("The email address that gets alerts")


def test_the_checks_run_at_a_button_and_what_fails_comes_first(
    installation: Installation, owner: StaffBrowser
) -> None:
    installation.add_list("daily")
    lists.hold(installation.app, "daily", reason="<wrong>", by=OPERATOR)
    page = owner.post(f"{HEALTH}/checks", on=HEALTH).text
    assert "fail" in page.partition("<h1>")[2].partition("</h1>")[0]
    assert "list daily is held" in page
    assert "<wrong>" not in page
    assert page.index("list daily is held") < page.index(">works<")


def test_dns_records_are_looked_up_at_a_button(owner: StaffBrowser) -> None:
    page = owner.post(f"{HEALTH}/dns", on=HEALTH, selectors="one, two").text
    assert "No provider sends email to people yet" in page


@pytest.mark.parametrize(("role", "sees"), [(Role.OBSERVER, True), (Role.AUTHOR, False)])
def test_who_may_see_the_installation(
    installation: Installation, browser: StaffBrowser, role: Role, sees: bool
) -> None:
    add_member(installation, role=role)
    browser.log_in()
    assert (browser.get(HEALTH).status_code == 200) is sees
    assert (browser.post(f"{HEALTH}/checks", on="/admin/account").status_code == 200) is sees
    assert (f'href="{HEALTH}"' in browser.get("/admin/settings").text) is sees


def test_a_member_who_is_limited_to_lists_does_not_see_the_installation(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    add_member(installation, role=Role.EDITOR, lists=["daily"])
    browser.log_in()
    assert browser.get(HEALTH).status_code == 403
    assert browser.post(f"{HEALTH}/checks", on="/admin/account").status_code == 403
