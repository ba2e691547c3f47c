"""
What staff do with many people at once.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Mapping

import httpx
import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import person, tags
from newsletter.actions.people.newsroom import bulk_jobs
from newsletter.model.access import OPERATOR, Role
from newsletter.model.bulk_job import BulkActKind
from newsletter.store.access.members import edit_member
from newsletter.workers.bulk_jobs import BulkJobWorker
from subscribers.bulk.targets import Targets
from subscribers.errors import UnknownSubscriber

ADA, BO, CARLA = "ada@example.org", "bo@towns.example.net", "carla@example.com"
BULK, PEOPLE = "/admin/people/bulk", "/admin/people"
MOST_STATEMENTS = 12


def act(browser: StaffBrowser, **typed: object) -> httpx.Response:
    return browser.post(BULK, on=PEOPLE, **typed)


def act_surely(browser: StaffBrowser, **typed: object) -> httpx.Response:
    """
    Answer the question with yes, with the number that it has.
    """
    (number,) = re.findall(r'name="expected" value="(\d+)"', act(browser, **typed).text)
    return act(browser, **typed, expected=number)


def states(installation: Installation, address: str) -> dict[str, str]:
    found = person.show(installation.app, address, by=OPERATOR).person
    return {s.list_slug: s.state.value for s in found.subscriptions}


def test_the_ticked_people_are_tagged_after_a_question(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    ticked = [str(people["Ada"]), str(people["Bo"]), "999", "x"]
    with counted(installation.app) as statements:
        chosen = act(browser, p=ticked, whom="ticked")
    assert "What about 2 people?" in chosen.text
    assert len(statements) <= 2 * MOST_STATEMENTS  # the page with the token, and the answer
    wanted = {"p": ticked, "act": "tag", "add": "press, towns", "remove": ""}
    asked = act(browser, **wanted)
    assert "Give 2 people the tags <bdi>press, towns</bdi>?" in asked.text
    assert "Give the tags to 2 people" in asked.text
    assert person.show(installation.app, ADA, by=OPERATOR).tags == ()
    done = act_surely(browser, **wanted)
    assert done.headers["location"] == PEOPLE
    assert "2 people were changed." in browser.get(PEOPLE).text
    assert person.show(installation.app, ADA, by=OPERATOR).tags == ["press", "towns"]
    assert "Nothing would change" in act(browser, **wanted).text
    taken = act(browser, p=ticked, act="tag", add="", remove="press").text
    assert "Take the tag <bdi>press</bdi> off 2 people?" in taken
    assert "lose it" in taken
    both = act(browser, p=ticked, act="tag", add="new", remove="press").text
    assert "Change the tags of 2 people?" in both
    wrong = act(browser, p=ticked, act="tag", add="x" * 200, remove="kept")
    assert wrong.status_code == 422
    assert 'value="kept"' in wrong.text


def test_all_whom_the_filter_matches_are_unsubscribed_and_moved(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    wanted = {"whom": "all", "list": "daily", "act": "move", "source": "daily"}
    assert act(browser, **wanted, target="daily").status_code == 422
    moved = act_surely(browser, **wanted, target="weekly")
    assert moved.headers["location"] == f"{PEOPLE}?list=daily"
    assert states(installation, ADA) == {"daily": "ended", "weekly": "active"}
    leaving = {"whom": "all", "list": "weekly", "act": "leave", "from": "weekly"}
    assert "Unsubscribe 3 people?" in act(browser, **leaving).text
    act_surely(browser, **leaving)
    assert states(installation, CARLA) == {"weekly": "ended"}


def test_people_are_added_to_a_list_and_confirmed_with_proof(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    both = {"p": [str(people["Ada"]), str(people["Carla"])]}
    adding = {**both, "act": "join", "to": "weekly", "consent": ""}
    assert "Without proof" in act(browser, **adding).text
    act_surely(browser, **adding)
    assert states(installation, ADA) == {"daily": "active", "weekly": "pending"}
    proof = {**both, "act": "confirm", "pending_on": "weekly"}
    wrong = act(browser, **proof, evidence=" ")
    assert wrong.status_code == 422
    assert 'id="evidence-error"' in wrong.text
    asked = act(browser, **proof, evidence="<b>on paper")
    assert "Confirm 2 subscriptions?" in asked.text
    assert "&lt;b&gt;on paper" in asked.text
    act_surely(browser, **proof, evidence="<b>on paper")
    assert states(installation, CARLA) == {"weekly": "active"}


def test_many_people_are_done_by_the_server_though_the_page_is_left(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    installation.add_readers(1_001)
    add_member(installation)
    browser.log_in()
    wanted = {"whom": "all", "list": "daily", "act": "tag", "add": "press", "remove": ""}
    job = act_surely(browser, **wanted).headers["location"]
    assert job == f"{BULK}/1"
    assert "0 of 1,001 people are done" in browser.get(job).text
    steps = itertools.chain([False], itertools.repeat(True))
    BulkJobWorker(installation.app, wait=lambda _seconds: next(steps)).work_due()
    with counted(installation.app) as statements:
        assert "1,000 of 1,001 people are done." in browser.get(PEOPLE).text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(each[:160] for each in statements)
    progress = browser.get(f"{job}/progress")
    assert "1,000 people were changed so far." in progress.text
    assert "HX-Refresh" not in progress.headers
    assert BulkJobWorker(installation.app, wait=lambda _seconds: False).work_due() == 1
    assert "Done: 1,001 people were changed" in browser.get(job).text
    assert browser.get(f"{job}/progress").headers["HX-Refresh"] == "true"
    assert tags.count_all(installation.app, by=OPERATOR) == {"press": 1_001}
    assert "people are done" not in browser.get(PEOPLE).text


def test_a_job_ends_when_it_is_stopped_or_its_owner_may_not_do_it_any_more(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    eve = add_member(installation)
    browser.log_in()
    app, by = installation.app, eve.actor("")
    both = Targets(numbers=sorted(people.values())[:2])
    for _ in range(3):
        bulk_jobs.start(app, BulkActKind.TAG, both, {"add": "press"}, by=by)
    browser.post(f"{BULK}/1/stop", on=f"{BULK}/1")
    assert "Stopped: 0 people were changed" in browser.get(f"{BULK}/1").text
    with app.database.write() as connection:
        edit_member(connection, eve.id, role=Role.OBSERVER)
    BulkJobWorker(app, wait=lambda _seconds: False).work_due()
    failed = browser.get(f"{BULK}/2").text
    assert "This was stopped by an error" in failed
    assert "may not do this with many people" in failed
    assert tags.count_all(app, by=OPERATOR) == {}
    add_member(installation, "bob@example.org")
    browser.log_in("bob@example.org")
    assert browser.get(f"{BULK}/2").status_code == 404
    assert browser.post(f"{BULK}/2/stop", on=PEOPLE).status_code == 404
    assert bulk_jobs.delete_expired(app, now=app.clock() + dt.timedelta(days=6)) == 0
    assert bulk_jobs.delete_expired(app, now=app.clock() + dt.timedelta(days=8)) == 3


def test_what_was_counted_is_asked_again_if_it_changed_meanwhile(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    ticked = [str(people["Ada"]), str(people["Bo"])]
    answer = act(browser, p=ticked, act="suppress", why="asked us to", expected="7")
    assert "Suppress 2 addresses?" in answer.text
    assert person.show(installation.app, ADA, by=OPERATOR).person.suppressions == ()


def test_people_are_erased_only_if_their_number_is_typed(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    wanted = {"p": [str(people["Ada"]), str(people["Bo"])], "act": "erase", "expected": "2"}
    refused = act(browser, **wanted, sure="3")
    assert refused.status_code == 422
    assert states(installation, ADA) == {"daily": "active"}
    act(browser, **wanted, sure="2")
    with pytest.raises(UnknownSubscriber):
        person.show(installation.app, ADA, by=OPERATOR)


def test_no_form_goes_on_past_the_question(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    erasing = {"p": [str(people["Ada"]), str(people["Bo"])], "act": "erase", "after": "0"}
    assert "Erase 2 people for good?" in act(browser, **erasing).text
    assert act(browser, **erasing, expected="2", sure="").status_code == 422
    assert states(installation, ADA) == {"daily": "active"}


def test_nothing_is_done_for_nobody_or_without_permission_or_out_of_reach(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation, role=Role.OBSERVER)
    browser.log_in()
    assert BULK not in browser.get(PEOPLE).text
    assert act(browser, p=str(people["Ada"]), act="erase", expected="1").status_code == 403
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["weekly"])
    browser.log_in("bob@example.org")
    assert act(browser, whom="ticked").headers["location"] == PEOPLE
    assert "Nobody was ticked." in browser.get(PEOPLE).text
    wanted = {"p": [str(people["Ada"]), str(people["Carla"])], "act": "leave"}
    assert "What about 1 person?" in act(browser, p=wanted["p"]).text
    assert act(browser, **wanted, **{"from": "daily"}).status_code == 404
    assert act(browser, **wanted, **{"from": ""}).status_code == 403
    assert act(browser, p=wanted["p"], act="tag", add="x").status_code == 403
    assert act(browser, p=wanted["p"], act="join", to="daily").status_code == 404
    assert "only staff who see all lists" in act(browser, p=wanted["p"]).text
    act_surely(browser, **wanted, **{"from": "weekly"})
    assert states(installation, CARLA) == {"weekly": "ended"}
    assert states(installation, ADA) == {"daily": "active"}
