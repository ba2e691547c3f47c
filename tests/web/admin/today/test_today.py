"""
Today: it says what goes out, what waits, what comes next and what went wrong, to each member what
they may see.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from installation import Installation
from scheduled_installation import put_brief, scheduled
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery, issues, schedules, slots
from newsletter.actions.operations import kill_switch
from newsletter.actions.people import lists
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Role
from newsletter.model.check import Finding, Level
from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import Approval
from newsletter.store.content import sources
from newsletter.store.issues.preflight import store_check
from newsletter.store.tables import batch, source

HOME, LIVE = "/admin/", "/admin/today/live"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
HOSTILE = "<script>alert(1)</script>\"onmouseover='x"


def enter(
    installation: Installation,
    browser: StaffBrowser,
    role: Role = Role.OWNER,
    lists: list[str] | None = None,
) -> None:
    add_member(installation, role=role, lists=lists)
    browser.log_in()


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
    assert found is not None
    return found[1]


def freeze(installation: Installation, title: str, lists: tuple[str, ...] = ("daily",)) -> int:
    number = installation.add_issue(title, lists=lists)
    pipeline.publish_issue(installation.app.publishing, number)
    return number


def settle(installation: Installation, number: int) -> None:
    """
    Settle the batches of an issue as accepted, now.
    """
    settled = {"state": BatchState.SETTLED, "outcome": DeliveryState.ACCEPTED}
    with installation.app.database.write() as connection:
        connection.execute(
            sa.update(batch)
            .where(batch.c.issue_id == number)
            .values(settled_at=installation.now, **settled)
        )


@pytest.fixture
def site(installation: Installation) -> Installation:
    """
    A list with four readers, and an issue that was sent two days ago.
    """
    installation.add_list()
    installation.add_readers(4)
    freeze(installation, "The first of all")
    installation.submit_all()
    installation.now += 2 * DAY
    return installation


def test_what_is_being_sent_stands_first_with_its_sums(
    site: Installation, browser: StaffBrowser
) -> None:
    freeze(site, "A census nobody answered")
    enter(site, browser)
    page = browser.get(HOME).text
    assert heading(page) == "One issue is going out"
    assert "A census nobody answered" in page
    assert "0 of 4 readers settled, 4 pending" in page
    assert f'hx-get="{LIVE}?shown=' in page
    assert "<noscript>" in page
    shown = re.findall(rf'hx-get="({LIVE}[?]shown=[^"]+)"', page)
    part = browser.get(shown[0], **{"hx-request": "true"}).text
    assert part.startswith('<div id="live"')
    assert "hx-swap-oob" not in part, "the heading says what is so"
    site.submit_all()
    changed = browser.get(shown[0], **{"hx-request": "true"}).text
    assert '<div hx-swap-oob="innerHTML:main h1">Nothing needs you now</div>' in changed
    assert "<title>Nothing needs you now" in changed
    assert "4 pending readers for later" in part
    assert "/pause" in part


def test_the_rate_and_the_time_left_are_those_of_the_last_minute(
    site: Installation, browser: StaffBrowser
) -> None:
    number = freeze(site, "A census nobody answered")
    site.now += HOUR
    with site.app.database.write() as connection:
        first = {"issue_id": number, "no": 99, "state": BatchState.SETTLED, "size": 6}
        settled = {"outcome": DeliveryState.ACCEPTED, "settled_at": site.now}
        connection.execute(sa.insert(batch).values(**first, **settled))
    enter(site, browser)
    assert "About one minute left at 6 readers a minute." in browser.get(HOME).text
    site.now += HOUR
    assert "Nobody was settled in the last minute." in browser.get(HOME).text


def test_who_watches_sees_how_it_ended(site: Installation, browser: StaffBrowser) -> None:
    freeze(site, "Two keys")
    enter(site, browser)
    site.submit_all()
    site.now += dt.timedelta(minutes=5)
    part = browser.get(LIVE).text
    assert "Two keys" in part
    assert "Ended at" in part
    assert "hx-get" not in part
    assert heading(browser.get(HOME).text) == "Nothing needs you now"
    site.now += dt.timedelta(minutes=6)
    assert "Two keys" not in browser.get(LIVE).text


def test_nothing_is_renewed_when_nothing_is_sent(site: Installation, browser: StaffBrowser) -> None:
    enter(site, browser)
    page = browser.get(HOME).text
    assert heading(page) == "Nothing needs you now"
    assert "hx-get" not in page
    assert "hx-trigger" not in browser.get(LIVE).text


def test_a_draft_says_what_blocks_it_and_who_can_go_on(
    site: Installation, browser: StaffBrowser
) -> None:
    broken = site.add_issue("No picture", subject="The ice road")
    finding = Finding(rule="alt", level=Level.ERROR, message="the picture has no description")
    with site.app.database.write() as connection:
        store_check(connection, broken, [finding], override_reason=None, now=site.now)
    approved = site.add_issue("Two keys", subject="Two keys")
    issues.approve(site.app, approved, by=OPERATOR)
    texts = issues.IssueTexts(subject="Two other keys")
    issues.edit_draft(site.app, approved, texts=texts, by=OPERATOR)
    site.add_issue("Untouched", subject=HOSTILE)
    enter(site, browser)
    page = browser.get(HOME).text
    assert heading(page) == "3 drafts wait for you"
    assert "wait for somebody" not in page, "it is said once"
    assert "One thing to fix:" in page
    assert "the picture has no description" in page
    assert "Approval void" in page
    assert "See the change" in page
    assert "Not checked yet." in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert page.index("The ice road") < page.index("Two other keys")
    for number in (broken, approved):
        assert f'href="/admin/issues/{number}"' in page


def test_the_next_slot_says_what_it_would_take_and_takes_that(
    installation: Installation, browser: StaffBrowser
) -> None:
    scheduled(installation, approval=Approval.DRAFT)
    folder = installation.folder / "briefs"
    put_brief(folder, "The quay is closed")
    put_brief(folder, "The tolls rise")
    pipeline.collect_sources(installation.app.publishing, ["site"])
    freeze(installation, "Something else")
    enter(installation, browser)
    page = browser.get(HOME).text
    assert "Would take 2 briefs" in page
    said = re.search(r"To Daily, (?:one reader|[1-6] readers) now\.", page)
    assert said
    assert "Its draft will wait for an approval." in page
    # Counted once a minute, whoever looks.
    installation.add_readers(7)
    assert said[0] in browser.get(HOME).text
    installation.now += dt.timedelta(minutes=1)
    assert "To Daily, 7 readers now." in browser.get(HOME).text
    assert "for the same readers" not in page
    schedules.edit(installation.app, "morning", fields={"approval": "auto"}, by=OPERATOR)
    assert "It is sent at once, without an approval." in browser.get(HOME).text
    for limit, said in (("0", "It waits for the approval of a second person"), ("", "at once,")):
        values = ListValues(second_person_above=limit)
        lists.edit(installation.app, "daily", values, by=OPERATOR)
        assert said in browser.get(HOME).text
    schedules.edit(installation.app, "morning", fields={"approval": "draft"}, by=OPERATOR)
    daily = AudienceRule(lists=("daily",))
    issues.create_draft(installation.app, daily, briefs=[1], texts=issues.IssueTexts(), by=OPERATOR)
    page = browser.get(HOME).text
    assert "One of them is also in draft 2, for the same readers." in page
    installation.now += DAY
    made = slots.run_slot(installation.app, "morning", by=OPERATOR)
    assert [row.reason for row in made.rows] == ["2 briefs"]
    browser.log_in()
    page = browser.get(HOME).text
    assert "Would be skipped: there is no new brief." in page
    assert "Check and approve" in page


def test_what_went_wrong_is_one_banner_and_the_rest_opens_below(
    site: Installation, browser: StaffBrowser
) -> None:
    number = freeze(site, "Two keys")
    issue_delivery.pause(site.app, number, reason=f"look: {HOSTILE}", by=OPERATOR)
    site.add_source("harbor", "feed", "https://example.org/feed")
    with site.app.database.write() as connection:
        polled = sources.find_source(connection, "harbor")
        connection.execute(sa.update(source).where(source.c.id == polled.id).values(failures=9))
    enter(site, browser)
    page = browser.get(HOME).text
    assert heading(page) == "One issue needs a decision and one source has gone quiet"
    assert "“Two keys” is paused" in page
    assert "And one more" in page
    assert "The source harbor has gone quiet" in page
    assert 'href="/admin/sources/harbor"' in page
    assert HOSTILE not in page
    issue_delivery.resume(site.app, number, by=OPERATOR)
    assert "“Two keys” is paused" not in browser.get(HOME).text


def test_the_stop_is_the_headline(site: Installation, browser: StaffBrowser) -> None:
    freeze(site, "Two keys")
    kill_switch.engage(site.app, reason="wrong picture", by=OPERATOR)
    enter(site, browser)
    page = browser.get(HOME).text
    assert heading(page) == "All sending is stopped"
    assert "wrong picture" in page


def test_yesterday_has_what_was_sent_and_who_came_and_went(
    site: Installation, browser: StaffBrowser
) -> None:
    number = freeze(site, "Two keys")
    site.submit_all()
    site.subscribe(["new@example.org", "newer@example.org"])
    site.unsubscribe("new@example.org")
    site.now += DAY
    enter(site, browser)
    page = browser.get(HOME).text
    after = page[page.index('id="yesterday"') :]
    assert f'href="/admin/issues/{number}"' in after
    assert "accepted of 4; 0 rejected, 0 skipped" in after
    figures = re.findall(r"<dd>(\d+)", after)
    assert figures[:3] == ["4", "2", "1"]
    # Yesterday does not change any more: the next look does not count it again.
    with counted(site.app) as statements:
        again = browser.get(HOME).text
    assert re.findall(r"<dd>(\d+)", again[again.index('id="yesterday"') :])[:3] == figures[:3]
    assert not [text for text in statements if "FROM history" in text]


def test_a_part_without_a_session_leads_to_the_log_in(
    site: Installation, browser: StaffBrowser
) -> None:
    answer = browser.get(LIVE, **{"hx-request": "true"})
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["hx-redirect"] == "/admin/login"


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.OBSERVER, Role.PEOPLE])
def test_each_role_sees_what_it_may(site: Installation, browser: StaffBrowser, role: Role) -> None:
    site.add_issue("Two keys", subject="Two keys")
    freeze(site, "Going out")
    enter(site, browser, role=role)
    page = browser.get(HOME)
    assert page.status_code == 200
    assert ("Two keys" in page.text) is (role is not Role.PEOPLE)
    assert ("Write an issue" in page.text) is (role is Role.AUTHOR)
    assert ("Waiting for you" in page.text) is (role is Role.AUTHOR)
    assert ("Joined" in page.text) is (role is not Role.AUTHOR)
    assert "Stop all sending" not in page.text
    assert "/pause" not in page.text
    assert browser.get(LIVE).status_code == (403 if role is Role.PEOPLE else 200)


def test_a_member_limited_to_a_list_sees_nothing_of_another(
    site: Installation, browser: StaffBrowser
) -> None:
    site.add_list("weekly")
    site.add_readers(1, "weekly")
    site.add_issue("Secret draft", lists=("weekly",))
    number = freeze(site, "Secret issue", lists=("weekly",))
    issue_delivery.pause(site.app, number, reason="Secret reason", by=OPERATOR)
    site.add_source("secret-source", "feed", "https://example.org/feed")
    site.add_schedule(
        "secret-schedule", sources=("secret-source",), audience=AudienceRule(lists=("weekly",))
    )
    with site.app.database.write() as connection:
        connection.execute(sa.update(source).values(failures=9))
    site.add_issue("Own draft")
    enter(site, browser, role=Role.EDITOR, lists=["daily"])
    page = browser.get(HOME).text
    assert "Own draft" in page
    assert "ecret" not in page.replace("secret of", "")
    assert heading(page) == "One draft waits for you"


def test_an_issue_that_was_called_off_is_named_for_a_day_to_who_may_see_it(
    site: Installation, browser: StaffBrowser
) -> None:
    number = site.add_issue("The Quiet Quay")
    issue_delivery.cancel(site.app, number, reason=HOSTILE, by=OPERATOR)
    enter(site, browser)
    page = browser.get(HOME).text
    said = page[page.index('id="called-off"') :]
    assert re.search(r"The Quiet Quay.*Called off by <bdi>", said)
    assert "&lt;script&gt;alert(1)" in said
    site.now += DAY + HOUR
    browser.log_in()
    assert "called-off" not in browser.get(HOME).text


def test_the_page_is_cheap_with_much_to_show(site: Installation, browser: StaffBrowser) -> None:
    site.add_source("site", "folder", "briefs")
    for name in ("morning", "noon", "evening"):
        site.add_schedule(name)
    for number in range(3):
        freeze(site, f"Live {number}")
    for number in range(20):
        site.add_issue(f"Draft {number}")
    lists.edit(site.app, "daily", ListValues(second_person_above="1"), by=OPERATOR)
    enter(site, browser)
    with counted(site.app) as statements:
        browser.get(HOME)
    assert len(statements) <= 23, "with the session's member, alerts and changers, kept then"
    with counted(site.app) as statements:
        page = browser.get(HOME).text
    assert "And 14 more drafts" in page
    assert len(statements) <= 12, "\n".join(statements)
    with counted(site.app) as statements:
        assert browser.get(LIVE).text.count("<article") == 3
    assert len(statements) <= 7, "\n".join(statements)
