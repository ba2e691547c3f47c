"""
Trying a schedule, which changes nothing, and running it now, which asks first.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from installation import Installation
from scheduled_installation import MORNING, last_slot, put_brief
from staff_samples import StaffBrowser, add_member, form_token
from statements import counted

from newsletter.actions.issues import issue_details
from newsletter.actions.people import lists
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Role
from newsletter.model.brief import Brief
from newsletter.model.issue import DeadlineAction
from newsletter.model.schedule import Approval, IssueRules
from newsletter.model.source import FirstPoll
from newsletter.pipeline import collect_sources

PATH = "/admin/schedules/morning"
MOST_STATEMENTS = 12
# The email is made and checked, as for a draft.
MOST_STATEMENTS_WITH_EMAIL = 16


@pytest.fixture
def site(installation: Installation, browser: StaffBrowser) -> Installation:
    """
    A schedule with three readers, and a folder with two briefs as its source.
    """
    installation.now = MORNING
    installation.add_list()
    installation.add_readers(3)
    installation.add_source("site", "folder", "briefs", first_poll=FirstPoll.NEW)
    for title in ("The Quiet Harbour", "Night Ferries"):
        put_brief(installation.folder / "briefs", title)
    installation.add_schedule(rules=IssueRules(most=1, not_title="Ferries"))
    add_member(installation)
    browser.log_in()
    return installation


@pytest.fixture
def collected(site: Installation) -> Installation:
    """
    The same, after the source was read.
    """
    collect_sources(site.app.publishing, ["site"])
    return site


def test_a_trial_says_what_the_next_run_would_take_and_what_not(
    collected: Installation, browser: StaffBrowser
) -> None:
    # The first page of a session looks up whose it is.
    browser.get("/admin")
    with counted(collected.app) as statements:
        page = browser.get(f"{PATH}/try").text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "The next run would send 1 brief" in page
    assert "The Quiet Harbour" in page
    assert "Its title is one that the rule leaves out" in page
    with counted(collected.app) as statements:
        issue = browser.get(f"{PATH}/try/issue").text
    assert len(statements) <= MOST_STATEMENTS_WITH_EMAIL, "\n".join(statements)
    assert "The Quiet Harbour" in issue
    assert '<dd class="num">3</dd>' in issue
    # What the check finds stands under the brief that it is about, in the words of the composer.
    found = issue[issue.index("What the check found") :]
    assert '<h3 class="about"><bdi>The Quiet Harbour</bdi></h3>' in found
    assert '<span class="chip">Advice</span>' in found
    part = browser.get(f"{PATH}/try/issue", **{"HX-Request": "true"}).text
    assert "<html" not in part
    assert issue_details.latest(collected.app, limit=10, by=OPERATOR) == []


def test_a_trial_says_why_nothing_would_be_sent_and_what_the_issue_waits_for(
    collected: Installation, browser: StaffBrowser
) -> None:
    collected.add_schedule("empty", rules=IssueRules(least=5))
    page = browser.get("/admin/schedules/empty/try").text
    assert "The next run would send nothing" in page
    assert "2 new briefs, and the schedule needs at least 5" in page
    collected.add_schedule("asks", approval=Approval.DRAFT)
    assert "Needs approval" in browser.get("/admin/schedules/asks/try/issue").text
    lists.edit(collected.app, "daily", ListValues(needs_approval=True), by=OPERATOR)
    page = browser.get(f"{PATH}/try/issue").text
    assert "because a list asks for that.<" in page
    assert "`newsletter" not in page, "commands are links to pages"


def test_a_rule_says_what_its_lists_ask_for(site: Installation, browser: StaffBrowser) -> None:
    assert "Sent without anybody’s approval." in browser.get(PATH).text
    many = "; to more than 2 readers, only after a second person approved it"
    lists.edit(site.app, "daily", ListValues(second_person_above="2"), by=OPERATOR)
    for path in (PATH, f"{PATH}/run", f"{PATH}/try"):
        assert f"Sent without anybody’s approval{many}" in browser.get(path).text
    site.add_schedule(
        "later",
        approval=Approval.DEADLINE,
        deadline=dt.timedelta(hours=2),
        at_deadline=DeadlineAction.SEND,
    )
    assert f"is then sent without one{many}" in browser.get("/admin/schedules/later").text
    lists.edit(site.app, "daily", ListValues(needs_approval=True), by=OPERATOR)
    assert (
        "Waits until somebody approves it, because a list asks for that" in browser.get(PATH).text
    )
    assert "is then held for a person" in browser.get("/admin/schedules/later").text


def test_a_schedule_runs_now_after_a_question_with_the_number_of_readers(
    site: Installation, browser: StaffBrowser
) -> None:
    path = f"{PATH}/run"
    with counted(site.app) as statements:
        page = browser.get(path).text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "Send to 3 readers now?" in page
    wall = "2026-03-05T06:00"
    assert f'name="wall" value="{wall}"' in page
    unsure = browser.post(path, wall=wall)
    assert unsure.headers["location"] == path
    assert issue_details.latest(site.app, limit=10, by=OPERATOR) == []
    sent = browser.post(path, wall=wall, sure="yes")
    assert sent.headers["location"] == "/admin/issues/1"
    assert last_slot(site)[0] == "issued"
    again = browser.post(path, wall=wall, sure="yes")
    assert again.headers["location"] == "/admin/issues/1"
    assert len(issue_details.latest(site.app, limit=10, by=OPERATOR)) == 1


def test_a_run_that_makes_no_issue_leads_to_the_reason(
    site: Installation, browser: StaffBrowser
) -> None:
    site.add_schedule("empty", rules=IssueRules(least=5))
    path = "/admin/schedules/empty/run"
    answer = browser.post(path, wall="2026-03-05T06:00", sure="yes")
    assert answer.headers["location"] == "/admin/schedules/empty/runs/2026-03-05T06:00"
    page = browser.get(answer.headers["location"]).text
    assert "The run made no issue." in page
    assert "2 new briefs, and the schedule needs at least 5" in page
    assert page.count("The rule admits it") == 2
    later = browser.post(path, wall="2026-03-05T06:01", sure="yes")
    assert later.headers["location"] == path
    assert "in the future" in browser.get(path).text


def test_the_calendar_says_in_a_few_words_what_the_next_run_would_take(
    collected: Installation, browser: StaffBrowser
) -> None:
    assert f'hx-get="{PATH}/forecast"' in browser.get("/admin/schedules").text
    with counted(collected.app) as statements:
        part = browser.get(f"{PATH}/forecast").text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "<html" not in part
    assert "Would take 1" in part
    assert "1 is left out by the rule" in part
    collected.add_schedule("empty", rules=IssueRules(least=5))
    assert "Would skip" in browser.get("/admin/schedules/empty/forecast").text


def test_a_run_that_is_due_and_has_not_started_is_the_one_that_runs(
    site: Installation, browser: StaffBrowser
) -> None:
    site.now = MORNING + dt.timedelta(minutes=30)
    page = browser.get(f"{PATH}/run").text
    assert 'name="wall" value="2026-03-05T06:30"' in page
    site.now = MORNING + dt.timedelta(days=1, minutes=30)
    browser.log_in()
    page = browser.get(f"{PATH}/run").text
    assert "is due and has not started" in page
    assert 'name="wall" value="2026-03-06T06:00"' in page


def test_who_may_not_send_cannot_run_a_schedule(site: Installation, browser: StaffBrowser) -> None:
    add_member(site, "ida@example.org", role=Role.AUTHOR)
    browser.log_in("ida@example.org")
    page = browser.get(PATH).text
    assert f'href="{PATH}/run"' not in page
    assert browser.get(f"{PATH}/try").status_code == 200
    assert browser.get(f"{PATH}/run").status_code == 403
    run = browser.post(f"{PATH}/run", token=form_token(page), wall="2026-03-05T06:00", sure="yes")
    assert run.status_code == 403


def test_staff_limited_to_another_list_find_no_trial(
    site: Installation, browser: StaffBrowser
) -> None:
    site.add_list("other")
    add_member(site, "ida@example.org", role=Role.EDITOR, lists=["other"])
    browser.log_in("ida@example.org")
    for page in ("try", "try/issue", "run", "edit"):
        assert browser.get(f"{PATH}/{page}").status_code == 404


def test_the_title_of_a_brief_is_escaped(collected: Installation, browser: StaffBrowser) -> None:
    hostile = '<script>alert(1)</script>" onmouseover="x'
    with collected.app.database.write() as connection:
        from newsletter.store.tables import brief

        fields = dataclasses.replace(Brief(title=hostile), body_text="x", body_html="<p>x</p>")
        connection.execute(brief.update().values(fields=fields.as_json()))
    for page in ("try", "try/issue"):
        html = browser.get(f"{PATH}/{page}").text
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html
