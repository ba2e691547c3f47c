"""
The page of one person, and what staff do there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import person, privacy, subscribers, tags
from newsletter.actions.people.person import PersonDetails
from newsletter.model.access import OPERATOR, Role

ADA, CARLA = "ada@example.org", "carla@example.com"
HOSTILE = "<script>alert(1)</script>"
MOST_STATEMENTS = 12


def stored(installation: Installation, address: str) -> PersonDetails:
    return person.show(installation.app, address, by=OPERATOR)


def states(installation: Installation, address: str) -> dict[str, str]:
    found = stored(installation, address).person
    return {s.list_slug: s.state.value for s in found.subscriptions}


def test_a_person_is_added_to_a_list_and_unsubscribed(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    joined = browser.post(f"{page}/join", on=page, join_list="weekly", consent="by phone")
    assert joined.headers["location"] == page
    assert "They are on the list." in browser.get(page).text
    assert states(installation, ADA) == {"daily": "active", "weekly": "active"}
    browser.post(f"{page}/leave", on=page, list="weekly")
    assert states(installation, ADA) == {"daily": "active", "weekly": "ended"}
    again = browser.post(f"{page}/join", on=page, join_list="weekly", consent="by <post>")
    assert again.status_code == 422
    assert "They left this list." in again.text
    assert 'value="by &lt;post&gt;"' in again.text
    installation.now += dt.timedelta(minutes=1)
    browser.post(f"{page}/join", on=page, join_list="weekly", consent="by post", resubscribe="yes")
    assert states(installation, ADA) == {"daily": "active", "weekly": "active"}


def test_somebody_pending_is_asked_again_once(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Carla']}"
    for text in ("An email asks them to confirm.", "They were not asked"):
        browser.post(f"{page}/resend", on=page, list="weekly")
        assert text in browser.get(page).text
    emails = browser.get(f"{page}/emails").text
    assert "Notice" in emails
    with counted(installation.app) as statements:
        why = browser.get(f"{page}/emails?issue=1").text
    assert "Not sent yet: its turn has not come." in why
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert browser.get(f"{page}/emails?issue=999").status_code == 404


def test_somebody_pending_is_confirmed_with_proof(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Carla']}"
    wrong = browser.post(f"{page}/confirm", on=page, list="weekly", evidence=" ")
    assert wrong.status_code == 422
    assert 'id="evidence-error"' in wrong.text
    browser.post(f"{page}/confirm", on=page, list="weekly", evidence="on paper")
    assert "They are confirmed, and get email." in browser.get(page).text
    assert states(installation, CARLA) == {"weekly": "active"}
    browser.post(f"{page}/confirm", on=page, list="weekly", evidence="on paper")
    assert "Nothing was changed" in browser.get(page).text


def test_an_address_is_suppressed_and_released(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    over = browser.post(f"{page}/suppress", on=page, until="2001-01-01", why="asked us to")
    assert over.status_code == 422
    assert "This day is over." in over.text
    assert 'value="asked us to"' in over.text
    browser.post(f"{page}/suppress", on=page, why="asked us to")
    (suppression,) = stored(installation, ADA).person.suppressions
    assert suppression.note == "asked us to"
    assert "asked us to" in browser.get(page).text
    browser.post(f"{page}/release", on=page, list="", why="wrote again")
    assert stored(installation, ADA).person.suppressions == ()


def test_the_history_is_shown_in_the_words_of_the_page(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    subscribers.unsubscribe(installation.app, ADA, "daily", by=OPERATOR)
    add_member(installation, language="de")
    browser.log_in()
    page = browser.get(f"/admin/people/{people['Ada']}").text
    history = page[page.index('id="h-history"') :]
    for text in (
        "<bdi>Grund</bdi>: <bdi>durch das Team</bdi>",
        "<bdi>Vorher</bdi>: <bdi>Bekommt E-Mails</bdi>",
        "<bdi>über die Befehlszeile</bdi>",
        f"von <bdi>{OPERATOR.name}</bdi>",
    ):
        assert text in history
    for english in ("reason", "by staff", "before", "active", "command line"):
        assert f"<bdi>{english}</bdi>" not in page


def test_notes_and_tags_are_kept(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    browser.post(f"{page}/notes", on=page, note="Prefers the phone.\n<b>Really</b>")
    browser.post(f"{page}/tags", on=page, tags="press, towns")
    browser.post(f"{page}/tags", on=page, tags="press, board")
    found = stored(installation, ADA)
    assert [note.text for note in found.notes] == ["Prefers the phone.\n<b>Really</b>"]
    assert list(found.tags) == ["board", "press"]
    assert "&lt;b&gt;Really&lt;/b&gt;" in browser.get(page).text
    empty = browser.post(f"{page}/notes", on=page, note=" ")
    assert empty.status_code == 422
    wrong = browser.post(f"{page}/tags", on=page, tags="x" * 200)
    assert wrong.status_code == 422
    assert "x" * 200 in wrong.text


def test_the_data_of_a_person_is_exported_as_a_file(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    number = people["Ada"]
    page = f"/admin/people/{number}"
    file = browser.post(f"{page}/data", on=page)
    assert file.headers["content-disposition"] == f'attachment; filename="person-{number}.json"'
    assert file.json()["address"] == ADA


def test_the_data_is_exported_as_a_page_to_read_and_the_request_for_it_is_closed(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    app = installation.app
    asked = privacy.add(app, ADA, "access", by=OPERATOR)
    tags.write_note(app, ADA, HOSTILE, by=OPERATOR)
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    assert f"/admin/requests#request-{asked.id}" in browser.get(page).text
    offered = browser.get(f"{page}/data").text
    assert f'action="/admin/requests/{asked.id}/done"' in offered
    file = browser.post(f"{page}/data", on=page, **{"as": "page"})
    name = f"person-{people['Ada']}.html"
    assert file.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "What is stored about" in file.text
    assert "Signed up" in file.text
    assert "Wants to see what is known" in file.text
    assert "<script>" not in file.text
    browser.post(f"/admin/requests/{asked.id}/done", on=page, outcome="sent a copy")
    assert f"request-{asked.id}" not in browser.get(page).text


def test_a_person_is_erased_only_if_their_address_is_typed(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    wrong = browser.post(f"{page}/erase", address=CARLA)
    assert wrong.status_code == 422
    assert states(installation, ADA) == {"daily": "active"}
    erased = browser.post(f"{page}/erase", address="Ada@Example.org ")
    assert erased.headers["location"] == "/admin/people"
    assert browser.get(page).status_code == 404


def test_who_may_only_look_is_offered_nothing_and_refused(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation, role=Role.OBSERVER)
    browser.log_in()
    page = f"/admin/people/{people['Ada']}"
    assert f'action="{page}' not in browser.get(page).text
    for act in ("join", "leave", "resend", "suppress", "release", "notes", "tags", "data", "erase"):
        answer = browser.post(
            f"{page}/{act}",
            on=page,
            address=ADA,
            list="daily",
            join_list="weekly",
            note="x",
            tags="x",
        )
        assert answer.status_code == 403, act
    assert states(installation, ADA) == {"daily": "active"}
