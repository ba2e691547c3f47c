"""
Test, approve and send a draft in the newsroom.
"""

from __future__ import annotations

import datetime as dt
import html
import re

import httpx
import pytest
from installation import Installation
from staff_samples import EVE, StaffBrowser, add_member, load_member
from statements import counted

from newsletter.actions.issues import sending
from newsletter.actions.issues.drafts import approval
from newsletter.actions.operations import kill_switch
from newsletter.errors import Refused
from newsletter.model.access import OPERATOR
from newsletter.model.check import Finding, Level
from newsletter.model.issue import Issue, IssueState
from newsletter.store.access.members import edit_member
from newsletter.store.content.briefs import hold_brief
from newsletter.store.issues.issues import edit_issue, load_issue
from newsletter.web.admin.issues.drafts.findings import sort_findings, without_command
from newsletter.web.admin.issues.drafts.text_changes import ChangedLine, pair_changes

MOST_STATEMENTS = 12


@pytest.fixture
def draft(installation: Installation, browser: StaffBrowser) -> int:
    installation.add_list()
    installation.add_readers(3)
    add_member(installation)
    browser.log_in()
    return installation.add_issue(subject="The ice road opens late", preheader="More")


def issue_of(installation: Installation, number: int) -> Issue:
    with installation.app.database.read() as connection:
        return load_issue(connection, number)


def shown_on(page: str) -> str:
    return re.findall(r'name="shown" value="(\w+)"', page)[0]


def answer(browser: StaffBrowser, number: int, **choice: str) -> httpx.Response:
    """
    Go from the page of the approval through the question to its answer.
    """
    shown = shown_on(browser.get(f"/admin/issues/{number}/approve").text)
    choice = {"when": "now", "shown": shown, **choice}
    question = browser.client.get(f"/admin/issues/{number}/send", params=choice)
    assert question.status_code == 200, question.headers
    return browser.post(f"/admin/issues/{number}/send", on="/admin/account", sure="yes", **choice)


