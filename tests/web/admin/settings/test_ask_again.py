"""
The page on which staff ask the people of a list again.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import ask_again, segments, subscribers
from newsletter.model.access import OPERATOR, Role
from subscribers.ask_again.model import AskAudience, AskRunState

PAGE, MOST_STATEMENTS = "/admin/lists/daily/ask-again", 12
TYPED = {"audience": "all", "per_day": "2", "days": "14"}


def test_people_are_counted_asked_and_no_longer_asked(
    installation: Installation, browser: StaffBrowser
) -> None:
    app = installation.app
    installation.add_list("daily")
    installation.add_readers(3)
    subscribers.add(app, "new@example.org", "daily", by=OPERATOR)
    segments.add(app, "nobody", "tag has nobody", by=OPERATOR)
    installation.now += dt.timedelta(minutes=1)  # what they do since then may be an answer
    add_member(installation)
    browser.log_in()
    assert "Ask the people of" in browser.get(PAGE).text
    counts = {"all": "Ask 3 people of", "pending": "Ask 1 person of"}
    for audience, title in counts.items():
        assert title in browser.post(PAGE, **(TYPED | {"audience": audience})).text
    none = browser.post(PAGE, **(TYPED | {"audience": "segment", "segment": "nobody"})).text
    assert "There is nobody to ask" in none
    question = browser.post(PAGE, **TYPED).text
    assert "All are asked within 2 days," in question
    assert f'src="{PAGE}/email"' in question
    assert ask_again.status(app, "daily", by=OPERATOR) is None
    browser.post(PAGE, **TYPED, expected="2")
    assert ask_again.status(app, "daily", by=OPERATOR) is None
    started = browser.post(PAGE, **TYPED, expected="3")
    assert started.headers["location"] == PAGE
    with counted(app) as statements:
        page = browser.get(PAGE).text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "0 of 3 people were asked" in page
    assert "Stop for 3 people" in page
    assert "0 of 3 people were asked" in browser.get(f"{PAGE}/progress").text
    status = ask_again.status(app, "daily", by=OPERATOR)
    assert status is not None
    terms = status.run.terms
    assert (terms.audience, terms.per_day, terms.days) == (AskAudience.ALL, 2, 14)
    browser.post(f"{PAGE}/stop", on=PAGE)
    assert "The last run was stopped on" in browser.get(PAGE).text
    stopped = ask_again.status(app, "daily", by=OPERATOR)
    assert stopped is not None
    assert stopped.run.state is AskRunState.STOPPED


def test_the_email_that_asks_is_shown_and_what_is_wrong_stands_at_its_field(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    add_member(installation)
    browser.log_in()
    wrong = (
        ({"per_day": "0"}, "per_day"),
        ({"days": "many"}, "days"),
        ({"audience": "import"}, "import"),
        ({"audience": "import", "import": "9"}, "import"),
    )
    for typed, place in wrong:
        answer = browser.post(PAGE, **(TYPED | typed))
        assert answer.status_code == 422, typed
        assert f'id="{place}-error"' in answer.text, typed
    email = browser.get(f"{PAGE}/email?pending=yes")
    assert email.headers["x-frame-options"] == "SAMEORIGIN"
    assert "<html" in email.text


def test_who_may_not_send_sees_a_run_and_starts_none(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    installation.add_readers(1)
    add_member(installation, role=Role.AUTHOR)
    add_member(installation, "bob@example.org", role=Role.EDITOR, lists=["weekly"])
    browser.log_in()
    assert "Owners and editors ask people again" in browser.get(PAGE).text
    for path in (PAGE, f"{PAGE}/stop"):
        sent = browser.post(path, on="/admin/account", **TYPED, expected="1")
        assert sent.status_code == 403
    browser.log_in("bob@example.org")
    for path in (PAGE, f"{PAGE}/email", f"{PAGE}/progress"):
        assert browser.get(path).status_code == 404
    assert browser.post(PAGE, on="/admin/account", **TYPED, expected="1").status_code == 404
    assert ask_again.status(installation.app, "daily", by=OPERATOR) is None
