"""
The page about the installation in the newsroom: checks, DNS records, and newsletter.toml.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from dns_server import ZoneServer
from installation import Installation
from staff_samples import BASE_URL, StaffBrowser, add_member
from starlette.applications import Starlette
from statements import counted
from web_samples import TestClient

from newsletter.actions.people import lists
from newsletter.isolation.dns import open_lookup
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import OPERATOR, Role
from newsletter.operations.ready.missing import is_example, not_ready
from newsletter.settings import Settings
from newsletter.settings.sections import SiteSettings
from newsletter.web.admin.login.login_pages import LoginPages
from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.settings.health.health import InstallationPages
from newsletter.web.admin.settings.health.shown_settings import sentences_of
from newsletter.web.admin.settings.menu import SettingsPages
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.write_pool import WritePool

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


def test_each_record_is_a_row_with_what_is_wanted_and_what_was_found(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: dt.datetime
) -> None:
    provider = {"main": {"kind": "postmark"}}
    with closing(
        Installation(
            tmp_path,
            database_url,
            now=now,
            sandbox=warm_sandbox,
            provider=provider,
            delivery={"provider": "main"},
        )
    ) as site:
        add_member(site)
        server = ZoneServer()
        address = server.serve(
            "pm-bounces.example.org. IN CNAME elsewhere.example.net.",
            '_dmarc.example.org. IN TXT "v=DMARC1; p=none"',
        )
        pages = StaffPages(site.app, StaticFiles())
        routes, settings = StaffRoutes(pages, writes=WritePool()), SettingsPages(pages)
        own = InstallationPages(settings, routes, lookup=lambda: open_lookup(address))
        web = Starlette(
            routes=[*LoginPages(pages, routes, hashing=WritePool()).routes(), *own.routes()]
        )
        with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
            browser = StaffBrowser(client)
            browser.log_in()
            page = browser.post(f"{HEALTH}/dns", on=HEALTH).text
        server.close()
    rows = [
        [re.sub(r"<[^>]+>|\s+", " ", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr>.*?</tr>", page, re.S)
    ]
    shown = {" ".join(row[1].split()): " ".join(" ".join(row[2:]).split()) for row in rows[1:5]}
    assert shown["return path"].startswith(
        "different CNAME pm-bounces.example.org Should be: pm.mtasv.net Is: elsewhere.example.net"
    )
    assert shown["DMARC"].startswith("right TXT _dmarc.example.org")
    assert shown["DKIM"].startswith("recommended TXT …._domainkey.example.org")
    assert "DNS record needs attention" in page or "DNS records need attention" in page


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


def test_an_installation_whose_checks_pass_is_not_called_ready_before_it_is(
    owner: StaffBrowser, installation: Installation
) -> None:
    page = owner.post(f"{HEALTH}/checks", on=HEALTH).text
    assert "Everything works" not in page
    found = {each.check for each in not_ready(installation.app)}
    assert found >= {"provider", "webhooks", "sender", "operator", "dns"}
    for guide in ("guides/providers/index", "guides/webhooks", "guides/dns", "guides/alerts"):
        assert f'href="/admin/help/{guide}"' in page
    assert "<td" in page
    both = owner.post(f"{HEALTH}/dns", on=HEALTH, with_checks="yes").text
    assert "What was found" in both
    assert 'name="with_dns"' in both


def test_only_domains_that_nobody_can_own_are_examples() -> None:
    assert all(map(is_example, ("example.org", "news.Example.com", "a.test", "localhost")))
    assert not any(map(is_example, ("myexample.org", "example.de", "contest.io")))
