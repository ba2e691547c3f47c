"""
The rows from which the rule of a segment is written: filled from a rule, checked, and never in the
place of what they did not write.
"""

from __future__ import annotations

import html
import re

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.actions.people import bulk, fields, lists, segments, subscribers
from newsletter.actions.people.bulk import BulkRun
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Role
from newsletter.web.admin.segments.read_rows import rows_of
from subscribers.bulk.targets import Targets
from subscribers.segments.model import Known
from subscribers.segments.parse import parse_rule

NEW, HARBOR = "/admin/new-segment", "/admin/segments/harbor"
KNOWN = Known(lists=["north", "harbor"], mailed={"mailed": "was sent"})


@pytest.fixture
def staff(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    An owner who is logged in, with seven readers of NorthBrief, two of whom are also on Harbor.
    """
    lists.add(installation.app, "north", "NorthBrief", ListValues(), by=OPERATOR)
    lists.add(installation.app, "harbor", "Harbor Letter", ListValues(), by=OPERATOR)
    for number in range(7):
        slugs = ("north", "harbor") if number < 2 else ("north",)
        for slug in slugs:
            address = f"p{number}@example.org"
            subscribers.add(installation.app, address, slug, by=OPERATOR, consent="by post")
    add_member(installation)
    browser.log_in()
    return browser


def inputs(page: str) -> dict[str, str]:
    """
    Return what a browser sends for the rows of a page.
    """
    found = dict(re.findall(r'name="((?:shown|value)-\d+|picked|rows)" value="([^"]*)"', page))
    for tag in re.findall(r'<input id="(?:value)-\d+"[^>]*>', page):
        name, value = re.findall(r'name="([^"]+)"', tag), re.findall(r' value="([^"]*)"', tag)
        found[name[0]] = value[0] if value else ""
    for name, body in re.findall(r'<select id="([a-z]+-\d+)"[^>]*>(.*?)</select>', page, re.S):
        options = re.findall(r'<option(?: value="([^"]*)")?( selected)?>([^<]*)', body)
        chosen = [value or text for value, mark, text in options if mark]
        found[name] = chosen[0] if chosen else options[0][0]
    rule = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.S)
    joined = re.findall(r'name="joined" value="(\w+)" checked', page)
    found |= {"rule": rule[0] if rule else "", "joined": joined[0] if joined else ""}
    return {name: html.unescape(value) for name, value in found.items()}


@pytest.mark.parametrize(
    "rule",
    [
        "on list north",
        "not on list north and tag has press and not tag has beta",
        "pending on list north or ended on list harbor or name is set",
        'email ends with "@example.org" and name != "Bo" and language = de',
        "joined within 30 days and joined more than 3 days ago and last_active is not set",
        "joined <= 2026-12-24 and joined >= 2026-01-01 and joined before 2027-01-01",
        'tag is set and state = active and consent source contains "say \\"hi\\""',
    ],
)
def test_rows_ask_what_the_rule_asks_that_they_were_read_from(rule: str) -> None:
    parsed = parse_rule(rule, KNOWN)
    picked = rows_of(parsed)
    assert picked is not None
    assert parse_rule(picked.rule, KNOWN) == parsed


@pytest.mark.parametrize(
    "rule",
    [
        "not (on list north or tag has press)",
        "tag has press and (name is set or language is set)",
        "tag in (press, beta)",
        "mailed within 30 days",
        "joined list north within 30 days",
        " and ".join(["name is set"] * 31),
    ],
)
def test_what_rows_cannot_say_is_not_read_as_rows(rule: str) -> None:
    assert rows_of(parse_rule(rule, KNOWN)) is None


def test_a_row_that_is_changed_leaves_the_others_of_the_rule(
    installation: Installation, staff: StaffBrowser
) -> None:
    rule = "on list north and on list harbor and email is set and name is not set"
    segments.add(installation.app, "harbor", rule, by=OPERATOR)
    sent = inputs(staff.get(HARBOR).text)
    assert [sent[f"subject-{n}"] for n in range(4)] == ["on list", "on list", "email", "name"]
    assert sent["value-1"] == "harbor"
    built = staff.post(HARBOR, **{**sent, "value-1": "north", "build": "yes"}).text
    assert inputs(built)["rule"] == (
        'on list "north" and on list "north" and email is set and name is not set'
    )
    assert "7 people are in it." in built
    assert "and 2 more</li>" in built
    more = staff.post(HARBOR, **{**inputs(built), "build": "row"}).text
    assert 'id="subject-4"' in more
    row = {"subject-4": "on list", "comparison-4": "is not", "value-4": "harbor"}
    saved = staff.post(HARBOR, **{**inputs(more), **row})
    assert saved.status_code == 422
    assert "What you picked became the rule." in saved.text
    assert segments.show_all(installation.app, by=OPERATOR)[0].rule == rule
    assert staff.post(HARBOR, **inputs(saved.text)).status_code == 303
    assert segments.show_all(installation.app, by=OPERATOR)[0].rule == (
        'on list "north" and on list "north" and email is set and name is not set '
        'and not on list "harbor"'
    )


def test_picking_asks_before_it_replaces_what_rows_cannot_say(
    installation: Installation, staff: StaffBrowser
) -> None:
    rule = "on list north and not (on list harbor or name is set)"
    segments.add(installation.app, "harbor", rule, by=OPERATOR)
    page = staff.get(HARBOR).text
    assert "Rows cannot show what this rule asks." in page
    row = {"subject-0": "on list", "comparison-0": "is", "value-0": "harbor"}
    for how in ({"build": "yes"}, {}):
        asked = staff.post(HARBOR, **{**inputs(page), **row, **how}).text
        assert "Replace the rule?" in asked
        assert "It would become:" in asked
        assert inputs(asked)["rule"] == rule
    assert segments.show_all(installation.app, by=OPERATOR)[0].rule == rule
    kept = inputs(staff.post(HARBOR, **{**inputs(asked), "build": "keep"}).text)
    assert (kept["rule"], kept["subject-0"]) == (rule, "")
    replaced = staff.post(HARBOR, **{**inputs(asked), "build": "replace"}).text
    assert inputs(replaced)["rule"] == 'on list "harbor"'
    typed = staff.post(HARBOR, **{**inputs(replaced), "rule": "name is set", "build": "yes"}).text
    assert "Replace the rule?" not in typed, "nothing was picked"
    typed = staff.post(
        HARBOR, **{**inputs(replaced), "rule": "name is set", "value-0": "north", "build": "yes"}
    ).text
    assert "Replace the rule?" in typed


def test_a_row_takes_only_what_fits_and_says_what_is_missing(
    installation: Installation, staff: StaffBrowser
) -> None:
    fields.add(installation.app, "paid", "boolean", labels={"en": "Pays"}, by=OPERATOR)
    rows = {
        **{"subject-0": "tag", "comparison-0": "before", "value-0": "press"},
        **{"subject-1": "on list", "comparison-1": "is", "value-1": "NorthBrief"},
        **{"subject-2": "on list", "comparison-2": "is", "value-2": "South"},
        **{"subject-3": "joined", "comparison-3": "within", "value-3": "soon"},
        **{"subject-4": "paid", "comparison-4": "is", "value-4": ""},
        "rows": "5",
        "build": "yes",
    }
    wrong = staff.post(NEW, **rows)
    assert wrong.status_code == 422
    for text in (
        "Choose how Tag is compared",
        "There is no South: choose one of the menu.",
        "Write a number of days, such as 30.",
        "A value is missing.",
    ):
        assert wrong.text.count(text) == 2, "at the row, and at the top"
    how = re.findall(r'<select id="comparison-0".*?</select>', wrong.text, re.S)[0]
    assert re.findall(r'value="([^"]*)"', how) == ["has", "has not", "is set", "is not set"]
    assert '<option value="north" selected>NorthBrief</option>' in wrong.text
    assert '<option value="no">no</option>' in wrong.text
    right = {"subject-0": "tag", "comparison-0": "is", "value-0": "press", "build": "yes"}
    right |= {"subject-1": "on list", "comparison-1": "is", "value-1": "northbrief"}
    built = staff.post(NEW, **right).text
    assert inputs(built)["rule"] == 'tag has "press" and on list "north"'
    zone = {"subject-0": "name", "comparison-0": "is set"}
    zone |= {"subject-1": "timezone", "comparison-1": "is", "value-1": "Atlantis", "build": "yes"}
    wrong = staff.post(NEW, **zone)
    assert 'id="value-1-error">Condition 2: ' in wrong.text


def test_a_script_renews_only_the_row_that_asks_about_something_else(
    installation: Installation, staff: StaffBrowser
) -> None:
    staff.headers["HX-Request"] = "true"
    row = {"subject-0": "on list", "comparison-0": "starts with", "value-0": "x", "build": "yes"}
    kept = {"subject-1": "name", "comparison-1": "contains", "value-1": "Bo"}
    part = staff.post(NEW, **row, **kept, **{"shown-1": "name:text"}).text
    assert 'id="which-0" hx-swap-oob="true"' in part
    assert "which-1" not in part
    assert '<option value="north">NorthBrief</option>' in part
    assert inputs(part)["rule"] == 'name contains "Bo"'
    assert 'id="wrong" hx-swap-oob="true"' in part, "an old error goes"
    begun = {"rule": 'name contains "Bo"', "picked": 'name contains "Bo"', **kept}
    begun |= {"shown-1": "name:text", "subject-2": "tag", "comparison-2": "is", "build": "yes"}
    part = staff.post(NEW, **begun).text
    assert 'name="shown-2" value="tag:' in part, "a row without a value stays"
    more = staff.post(NEW, **{**row, "build": "row"}).text
    assert 'id="subject-3"' in more
    assert "<textarea" not in more


def test_who_is_limited_to_a_list_is_offered_no_tags(
    installation: Installation, staff: StaffBrowser
) -> None:
    row = {"subject-0": "tag", "comparison-0": "has", "value-0": "", "build": "yes"}
    people, run = Targets(numbers=[1]), BulkRun(by=OPERATOR)
    bulk.tag(installation.app, people, run, add=["press"], remove=[])
    assert '<option value="press">press</option>' in staff.post(NEW, **row).text
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["north"])
    staff.log_in("bob@example.org")
    shown = staff.post(NEW, **row).text
    assert ">press<" not in shown
    assert "Harbor Letter" not in shown
