"""
The form of a schedule: it reads the rule back before it saves it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from installation import Installation
from scheduled_installation import MORNING
from staff_samples import SAME_ORIGIN, StaffBrowser, add_member, form_token
from statements import counted

from newsletter.actions.issues import schedules
from newsletter.model.access import OPERATOR, Role
from newsletter.model.schedule import Approval, Schedule
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.schedules.rule_form.cron_fields import (
    CronFields,
    CronProblem,
    Repeats,
    cron_fields_of,
)
from newsletter.web.admin.schedules.rule_form.form_values import stored_values
from newsletter.web.admin.schedules.rule_form.read_form import read_schedule

NEW = "/admin/schedules/new"
EDIT = "/admin/schedules/morning/edit"
MOST_STATEMENTS = 12
TYPED: dict[str, Any] = {
    "name": "weekly",
    "repeats": "weekly",
    "weekday": ["1", "4"],
    "times": "7:30, 17:30",
    "timezone": "Europe/Oslo",
    "sources": ["site"],
    "lists": ["daily"],
    "least": "2",
    "most": "6",
    "skip_singles": "yes",
    "approval": "deadline",
    "deadline_n": "2",
    "deadline_unit": "h",
    "at_deadline": "send",
    "editors": "eve@example.org, ada@example.org",
    "misfire_policy": "skip",
    "misfire_limit_n": "90",
    "misfire_limit_unit": "m",
    "quiet_from": "22:00",
    "quiet_to": "06:00",
    "days_off": "12-25\n2026-04-03..2026-04-06",
}

KEPT = ("repeats", "weekday", "skip_singles", "sources", "lists")


@pytest.fixture
def site(installation: Installation, browser: StaffBrowser) -> Installation:
    """
    A list, a source and a schedule, and an owner who is logged in.
    """
    installation.now = MORNING
    installation.add_list()
    installation.add_source("site", "folder", "briefs")
    installation.add_schedule()
    add_member(installation)
    browser.log_in()
    return installation


def digest_in(page: str) -> str:
    return next(iter(re.findall(r'name="read_back" value="(\w+)"', page)), "")


def stored(site: Installation, name: str) -> Schedule:
    return schedules.show(site.app, name, by=OPERATOR)


def test_a_new_rule_reads_back_in_sentences_before_it_is_saved(
    site: Installation, browser: StaffBrowser
) -> None:
    with counted(site.app) as statements:
        assert browser.get(NEW).status_code == 200
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    page = browser.post(NEW, step="check", **TYPED).text
    assert "Mondays and Thursdays at 7:30\u202fAM and 5:30\u202fPM, Oslo time." in page
    assert "2 to 6 new briefs from the source site." in page
    assert "Waits 2 hours for an approval, and is then sent without one" in page
    assert "A run that is more than 90 minutes late is skipped." in page
    assert "December 25 of each year" in page
    assert page.count("<li><strong>") == 5
    assert [rule.name for rule, _ in schedules.all_with_next(site.app, by=OPERATOR)] == ["morning"]
    saved = browser.post(NEW, step="save", read_back=digest_in(page), **TYPED)
    assert saved.headers["location"] == "/admin/schedules/weekly"
    rule = stored(site, "weekly")
    assert rule.cron == "30 7,17 * * 1,4"
    assert (rule.rules.least, rule.rules.most) == (2, 6)
    assert rule.approval is Approval.DEADLINE
    assert rule.editors == ("eve@example.org", "ada@example.org")
    assert str(rule.quiet) == "22:00-06:00"
    assert rule.days_off == ("12-25", "2026-04-03..2026-04-06")


def test_what_was_not_read_back_is_not_saved(site: Installation, browser: StaffBrowser) -> None:
    page = browser.post(NEW, step="check", **TYPED).text
    changed = {**TYPED, "times": "8:30"}
    again = browser.post(NEW, step="save", read_back=digest_in(page), **changed)
    assert again.status_code == 200
    assert "8:30\u202fAM, Oslo time." in again.text
    assert digest_in(again.text) not in ("", digest_in(page))
    assert len(schedules.all_with_next(site.app, by=OPERATOR)) == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "two words"}, "Use letters, digits"),
    ({"name": "new"}, "Choose another name."),
    ({"name": "morning"}, "There is a schedule of that name already."),
    ({"lists": []}, "Choose whom the issues go to."),
    ({"lists": ["none"]}, "One of these lists no longer exists."),
    ({"sources": ["none"]}, "One of these lists or sources no longer exists."),
    ({"weekday": []}, "Choose at least one day."),
    ({"times": "25:00"}, "Write a time such as 7:30"),
    ({"times": "7:30, 17:00"}, "All times of one schedule have the same minute"),
    ({"repeats": "monthly", "month_days": "32"}, "Write days from 1 to 31"),
    ({"repeats": "cron", "cron": "often"}, "This is not a cron expression."),
    ({"timezone": "Mars/Olympus"}, "Choose a time zone."),
    ({"least": "many"}, "Write a number up to 1000."),
    ({"most": "1"}, "This is less than the fewest"),
    ({"minus": ["daily"]}, "A list cannot both get the issues and be left out."),
    ({"segment": "none"}, "There is no such segment."),
    ({"template": "none"}, "There is no such template."),
    ({"title": "(["}, "This is not a regular expression"),
    ({"sender": "nobody"}, "This is not an email address."),
    ({"approval": "auto"}, "Nobody has to be asked"),
    ({"deadline_n": ""}, "Say how long it waits."),
    ({"deadline_n": "²"}, "Write a whole number."),
    ({"quiet_to": ""}, "Write both times"),
    ({"quiet_from": "07:00", "quiet_to": "18:00"}, "All of its runs fall in the quiet hours"),
    ({"days_off": "soon"}, "Write one a line"),
    ({"days_off": "01-01..12-31"}, "its days off leave no day"),
    ({"at_deadline": "explode"}, "This is not valid."),
]


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    site: Installation, browser: StaffBrowser
) -> None:
    token = form_token(browser.get("/admin/account").text)
    for values, text in WRONG:
        answer = browser.post(NEW, token=token, step="save", **{**TYPED, **values})
        assert answer.status_code == 422, values
        assert text in answer.text, values
        place = re.findall(r'<li><a href="#(\w+)">', answer.text)
        assert place, values
        assert all(f'id="{name}-error"' in answer.text for name in place), values
        assert "eve@example.org, ada@example.org" in answer.text


def test_a_form_that_came_without_its_fields_says_what_is_missing(
    site: Installation, browser: StaffBrowser
) -> None:
    assert browser.post("/admin/schedules/new", step="check").status_code == 422


def test_a_schedule_is_changed_and_what_is_not_in_the_form_stays(
    site: Installation, browser: StaffBrowser
) -> None:
    page = browser.get(EDIT).text
    assert 'value="06:00"' in page
    assert '<option value="America/New_York" selected>' in page
    typed = {
        **{name: TYPED[name] for name in KEPT},
        "times": "6:15",
        "timezone": "America/New_York",
        "misfire_limit_n": "2",
    }
    read = browser.post(EDIT, step="check", **typed).text
    assert "Mondays and Thursdays at 6:15\u202fAM, New York time." in read
    assert stored(site, "morning").cron == "0 6 * * *"
    saved = browser.post(EDIT, step="save", read_back=digest_in(read), **typed)
    assert saved.headers["location"] == "/admin/schedules/morning"
    rule = stored(site, "morning")
    assert rule.cron == "15 6 * * 1,4"
    assert rule.audience.lists == ("daily",)
    assert rule.sources == ("site",)
    site.add_list("alerts")
    site.add_source("press", "folder", "briefs")
    typed |= {"lists": ["alerts", "daily"], "sources": ["press"]}
    read = browser.post(EDIT, step="check", **typed).text
    assert "from the source press." in read
    browser.post(EDIT, step="save", read_back=digest_in(read), **typed)
    rule = stored(site, "morning")
    assert rule.audience.lists == ("daily", "alerts"), "the first list stays the first"
    assert rule.sources == ("press",)
    none = browser.post(EDIT, step="check", **{**typed, "lists": [], "sources": []})
    assert "Choose whom the issues go to." in none.text
    assert "Choose where the briefs come from." in none.text


def test_while_somebody_types_only_the_sentences_are_renewed(
    site: Installation, browser: StaffBrowser
) -> None:
    token = form_token(browser.get(NEW).text)
    headers = {**SAME_ORIGIN, "HX-Request": "true"}

    def renewed(**values: Any) -> str:
        data = {"form_token": token, **TYPED, **values, "step": "live"}
        return browser.client.post(NEW, data=data, headers=headers).text

    part = renewed()
    assert "<html" not in part
    assert "Mondays and Thursdays" in part
    assert digest_in(part)
    wrong = renewed(times="late")
    assert "Write a time such as 7:30" in wrong
    assert not digest_in(wrong)


def test_who_may_only_look_cannot_open_the_form(site: Installation, browser: StaffBrowser) -> None:
    add_member(site, "ida@example.org", role=Role.AUTHOR)
    browser.log_in("ida@example.org")
    assert browser.get(NEW).status_code == 403
    assert browser.get(EDIT).status_code == 403
    token = form_token(browser.get("/admin/account").text)
    assert browser.post(NEW, token=token, step="check", **TYPED).status_code == 403


def test_staff_limited_to_a_list_are_offered_only_that_one(
    site: Installation, browser: StaffBrowser
) -> None:
    site.add_list("secret")
    add_member(site, "ida@example.org", role=Role.EDITOR, lists=["daily"])
    browser.log_in("ida@example.org")
    assert "secret" not in browser.get(NEW).text
    for values in ({"lists": ["secret"]}, {"minus": ["secret"]}):
        refused = browser.post(NEW, step="check", **{**TYPED, **values})
        assert refused.status_code == 422
        assert "no longer exists" in refused.text


def test_a_list_that_somebody_does_not_see_stays_left_out_of_what_they_change(
    site: Installation, browser: StaffBrowser
) -> None:
    site.add_list("secret")
    schedules.edit(site.app, "morning", fields={"minus": ["secret"]}, by=OPERATOR)
    add_member(site, "ida@example.org", role=Role.EDITOR, lists=["daily"])
    browser.log_in("ida@example.org")
    typed = {"weekday": ["1"], "times": "6:00", "timezone": "America/New_York", "most": "3"}
    typed |= {
        "lists": ["daily"],
        "sources": ["site"],
        "repeats": "weekly",
        "skip_singles": "yes",
        "misfire_limit_n": "2",
    }
    read = browser.post(EDIT, step="check", **typed).text
    browser.post(EDIT, step="save", read_back=digest_in(read), **typed)
    rule = stored(site, "morning")
    assert rule.rules.most == 3
    assert rule.audience.minus == ("secret",)


@pytest.mark.parametrize(
    ("expression", "repeats"),
    [
        ("0 6 * * mon-fri", Repeats.WEEKLY),
        ("30 7,17 * * 0,6", Repeats.WEEKLY),
        ("0 6 * * *", Repeats.WEEKLY),
        ("15 9 1,15 * *", Repeats.MONTHLY),
        ("*/15 * * * *", Repeats.INTERVAL),
        ("0 */2 * * 1-5", Repeats.INTERVAL),
        ("@hourly", Repeats.INTERVAL),
        ("*/15 8-17 * * *", Repeats.CRON),
        ("0 6 1 * mon", Repeats.CRON),
        ("0 6 * jan *", Repeats.CRON),
        ("0,30 6 * * *", Repeats.CRON),
    ],
)
def test_the_form_shows_an_expression_and_makes_the_same_of_it(
    expression: str, repeats: Repeats
) -> None:
    from newsletter.scheduling.cron import parse_cron

    fields = cron_fields_of(expression)
    assert fields.repeats is repeats
    made = fields.expression()
    assert isinstance(made, str)
    before, after = parse_cron(expression), parse_cron(made)
    assert (before.times, before.days, before.weekdays) == (after.times, after.days, after.weekdays)
    assert before.months == after.months


def test_an_interval_that_is_not_offered_is_refused() -> None:
    assert CronFields(repeats=Repeats.INTERVAL, interval=7).expression() is CronProblem.NO_INTERVAL


def test_a_stored_schedule_goes_through_the_form_unchanged(site: Installation) -> None:
    from newsletter.scheduling.schedule_fields import set_fields

    fields = read_schedule(
        stored_values(stored(site, "morning")), StaffWords("en"), is_new=False
    ).fields
    rule = stored(site, "morning")
    assert set_fields(rule, fields) == rule
    typed = {
        "categories": ["Water", "Energy"],
        "look_back": "36h",
        "group": "series",
        "show_lead": "excerpt",
        "approval": "deadline",
        "deadline": "45m",
        "editors": ["eve@example.org"],
        "quiet": "22:30-06:00",
        "days_off": ["12-24..01-02"],
        "is_local": True,
        "each": True,
        "skip_singles": False,
        "repeat": True,
        "cadence": "weekly",
        "order": "oldest",
        "misfire_limit": "90m",
        "minus": ["press"],
        "segment": "Towns",
        "sender": "desk@example.org",
        "title": "^IntelBrief",
        "most": 4,
    }
    full = set_fields(rule, typed)
    again = read_schedule(stored_values(full), StaffWords("en"), is_new=False)
    assert list(again.errors) == []
    assert set_fields(rule, again.fields) == full
