"""
The pages of segments, and the rule that is written from rows.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member, load_member
from statements import counted

from newsletter.actions.people import fields, segments, subscribers
from newsletter.actions.people.newsroom import rule_preview
from newsletter.actions.people.sync import upsert
from newsletter.actions.people.sync.upsert import PersonValues
from newsletter.errors import Forbidden
from newsletter.model.access import OPERATOR, Role
from newsletter.web.admin.segments.rule_rows import RuleRow, rule_of

ADA, BO = "ada@example.org", "bo@example.net"
NEW, MOST_STATEMENTS = "/admin/new-segment", 12


@pytest.fixture
def people(installation: Installation) -> None:
    """
    Ada on the list `daily` and Bo on the list `weekly`.
    """
    for address, slug in ((ADA, "daily"), (BO, "weekly")):
        installation.add_list(slug)
        subscribers.add(installation.app, address, slug, by=OPERATOR, consent="by post")


def test_rows_are_written_as_a_rule() -> None:
    rows = [
        RuleRow(subject="tag", comparison="has", value="press"),
        RuleRow(subject="", value="ignored"),
        RuleRow(subject="on list", comparison="is not", value="daily"),
        RuleRow(subject="name", comparison="contains", value='says "hi" \\'),
        RuleRow(subject="joined", comparison="within", value="30"),
        RuleRow(subject="name", comparison="is set"),
    ]
    written = [
        'tag has "press"',
        'not on list "daily"',
        'name contains "says \\"hi\\" \\\\"',
        "joined within 30 days",
        "name is set",
    ]
    assert rule_of(rows, any_of=False) == " and ".join(written)
    assert rule_of(rows, any_of=True) == " or ".join(written)


def test_a_segment_is_built_counted_and_saved(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    add_member(installation)
    browser.log_in()
    assert "There is no segment yet" in browser.get("/admin/segments").text
    rows = {"subject-0": "email", "comparison-0": "ends with", "value-0": "@example.org"}
    built = browser.post(NEW, name="org", build="yes", **rows).text
    assert "email ends with &#34;@example.org&#34;" in built
    assert "1 person is in it." in built
    assert "more</li>" not in built
    assert ADA in built
    assert BO not in built
    assert segments.show_all(installation.app, by=OPERATOR) == []
    saved = browser.post(NEW, name="org", rule='email ends with "@example.org"', list="")
    assert saved.headers["location"] == "/admin/segments/org"
    page = "/admin/segments/org"
    for path in ("/admin/segments", page, NEW):
        with counted(installation.app) as statements:
            assert browser.get(path).status_code == 200
        assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    browser.post(page, rule='email ends with "@example.net"', list="weekly")
    (segment,) = segments.show_all(installation.app, by=OPERATOR)
    assert (segment.rule, segment.list_slug) == ('email ends with "@example.net"', "weekly")
    assert "1 person is in it." in browser.post(page, rule=segment.rule, count="yes").text
    browser.post(f"{page}/remove", on=page)
    assert segments.show_all(installation.app, by=OPERATOR) == []


def test_htmx_gets_the_part_that_changes(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    add_member(installation)
    browser.log_in()
    browser.headers["HX-Request"] = "true"
    counted_part = browser.post(NEW, rule="on list daily", count="yes").text
    assert "1 person is in it." in counted_part
    assert "<textarea" not in counted_part
    row = {"subject-0": "on list", "comparison-0": "is", "value-0": "weekly"}
    built = browser.post(NEW, build="yes", **row).text
    assert "on list &#34;weekly&#34;" in built
    assert "<html" not in built


def test_what_is_wrong_stands_at_the_field_and_what_was_typed_stays(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    segments.add(installation.app, "taken", "name is set", by=OPERATOR)
    add_member(installation)
    browser.log_in()
    hostile = 'contry = "<script>alert(1)</script>"'
    wrong = browser.post(NEW, name="a", rule=hostile)
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    assert "Character 1:" in wrong.text
    assert "<script>alert" not in wrong.text
    for name in ("taken", "Not A Name"):
        answer = browser.post(NEW, name=name, rule="name is set")
        assert answer.status_code == 422
        assert f'value="{name}"' in answer.text
    assert browser.get("/admin/segments/nothing").status_code == 404


def test_a_field_is_asked_about_by_its_label(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    fields.add(installation.app, "country", "text", labels={"en": "Country"}, by=OPERATOR)
    add_member(installation)
    browser.log_in()
    assert '<option value="country">Country</option>' in browser.get(NEW).text
    row = {"subject-0": "country", "comparison-0": "is not", "value-0": "DE"}
    assert "2 people are in it." in browser.post(NEW, build="yes", **row).text


def test_roles_and_lists_limit_what_is_seen_and_done(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    segments.add(installation.app, "everybody", "email is set", by=OPERATOR)
    add_member(installation, role=Role.OBSERVER)
    browser.log_in()
    assert "everybody" in browser.get("/admin/segments").text
    page = "/admin/segments/everybody"
    assert "/remove" not in browser.get(page).text
    assert browser.post(page, rule="name is set").status_code == 403
    assert browser.post(NEW, on=page, name="a", rule="name is set").status_code == 403
    assert browser.post(f"{page}/remove", on=page).status_code == 403
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["daily"])
    browser.log_in("bob@example.org")
    for number in range(10):
        segments.add(
            installation.app, f"own-{number}", "on list daily", list_slug="daily", by=OPERATOR
        )
    with counted(installation.app) as statements:
        shown = browser.get("/admin/segments").text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "everybody" not in shown
    assert "own-9" in shown
    assert browser.get(page).status_code == 404
    shown = browser.post(NEW, rule="email is set", count="yes").text
    assert "1 person is in it." in shown
    assert BO not in shown
    assert "1 person" not in browser.post(NEW, rule="on list weekly", count="yes").text


def test_a_segment_is_explained_part_by_part_and_for_one_person(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    app = installation.app
    rule = 'email ends with "example.org" and (name is set or not tag has press)'
    segments.add(app, "org", rule, list_slug="daily", by=OPERATOR)
    segments.add(app, "far", "on list weekly", list_slug="weekly", by=OPERATOR)
    for number in range(5):
        segments.add(app, f"more-{number}", "mailed within 9 days", by=OPERATOR)
    add_member(installation)
    browser.log_in()
    page = "/admin/segments/org/explain"
    shown = browser.get(page).text
    assert "What <bdi>org</bdi> asks" in shown
    assert "At least one of these</bdi>:" in shown
    assert "Does not have the tag press" in shown
    assert "1 of 2 people is in" in browser.post(page, on=page, email="").text
    asked = browser.post(page, on=page, email=ADA)
    assert f"{ADA}</bdi> is in" in asked.text
    assert asked.text.count(">does not apply</span>") == 1
    assert "is not in" in browser.post(page, on=page, email=BO).text
    for typed, says in (("nobody", "not an email address"), ("x@example.org", "Nobody here")):
        wrong = browser.post(page, on=page, email=typed)
        assert wrong.status_code == 422
        assert says in wrong.text
        assert f'value="{typed}"' in wrong.text
    for path, says in (
        ("/admin/people/1/segments", "Not in 6 segments"),
        ("/admin/people/1/segments?name=org", "is in"),
        (page, "What"),
    ):
        with counted(app) as statements:
            assert says in browser.get(path).text
        assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["daily"])
    browser.log_in("bob@example.org")
    assert ">far<" not in browser.get("/admin/people/1/segments").text
    assert browser.get("/admin/people/1/segments?name=far").status_code == 404
    assert browser.get("/admin/people/2/segments?name=org").status_code == 404
    assert browser.post(page, on=page, email=BO).status_code == 422


def count_of(browser: StaffBrowser, rule: str) -> str:
    """
    Return what the form says of a rule that is not stored.
    """
    page = browser.post(NEW, name="x", rule=rule, count="yes")
    assert page.status_code == 200
    return "; ".join(re.findall(r'role="status">(?:<b>)?([^<]*)', page.text))


def test_whoever_sees_no_people_counts_no_rule_that_is_not_stored(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    """
    They would learn an address letter by letter.
    """
    add_member(installation)
    add_member(installation, "amy@example.org", role=Role.AUTHOR)
    browser.log_in()
    assert count_of(browser, 'email starts with "a"') == "1 person is in it."
    browser.log_in("amy@example.org")
    answered = {letter: count_of(browser, f'email starts with "{letter}"') for letter in "abz"}
    assert set(answered.values()) == {""}, answered
    by = load_member(installation, "amy@example.org").actor("")
    for count in (segments.count_rule, rule_preview.preview):
        with pytest.raises(Forbidden, match="people:read"):
            count(installation.app, 'email starts with "a"', by=by)


def test_a_rule_that_is_not_stored_tells_nothing_of_other_lists(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    add_member(installation)
    add_member(installation, "hal@example.org", role=Role.EDITOR, lists=["daily"])
    subscribers.add(installation.app, BO, "daily", by=OPERATOR, consent="by post")
    subscribers.unsubscribe(installation.app, BO, "daily", by=OPERATOR)
    tag = PersonValues(name="Bo Katan", tags=["vip"])
    upsert.change(installation.app, BO, tag, by=OPERATOR)
    browser.log_in("hal@example.org")
    asked = ("state = active", "not state = ended", 'tag has "vip"', 'name contains "katan"')
    asked += ("consent source is set and not state = ended", "joined is set")
    answered = {rule: count_of(browser, f'email = "{BO}" and {rule}') for rule in asked}
    assert set(answered.values()) == {"0 people are in it."}, answered
    assert count_of(browser, f'email = "{BO}" and state = ended') == "1 person is in it."


def test_a_member_counts_as_often_in_a_minute_as_a_token(
    installation: Installation, browser: StaffBrowser, people: None
) -> None:
    add_member(installation)
    browser.log_in()
    most = installation.app.settings.api.bulk_per_minute
    answered = [count_of(browser, "email is set") for _ in range(most + 1)]
    assert answered == ["2 people are in it."] * most + ["Counted often enough: wait a minute."]
    installation.now += dt.timedelta(minutes=1)
    assert count_of(browser, "email is set") == "2 people are in it."
