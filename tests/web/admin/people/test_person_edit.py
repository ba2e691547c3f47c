"""
Adding a person, and editing what is known about one.
"""

from __future__ import annotations

from collections.abc import Mapping

from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import fields, person, subscribers
from newsletter.model.access import OPERATOR, Role
from subscribers.fields.model import FieldOption

ADA, BO, NEW = "ada@example.org", "bo@towns.example.net", "new@example.org"
MOST_STATEMENTS = 12


def test_a_person_is_added_with_the_proof_of_consent(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    wrong = browser.post("/admin/people/new", email="new@", name="<b>", consent="by post")
    assert wrong.status_code == 422
    assert "This is not an email address." in wrong.text
    assert 'value="&lt;b&gt;"' in wrong.text
    added = browser.post(
        "/admin/people/new", email=NEW, name="New One", list="daily", consent="by post"
    )
    found = person.show(installation.app, NEW, by=OPERATOR)
    assert added.headers["location"] == f"/admin/people/{found.person.id}"
    ((consent,),) = found.consents.values()
    assert (consent.text, found.person.name) == ("by post", "New One")
    subscribers.unsubscribe(installation.app, NEW, "daily", by=OPERATOR)
    again = browser.post("/admin/people/new", email=NEW, list="daily", consent="by post")
    assert "They left this list." in again.text


def test_name_language_zone_and_fields_are_edited(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    app, options = installation.app, [FieldOption(key="news"), FieldOption(key="sport")]
    fields.add(app, "topics", "choices", labels={"en": "Topics"}, options=options, by=OPERATOR)
    fields.add(app, "born", "date", labels={"en": "Born"}, by=OPERATOR)
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}/edit"
    # The first page of a session looks up whose it is.
    browser.get(page)
    with counted(app) as statements:
        assert 'value="Ada Lind"' in browser.get(page).text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    typed = {"name": "Ada Byron", "language": "de", "timezone": "Europe/Oslo"}
    wrong = browser.post(page, **typed, field_born="soon", field_topics="news")
    assert wrong.status_code == 422
    assert 'value="soon"' in wrong.text
    assert 'value="news" checked' in wrong.text
    saved = browser.post(page, **typed, field_born="1815-12-10", field_topics=["news", "sport"])
    assert saved.headers["location"] == f"/admin/people/{people['Ada']}"
    found = person.show(app, ADA, by=OPERATOR)
    assert (found.person.name, found.person.language) == ("Ada Byron", "de")
    assert found.person.timezone == "Europe/Oslo"
    assert found.values == {"topics": ["news", "sport"], "born": "1815-12-10"}
    assert 'value="sport" checked' in browser.get(page).text
    for name, value in (("language", "!"), ("timezone", "Mars"), ("name", "x" * 500)):
        assert browser.post(page, **{**typed, name: value}).status_code == 422


def test_a_person_gets_another_address_unless_somebody_has_it(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    taken = browser.post(f"{page}/address", on=f"{page}/edit", email=BO)
    assert taken.status_code == 422
    assert "Somebody else has this address." in taken.text
    assert "Ada Lind" in taken.text
    browser.post(f"{page}/address", on=f"{page}/edit", email=NEW)
    assert person.show(installation.app, NEW, by=OPERATOR).person.id == people["Ada"]
    assert "Notice" in browser.get(f"{page}/emails").text


def test_who_may_not_edit_is_refused(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation, role=Role.OBSERVER)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    assert f"{page}/edit" not in browser.get(page).text
    assert browser.post(f"{page}/edit", on=page, name="Eve").status_code == 403
    assert browser.post(f"{page}/address", on=page, email=NEW).status_code == 403
    assert browser.post("/admin/people/new", on=page, email=NEW, list="daily").status_code == 403