def test_readers_and_everybody_left_out_are_a_sum(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    installation.add_list("staff")
    installation.subscribe(["reader0000@example.org"], "staff")
    with installation.app.database.write() as connection:
        edit_issue(connection, draft, audience={"lists": ["daily"], "minus": ["staff"]})
    page = browser.get(f"/admin/issues/{draft}/approve").text
    rows = re.findall(
        r'<th scope="row">(.*?)</th><td class="count">(?:<span>)?(.*?)<', page, re.DOTALL
    )
    assert rows == [
        ("On its lists now", "3"),
        ("On the list <bdi>Staff</bdi>, which is left out\n", "− 1"),
        ("Readers who get it", "2"),
    ]
    people = approval.details(installation.app, draft, by=OPERATOR).audience
    assert (people.readers, people.everybody) == (2, 3)
    assert f'href="/admin/issues/{draft}/left-out"' in page
    named = browser.get(f"/admin/issues/{draft}/left-out").text
    assert "reader0000@example.org" in named
    assert "They are on the list staff, which is left out" in named
    assert "would not get it if it were sent now" in named


def test_a_test_goes_to_ones_own_address_and_to_those_of_earlier_tests(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    sent = browser.post(
        f"/admin/issues/{draft}/test", address=EVE, more="Ann@example.org, bo@example.org"
    )
    assert sent.headers["location"] == f"/admin/issues/{draft}"
    assert issue_of(installation, draft + 1).audience.addresses == (
        EVE,
        "Ann@example.org",
        "bo@example.org",
    )
    # The outbox is no provider that sends anything to people.
    said = browser.get(f"/admin/issues/{draft}").text
    assert re.search(r'class="[^"]*warn[^"]*"[^>]*>.*?No email was sent', said, re.DOTALL)
    assert f'href="/admin/issues/{draft + 1}">Look at the test' in said
    page = browser.get(f"/admin/issues/{draft}/test").text
    assert "Ann@example.org" in page
    for more in ("", "not an address"):
        wrong = browser.post(f"/admin/issues/{draft}/test", more=more)
        assert wrong.status_code == 422
        assert 'id="more-error"' in wrong.text
        assert more in wrong.text


def test_an_approval_covers_what_was_shown(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    shown = shown_on(browser.get(f"/admin/issues/{draft}/approve").text)
    with installation.app.database.write() as connection:
        edit_issue(connection, draft, subject="Changed in the meantime")
    browser.post(f"/admin/issues/{draft}/approve", shown=shown)
    assert "changed since you opened it" in browser.get(f"/admin/issues/{draft}/approve").text
    issue = issue_of(installation, draft)
    assert (issue.state, issue.approved_hash) == (IssueState.DRAFT, None)


def test_what_changed_since_the_approval_stands_side_by_side(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    shown = shown_on(browser.get(f"/admin/issues/{draft}/approve").text)
    browser.post(f"/admin/issues/{draft}/approve", shown=shown)
    assert issue_of(installation, draft).approved_hash == shown
    with installation.app.database.write() as connection:
        edit_issue(connection, draft, subject="Changed <i> %%first_name|you%%")
    page = browser.get(f"/admin/issues/{draft}/approve").text
    assert "<del><bdi>Subject: The ice road opens late</bdi></del>" in page
    assert "<ins><bdi>Subject: Changed &lt;i&gt; %%first_name|you%%</bdi></ins>" in page
    assert "It changed: 3 readers wait for a new approval" in page
    assert "<bdi>Changed &lt;i&gt; %%first_name|you%%</bdi>" in page


def test_the_draft_of_a_deadline_is_sent_by_its_approval(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    with installation.app.database.write() as connection:
        edit_issue(connection, draft, at_deadline="hold", needs_approval=True)
    page = browser.get(f"/admin/issues/{draft}/approve").text
    assert "Approve and send to 3 readers" in page
    browser.post(f"/admin/issues/{draft}/approve", shown=shown_on(page))
    assert issue_of(installation, draft).state is IssueState.FREEZING


def test_it_is_sent_after_a_question_with_the_number_of_readers(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    page = browser.get(f"/admin/issues/{draft}/approve").text
    question = browser.get(f"/admin/issues/{draft}/send?when=now&shown={shown_on(page)}").text
    assert "<h1>Send to 3 readers now?</h1>" in question
    unsure = browser.post(
        f"/admin/issues/{draft}/send", on="/admin/account", when="now", shown=shown_on(page)
    )
    assert unsure.headers["location"] == f"/admin/issues/{draft}/approve"
    assert issue_of(installation, draft).state is IssueState.DRAFT
    sent = answer(browser, draft)
    assert sent.headers["location"] == f"/admin/issues/{draft}"
    assert issue_of(installation, draft).state is IssueState.SENDING


def test_what_keeps_an_issue_from_readers_is_said_before_and_after_it_is_sent(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    here = f"/admin/issues/{draft}"
    question = f"{here}/send?when=now&shown={shown_on(browser.get(f'{here}/approve').text)}"
    stays = "Its emails stay here, with the provider outbox: no reader gets one."
    assert stays in browser.get(question).text
    kill_switch.engage(installation.app, reason="the wrong picture", by=OPERATOR)
    assert "All sending is stopped: it goes out once" in browser.get(question).text
    answer(browser, draft)
    page = browser.get(here).text
    assert "It is queued: all sending is stopped." in page
    assert 'href="/admin/stop">See why' in page
    assert '<span class="chip paused">Queued: all sending is stopped</span>' in page
    assert '<span class="chip sending">' not in page
    assert "Queued: all sending is stopped" in browser.get("/admin/issues").text
    kill_switch.disengage(installation.app, by=OPERATOR)
    assert "Queued" not in browser.get(here).text


def test_the_readers_are_counted_once_for_a_page(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    here = f"/admin/issues/{draft}"
    question = f"{here}/send?when=now&shown={shown_on(browser.get(f'{here}/approve').text)}"
    for path in (f"{here}/approve", f"{here}/check", question):
        with counted(installation.app) as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)
        of_list = "FROM subscription WHERE subscription.list_id = ?"
        counts = [each for each in seen if of_list in " ".join(each.split())]
        assert len(counts) == 1, path
    with installation.app.database.write() as connection:
        hold_brief(connection, 1, reason="", by="Eve")
    with counted(installation.app) as seen:
        assert "Held, so no issue" in browser.get(f"{here}/approve").text
    assert len(seen) <= MOST_STATEMENTS + 2, "\n".join(seen)


def test_it_is_scheduled_in_the_time_zone_of_its_list(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    later = (installation.now + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer(browser, draft, when="at", at=later)
    issue = issue_of(installation, draft)
    assert issue.state is IssueState.SCHEDULED
    assert issue.send_at is not None
    assert issue.send_at.strftime("%Y-%m-%dT%H:%M") == later
    assert "Scheduled" in browser.get(f"/admin/issues/{draft}").text
    browser.post(f"/admin/issues/{draft}/hold", on="/admin/account")
    assert issue_of(installation, draft).state is IssueState.DRAFT


def test_it_is_sent_when_each_readers_clock_shows_the_time(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    later = (installation.now + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer(browser, draft, when="clock", at=later)
    issue = issue_of(installation, draft)
    assert issue.state is IssueState.SENDING
    assert issue.timing is not None
    assert issue.timing.wall == later


def test_a_choice_that_is_none_is_said_at_its_field_and_stays_typed(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    times = ("", "2001-01-01T06:00", "soon", "+2h", "2099-02-30T06:00")
    passed = "Choose a time that has not passed yet."
    choices = [(when, at, passed) for when in ("at", "clock") for at in times]
    choices += [
        ("now", "2099-01-01T06:00", "A time is typed, but “Now” is chosen."),
        ("", "2099-01-01T06:00", "Choose when it is sent."),
    ]
    for when, at, fault in choices:
        choice = {"when": when, "at": at, "shown": "x"}
        asked = browser.client.get(f"/admin/issues/{draft}/send", params=choice)
        sent = browser.post(
            f"/admin/issues/{draft}/send", on="/admin/account", sure="yes", **choice
        )
        assert sent.headers["location"] == asked.headers["location"]
        again = browser.client.get(asked.headers["location"])
        assert (again.status_code, fault in again.text) == (422, True), choice
        assert (f'value="{at}"' in again.text) is bool(at)
    assert issue_of(installation, draft).timing is None


def test_nothing_is_chosen_before_somebody_does_and_not_yet_keeps_the_choice(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    page = browser.get(f"/admin/issues/{draft}/approve").text
    assert not re.search(r'name="when"[^>]* checked', page)
    choice = {"when": "at", "at": "2099-01-01T06:00", "ignore_quiet": "yes"}
    params = {**choice, "shown": shown_on(page)}
    question = browser.client.get(f"/admin/issues/{draft}/send", params=params).text
    (back,) = re.findall(r'href="([^"]*)">Not yet', question)
    kept = browser.get(html.unescape(back).partition("#")[0]).text
    assert re.search(r'value="at" required checked', kept)
    assert 'value="2099-01-01T06:00"' in kept
    assert re.search(r'name="ignore_quiet" value="yes" checked', kept)


def test_times_are_typed_in_the_members_zone_and_that_of_the_list_stands_beside_it(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    page = browser.get(f"/admin/issues/{draft}/approve").text
    assert "In the time zone of the list, <bdi>UTC</bdi>." in page
    member = load_member(installation)
    with installation.app.database.write() as connection:
        edit_member(connection, member.id, timezone="Europe/Berlin")
    page = browser.get(f"/admin/issues/{draft}/approve").text
    assert "In your time zone, <bdi>Europe/Berlin</bdi>." in page
    assert "That of the list is <bdi>UTC</bdi>." in page
    answer(browser, draft, when="at", at="2099-01-01T18:00")
    assert issue_of(installation, draft).send_at == dt.datetime(2099, 1, 1, 17, tzinfo=dt.UTC)


def test_a_scheduled_issue_gets_another_time_and_stays_approved(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    shown = shown_on(browser.get(f"/admin/issues/{draft}/approve").text)
    browser.post(f"/admin/issues/{draft}/approve", shown=shown)
    answer(browser, draft, when="at", at="2099-01-01T18:00")
    page = browser.get(f"/admin/issues/{draft}/approve").text
    assert "Scheduled for 3 readers" in page
    assert 'value="2099-01-01T18:00" required' in page
    assert "Its approval is lost: it has to be approved again." in page
    assert "Ready to be sent" not in page
    assert 'value="now"' not in page
    path = f"/admin/issues/{draft}/time"
    moved = browser.post(path, on="/admin/account", at="2099-01-01T19:00")
    assert moved.headers["location"] == f"/admin/issues/{draft}/approve"
    issue = issue_of(installation, draft)
    assert (issue.state, issue.approved_hash) == (IssueState.SCHEDULED, shown)
    assert "7:00\u202fPM" in browser.get(f"/admin/issues/{draft}").text
    wrong = browser.post(path, on="/admin/account", at="2001-01-01T06:00")
    assert (wrong.status_code, 'id="at-error"' in wrong.text) == (422, True)
    with installation.app.database.write() as connection:
        edit_issue(connection, draft, subject="Changed in the meantime")
    page = browser.get(f"/admin/issues/{draft}/approve").text
    assert "Scheduled, but it would not be sent" in page


def test_what_happened_to_an_issue_that_never_went_is_said_there(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    shown = shown_on(browser.get(f"/admin/issues/{draft}/approve").text)
    browser.post(f"/admin/issues/{draft}/approve", shown=shown)
    answer(browser, draft, when="at", at="2099-01-01T18:00")
    later = dt.datetime(2099, 1, 1, 18, 30, tzinfo=dt.UTC)
    with pytest.raises(Refused, match="reschedule"):
        sending.send_at_once(installation.app, draft, at=later, by=OPERATOR)
    browser.post(f"/admin/issues/{draft}/time", on="/admin/account", at="2099-01-01T19:00")
    given = {"sure": "yes", "cancel_reason": "the day has changed"}
    browser.post(f"/admin/issues/{draft}/discard", on="/admin/account", **given)
    page = browser.get(f"/admin/issues/{draft}").text
    log = page[page.index('id="log"') :]
    said = re.findall(r"<li>.*?</time>\s*<span>(.*?)</span>\s*</li>", log, re.DOTALL)
    assert [re.sub(r"<.*?>", "", each).replace("\u202f", " ").strip() for each in said] == [
        f"Called off by {EVE}. the day has changed",
        f"Scheduled for Jan 1, 2099, 7:00 PM by {EVE}.",
        f"{OPERATOR.name} wanted to schedule it for Jan 1, 2099, 6:30 PM: refused.",
        f"Scheduled for Jan 1, 2099, 6:00 PM by {EVE}.",
        f"Approved by {EVE}.",
    ]
    assert "Nobody was sent it" in page
    assert 'class="ledger"' not in page


def test_a_draft_with_a_held_brief_says_so_at_the_brief_and_cannot_be_approved(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    with installation.app.database.write() as connection:
        hold_brief(connection, 1, reason="wait for the lawyers", by="Anna")
    said = "Held, so no issue is sent with it until it is freed or left out (held by Anna: wait"
    assert said in browser.get(f"/admin/issues/{draft}?checked=yes").text
    page = browser.get(f"/admin/issues/{draft}/approve").text
    assert said in page
    assert re.search(r"<button[^>]* disabled>Approve for 3 readers", page)


def test_what_changed_after_the_question_is_not_sent(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    shown = shown_on(browser.get(f"/admin/issues/{draft}/approve").text)
    with installation.app.database.write() as connection:
        edit_issue(connection, draft, subject="Changed in the meantime")
    later = (installation.now + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    for choice in ({}, {"when": "clock", "at": later}):
        given = {"when": "now", "shown": shown, "sure": "yes", **choice}
        browser.post(f"/admin/issues/{draft}/send", on="/admin/account", **given)
        assert "changed since you opened it" in browser.get(f"/admin/issues/{draft}/approve").text
    issue = issue_of(installation, draft)
    assert issue.state is IssueState.DRAFT
    assert issue.timing is None or issue.timing.wall is None


def test_errors_block_at_the_button(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    number = installation.add_issue("Odd", intro="Dear %%frist_name%%")
    page = browser.get(f"/admin/issues/{number}/approve").text
    assert "Not ready to be sent yet" in page
    assert re.search(r"<button[^>]* disabled>Approve for 3 readers", page)


def test_a_draft_is_cancelled_only_by_somebody_who_is_sure(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    browser.post(f"/admin/issues/{draft}/discard", on="/admin/account")
    assert issue_of(installation, draft).state is IssueState.DRAFT
    given = {"sure": "yes", "cancel_reason": "the day\n has <i>changed"}
    browser.post(f"/admin/issues/{draft}/discard", on="/admin/account", **given)
    assert issue_of(installation, draft).state is IssueState.CANCELLED
    assert "the day has &lt;i&gt;changed" in browser.get(f"/admin/issues/{draft}").text


def test_a_diff_is_put_side_by_side() -> None:
    diff = [
        "--- approved",
        "+++ now",
        "@@ -1,3 +1,3 @@",
        " To: daily",
        "-old",
        "-gone",
        "+new",
        " end",
    ]
    assert pair_changes(diff) == [
        ChangedLine(before="To: daily", after="To: daily"),
        ChangedLine(before="old", after="new"),
        ChangedLine(before="gone", after=None),
        ChangedLine(before="end", after="end"),
    ]
    assert pair_changes([]) == []


def test_a_finding_is_shown_without_its_command() -> None:
    assert without_command("no subject: add one with `newsletter issue edit`") == "no subject"
    assert without_command("5 characters: 20 to 60 work best") == "5 characters: 20 to 60 work best"


def test_what_only_the_operator_can_mend_is_said_once_and_without_code() -> None:
    def found(where: str, message: str, level: Level = Level.WARNING) -> Finding:
        return Finding("urls", level, message, where)

    mine, theirs = "http://127.0.0.1:8101", "http://10.0.0.1/a"
    findings = [
        found(
            f'<a href="{mine}/i/1">', "127.0.0.1 is not on the public internet: use the public URL"
        ),
        found(
            f'<img src="{mine}/media/2">', "http should be https: set [site] base_url to an https"
        ),
        found(f'<a href="{theirs}">', "10.0.0.1 is not on the public internet", Level.ERROR),
    ]
    shown = sort_findings(findings, [], base_url=mine)
    assert (shown.errors, shown.warnings) == (1, 1)
    last, once = shown.by_place["email"]
    assert (shown.address_of(last), shown.address_of(once)) == (theirs, "")
    assert once.message.startswith("the public address of this installation is not set")
