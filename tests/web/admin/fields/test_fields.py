"""
The pages of declared fields.
"""

from __future__ import annotations

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import fields, subscribers
from newsletter.errors import NewsletterError
from newsletter.model.access import OPERATOR, Role
from subscribers.errors import SubscribersError
from subscribers.fields.model import Field, FieldType

FIELDS, NEW, MOST_STATEMENTS = "/admin/fields", "/admin/new-field", 12
ADA = "ada@example.org"


def field(installation: Installation, name: str) -> Field:
    return fields.show(installation.app, name, by=OPERATOR).field


def test_a_field_is_made_filled_changed_and_removed(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    subscribers.add(installation.app, ADA, "daily", by=OPERATOR, consent="by post")
    add_member(installation)
    browser.log_in()
    assert "There is no field yet" in browser.get(FIELDS).text
    typed = {"label-en": "Your edition", "type": "choice", "option-0-en": "The North!"}
    made = browser.post(NEW, **typed, **{"option-1": "south", "option-1-en": "South"})
    page = f"{FIELDS}/your_edition"
    assert made.headers["location"] == page
    found = field(installation, "your_edition")
    assert [each.key for each in found.options] == ["the-north", "south"]
    assert (found.type, found.is_public) == (FieldType.CHOICE, False)
    values = {"your_edition": "south"}
    subscribers.edit(installation.app, ADA, fields=values, by=OPERATOR)
    for path in (FIELDS, NEW, page):
        with counted(installation.app) as statements:
            shown = browser.get(path).text
        assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "is known of 1 person" in shown
    kept = {"option-0": "the-north", "option-0-en": "North"}
    wrong = browser.post(page, **{"label-en": "Edition"}, **kept)
    assert wrong.status_code == 422
    assert "1 person has chosen south" in wrong.text
    kept |= {"option-1": "south", "label-en": "Edition", "language": "de", "label-added": "Ausgabe"}
    browser.post(page, **kept, is_public="yes", position="7")
    changed = field(installation, "your_edition")
    assert changed.labels == {"en": "Edition", "de": "Ausgabe"}
    assert (changed.is_public, changed.position, len(changed.options)) == (True, 7, 2)
    assert 'name="option-1-de"' in browser.get(page).text
    for typed in ({"expected": "2", "sure": "yes"}, {"expected": "1"}):
        browser.post(f"{page}/remove", on=page, **typed)
        assert "Nothing was removed" in browser.get(page).text
    browser.post(f"{page}/remove", on=page, expected="1", sure="yes")
    assert "The field is removed, with 1 value." in browser.get(FIELDS).text
    assert fields.show_all(installation.app, by=OPERATOR) == []


def test_what_is_wrong_stands_at_its_place_and_what_was_typed_stays(
    installation: Installation, browser: StaffBrowser
) -> None:
    fields.add(installation.app, "taken", "text", labels={"en": "Taken"}, by=OPERATOR)
    add_member(installation)
    browser.log_in()
    hostile = '"onmouseover=<script>alert(1)</script>'
    for typed, place in (
        ({"name": "taken"}, "name"),
        ({"name": "Not A Name"}, "name"),
        ({"type": "choice"}, "options"),
        ({"type": "choice", "option-0": "Bad Key"}, "options"),
        ({"type": "carrier"}, "labels"),
        ({"language": "not a language", "label-added": "x"}, "language"),
    ):
        wrong = browser.post(NEW, **({"label-en": hostile, "type": "text"} | typed))
        assert wrong.status_code == 422, typed
        assert f'id="{place}-error"' in wrong.text, typed
        assert "<script>alert" not in wrong.text
        assert "&lt;script&gt;alert" in wrong.text
    assert browser.get(f"{FIELDS}/nothing").status_code == 404


def test_who_is_limited_or_may_only_look_changes_no_field(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    fields.add(installation.app, "city", "text", labels={"en": "City"}, by=OPERATOR)
    add_member(installation, role=Role.OBSERVER)
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["daily"])
    for member in ("eve@example.org", "bob@example.org"):
        browser.log_in(member)
        page = browser.get(f"{FIELDS}/city")
        assert "City" in page.text
        assert "Remove the field" not in page.text
        assert "Add a field" not in browser.get(FIELDS).text
        token_of = {"on": "/admin/account"}
        for path in (NEW, f"{FIELDS}/city", f"{FIELDS}/city/remove"):
            sent = browser.post(path, **token_of, **{"label-en": "X", "type": "text"})
            assert sent.status_code in (403, 404), path
    with pytest.raises((NewsletterError, SubscribersError)):
        field(installation, "x")
    assert field(installation, "city").labels == {"en": "City"}
