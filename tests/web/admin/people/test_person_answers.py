"""
What the page of a person answers at once: which lists they get, what happened last, and what became
of an email.
"""

from __future__ import annotations

from collections.abc import Mapping

from installation import Installation
from staff_samples import EVE, StaffBrowser, add_member
from statements import counted

from newsletter import pipeline
from newsletter.actions.people import person, suppressions
from newsletter.actions.people.newsroom import new_address
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.model.access import OPERATOR, Role

ADA, MOVED = "ada@example.org", "ada@example.com"
MOST_STATEMENTS = 12


def test_somebody_who_left_one_of_two_lists_gets_the_other_and_the_page_says_who_took_them_off(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    browser.post(f"{page}/join", on=page, join_list="weekly", consent="by phone")
    joined = browser.get(page).text
    assert "Gets email</span>" in joined
    assert f"by <bdi>{EVE}</bdi>." in joined
    browser.post(f"{page}/leave", on=page, list="weekly")
    html = browser.get(page).text
    assert "Gets 1 of 2 lists" in html
    assert "Taken off <bdi>Weekly</bdi> on " in html
    assert f", by <bdi>{EVE}</bdi>." in html
    assert html.index('id="h-lists"') < html.index('id="h-history"')
    found = browser.get("/admin/people?state=ended").text
    assert "Gets 1 of 2 lists" in found
    assert "left <bdi>Weekly</bdi>" in found


def test_why_an_email_came_is_said_in_sentences_beside_the_email_and_the_way_to_send_it_again(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    pipeline.publish_issue(installation.app.publishing, installation.add_issue())
    installation.submit_all()
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    assert f'<a class="title" href="{page}/emails?issue=1">' in browser.get(f"{page}/emails").text
    with counted(installation.app) as statements:
        html = browser.get(f"{page}/emails?issue=1").text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "<p>Sent on Mar 4, 2026, " in html
    assert "the provider outbox accepted it. Whether it reached the mailbox was not" in html
    assert 'src="/admin/issues/1/email"' in html
    again = f"/admin/issues/1/resend?person={people['Ada']}"
    assert f'href="{again}"' in html
    assert f"{ADA}</textarea>" in browser.get(again).text
    assert browser.get("/admin/issues/1/resend?person=999").status_code == 404
    left_out = browser.get(f"/admin/people/{people['Carla']}/emails?issue=1").text
    assert "Not sent, because they are on none of its lists." in left_out
    assert "/resend" not in left_out
    add_member(installation, "ob@example.org", role=Role.OBSERVER)
    browser.log_in("ob@example.org")
    assert "resend" not in browser.get(f"{page}/emails?issue=1").text


def test_somebody_suppressed_was_left_out_and_can_be_sent_it_once_that_is_over(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    values = SuppressionValues(list_slug="daily")
    suppressions.add(installation.app, ADA, by=OPERATOR, values=values)
    pipeline.publish_issue(installation.app.publishing, installation.add_issue())
    installation.submit_all()
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    assert "Suppressed for <bdi>Daily</bdi> on " in browser.get(page).text
    html = browser.get(f"{page}/emails?issue=1").text
    assert "Not sent: they were left out when sending began, because the address is supp" in html
    assert f'/admin/issues/1/resend?person={people["Ada"]}">Send it to them…</a>' in html


def test_a_change_of_address_shows_both_addresses_although_the_history_keeps_them_masked(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    new_address.change(installation.app, ADA, new_address=MOVED, by=OPERATOR)
    add_member(installation)
    browser.log_in()
    browser.get("/admin")
    with counted(installation.app) as statements:
        html = browser.get(f"/admin/people/{people['Ada']}").text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert f"<bdi>{ADA}</bdi> → <bdi>{MOVED}</bdi>" in html
    stored = person.history(installation.app, MOVED, by=OPERATOR)
    assert stored[-1].detail["email"] == {"before": "a…@example.org", "after": "a…@example.com"}


def test_the_search_comes_before_what_is_done_rarely(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    html = browser.get("/admin/people").text
    main = html[html.index("<main") :]
    assert 'class="standfirst"' not in main
    assert main.index('id="q"') < main.index('href="/admin/people/new"')
