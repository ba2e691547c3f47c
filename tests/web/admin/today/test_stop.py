"""
The stop of all sending: it says what it means, and never happens by accident.
"""

from __future__ import annotations

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.operations import kill_switch
from newsletter.model.access import OPERATOR, Role
from newsletter.store.flow_control import kill_switch as stored
from newsletter.store.flow_control.kill_switch import Stop, StopKind

STOP = "/admin/stop"


def stop_of(installation: Installation) -> Stop | None:
    return kill_switch.show(installation.app, by=OPERATOR)


def freeze_issue(installation: Installation, readers: int = 3) -> int:
    """
    Freeze an issue that nothing submits.
    """
    from newsletter import pipeline

    installation.add_list()
    installation.add_readers(readers)
    number = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, number)
    return number


def test_the_page_names_whom_a_stop_concerns_and_changes_nothing(
    installation: Installation, browser: StaffBrowser
) -> None:
    freeze_issue(installation)
    add_member(installation)
    browser.log_in()
    with counted(installation.app) as statements:
        page = browser.get(STOP).text
    assert "Sending is on" in page
    assert "for all 3 pending readers" in page
    assert "3 readers stay pending" in page
    assert len(statements) <= 12
    assert stop_of(installation) is None


def test_a_stop_needs_the_tick_and_keeps_who_and_why(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    refused = browser.post(STOP, reason="<b>wrong</b> picture")
    assert refused.status_code == 422
    assert "Tick the box" in refused.text
    assert "&lt;b&gt;wrong&lt;/b&gt; picture" in refused.text
    assert stop_of(installation) is None
    done = browser.post(STOP, sure="yes", reason="<b>wrong</b> picture")
    assert done.headers["location"] == STOP
    stop = stop_of(installation)
    assert stop is not None
    assert stop.reason == "by Eve Adams: <b>wrong</b> picture"
    page = browser.get(STOP).text
    assert "All sending is stopped." in page
    assert "by Eve Adams: &lt;b&gt;wrong&lt;/b&gt; picture" in page
    assert "Start sending again" in page


@pytest.mark.parametrize("reason", ["two\nlines", "x" * 201])
def test_a_reason_that_is_no_short_line_is_refused_at_its_field(
    installation: Installation, browser: StaffBrowser, reason: str
) -> None:
    add_member(installation)
    browser.log_in()
    page = browser.post(STOP, sure="yes", reason=reason)
    assert page.status_code == 422
    assert 'href="#reason"' in page.text
    assert stop_of(installation) is None


def test_sending_starts_again_and_the_page_says_for_whom(
    installation: Installation, browser: StaffBrowser
) -> None:
    freeze_issue(installation)
    add_member(installation)
    browser.log_in()
    browser.post(STOP, sure="yes")
    assert "3 readers are pending and get their emails then" in browser.get(STOP).text
    again = browser.post(STOP, sure="yes", on="/admin/")
    assert again.headers["location"] == STOP
    assert "The first reason is kept." in browser.get(STOP).text
    assert browser.post(f"{STOP}/start", on=STOP).headers["location"] == STOP
    assert stop_of(installation) is None
    assert "Sending is on again." in browser.get(STOP).text


@pytest.mark.parametrize(
    ("kind", "advice"), [(StopKind.COPY, "another copy"), (StopKind.MOVED, "the new database")]
)
def test_a_stop_that_no_person_made_says_what_to_do_and_has_no_button(
    installation: Installation, browser: StaffBrowser, kind: StopKind, advice: str
) -> None:
    add_member(installation)
    browser.log_in()
    with installation.app.database.write() as connection:
        stored.engage(connection, kind, reason="moved to db2", now=installation.now)
    page = browser.get(STOP).text
    assert advice in page
    assert "newsletter resume --only-copy" in page
    assert "Start sending again" not in page
    refused = browser.post(f"{STOP}/start", on="/admin/")
    assert refused.headers["location"] == STOP
    stop = stop_of(installation)
    assert stop is not None
    assert stop.kind is kind


@pytest.mark.parametrize(
    ("role", "lists", "status"),
    [(Role.OBSERVER, None, 200), (Role.EDITOR, ["daily"], 200), (Role.AUTHOR, None, 403)],
)
def test_who_may_not_stop_sending_cannot(
    installation: Installation,
    browser: StaffBrowser,
    role: Role,
    lists: list[str] | None,
    status: int,
) -> None:
    installation.add_list()
    add_member(installation, role=role, lists=lists)
    browser.log_in()
    page = browser.get(STOP)
    assert page.status_code == status
    assert 'name="sure"' not in page.text
    assert browser.post(STOP, sure="yes", on="/admin/").status_code == 403
    assert stop_of(installation) is None
