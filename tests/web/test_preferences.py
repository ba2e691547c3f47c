"""
The settings of a reader: behind the link of every email, and behind a fresh one.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation
from origins import STAFF
from web_samples import ADA, TestClient, heading

from newsletter.actions.people import lists
from newsletter.model.access import OPERATOR
from newsletter.model.notice import NoticeKind
from newsletter.store.tables import delivery, issue, list_settings
from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.database.request_tables import reader_request
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldType
from subscribers.fields.values import values_of
from subscribers.lists import edit_list, find_list
from subscribers.model import Cadence, Subscriber, Visibility
from subscribers.people import subscriber_by_address
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request
from subscribers.suppression.model import SuppressionReason
from subscribers.tags.notes import add_note
from subscribers.tags.records import change_tags
from subscribers.validation.address import parse_address


@pytest.fixture
def desk(installation: Installation, client: TestClient) -> TestClient:
    """
    The pages of an installation with a public list, Weekly, beside that which Ada is on.
    """
    installation.add_list("weekly", visibility=Visibility.PUBLIC)
    installation.add_list("secret")
    return client


def ada(installation: Installation, address: str = ADA) -> Subscriber:
    with installation.app.database.read() as connection:
        return subscriber_by_address(connection, parse_address(address))


def own_path(installation: Installation) -> str:
    return installation.app.links.preferences(ada(installation).id).removeprefix(
        installation.app.site.base_url
    )


def fresh_path(installation: Installation, kind: RequestKind = RequestKind.FIND, **v: Any) -> str:
    person = ada(installation).id
    with installation.app.database.write() as connection:
        number = add_request(connection, kind, subscriber_id=person, now=installation.now, **v)
    url = installation.app.links.request(kind, number, "")
    return url.removeprefix(installation.app.site.base_url)


def fields_of(page: str) -> dict[str, list[str]]:
    """
    Return what a browser would send of the first form on the page.
    """
    form = page.split("<form", 1)[1].split("</form>", 1)[0]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        is_off = attributes.get("type") == "checkbox" and " checked" not in tag
        if "name" in attributes and not is_off:
            value = html.unescape(attributes.get("value", ""))
            sent.setdefault(attributes["name"], []).append(value)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.findall(r"<option([^>]*) selected[^>]*>([^<]*)<", options)
        values = [re.findall(r'value="([^"]*)"', tag) or [text] for tag, text in chosen]
        sent[name] = [values[0][0] if values else ""]
    return sent


def save(client: TestClient, path: str, **changes: Any) -> Any:
    return client.post(path, data=fields_of(client.get(path).text) | changes)


def test_the_permanent_link_masks_the_address_and_offers_no_data(
    installation: Installation, desk: TestClient
) -> None:
    page = desk.get(own_path(installation)).text
    assert "a…" in page
    assert ADA not in page
    assert "Weekly" in page
    assert "Secret" not in page
    assert "/data" not in page
    assert "/erase" not in page


def test_a_page_that_is_sent_back_as_it_is_changes_nothing(
    installation: Installation, desk: TestClient
) -> None:
    before = ada(installation)
    answer = save(desk, own_path(installation))
    assert "Saved." in answer.text
    assert ada(installation) == before
    with installation.app.database.read() as connection:
        assert "changed" not in connection.scalars(sa.select(history.c.what)).all()


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "One-Click"}, {"newsletter": "weekly"}])
def test_a_post_without_the_form_changes_nothing(
    installation: Installation, desk: TestClient, body: dict[str, str]
) -> None:
    before = ada(installation)
    for path in (own_path(installation), fresh_path(installation)):
        assert desk.post(path, data=body).status_code == 200
    assert ada(installation) == before


def test_one_button_saves_everything_in_one_transaction_with_its_history(
    installation: Installation, desk: TestClient
) -> None:
    installation.add_schedule(name="digest", sources=(), cadence=Cadence.WEEKLY)
    with installation.app.database.write() as connection:
        add_field(connection, "city", FieldType.TEXT, labels={"en": "City"}, is_public=True)
    path = own_path(installation)
    answer = save(
        desk,
        path,
        newsletter=["daily", "weekly"],
        **{"cadence-daily": "weekly", "field-city": "Oslo"},
        paused_until="2026-03-20",
        name="Ada King",
        language="de",
        timezone="Europe/Oslo",
    )
    assert answer.status_code == 200
    found = ada(installation)
    assert (found.name, found.language, found.timezone) == ("Ada King", "de", "Europe/Oslo")
    assert found.paused_until == dt.datetime(2026, 3, 19, 23, tzinfo=dt.UTC)
    assert [(s.list_slug, s.state, s.cadence) for s in found.subscriptions] == [
        ("daily", "active", "weekly"),
        ("weekly", "active", "each"),
    ]
    with installation.app.database.read() as connection:
        assert values_of(connection, found.id) == {"city": "Oslo"}
        consent = connection.scalars(
            sa.select(tables.consent.c.text).order_by(tables.consent.c.id.desc())
        ).first()
        assert "Weekly" in str(consent)
        details = connection.scalars(
            sa.select(history.c.detail).where(history.c.what == "changed")
        ).all()
    assert {"cadence": {"before": "each", "after": "weekly"}} in details
    assert any("name" in detail and "language" in detail for detail in details)
    assert 'lang="de"' in answer.text


def test_a_reader_leaves_a_newsletter_or_all_of_them_in_the_settings(
    installation: Installation, desk: TestClient
) -> None:
    path = own_path(installation)
    save(desk, path, newsletter=["weekly"])
    assert {s.list_slug: s.state for s in ada(installation).subscriptions} == {
        "daily": "ended",
        "weekly": "active",
    }
    desk.post(path, data={"what": "leave"})
    assert {s.state.value for s in ada(installation).subscriptions} == {"ended"}


def test_two_open_pages_do_not_undo_each_other(
    installation: Installation, desk: TestClient
) -> None:
    path = own_path(installation)
    first, second = fields_of(desk.get(path).text), fields_of(desk.get(path).text)
    desk.post(path, data=first | {"name": "Ada King"})
    desk.post(path, data=second | {"timezone": "Europe/Oslo"})
    found = ada(installation)
    assert (found.name, found.timezone) == ("Ada King", "Europe/Oslo")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paused_until", "2026-03-04"),
        ("paused_until", "2028-01-01"),
        ("paused_until", "soon"),
        ("language", "xx"),
        ("timezone", "Europe/Atlantis"),
        ("name", "x" * 300),
    ],
)
def test_what_is_not_valid_comes_back_and_changes_nothing(
    installation: Installation, desk: TestClient, name: str, value: str
) -> None:
    before = ada(installation)
    answer = save(desk, own_path(installation), newsletter=["daily", "weekly"], **{name: value})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert ada(installation) == before


@pytest.mark.parametrize("shown", ["", "{}", "[]", '{"newsletters": 3}', "[" * 3000])
def test_a_page_that_does_not_say_what_it_showed_is_compared_with_what_is_stored(
    installation: Installation, desk: TestClient, shown: str
) -> None:
    save(desk, own_path(installation), shown=shown, name="Ada King")
    assert ada(installation).name == "Ada King"
    assert len(ada(installation).subscriptions) == 1


def test_nobody_joins_a_private_list_by_a_form_of_their_own(
    installation: Installation, desk: TestClient
) -> None:
    save(desk, own_path(installation), newsletter=["daily", "secret"])
    assert [s.list_slug for s in ada(installation).subscriptions] == ["daily"]


def test_a_private_list_is_shown_to_its_readers(
    installation: Installation, desk: TestClient
) -> None:
    installation.subscribe([ADA], "secret")
    assert "Secret" in desk.get(own_path(installation)).text


def test_a_cadence_that_no_schedule_has_is_not_taken(
    installation: Installation, desk: TestClient
) -> None:
    save(desk, own_path(installation), **{"cadence-daily": "monthly"})
    assert ada(installation).subscriptions[0].cadence == "each"


def test_links_of_erased_people_and_invented_ones_show_nothing(
    installation: Installation, desk: TestClient
) -> None:
    path, fresh = own_path(installation), fresh_path(installation)
    assert desk.get("/p/invented").status_code == 404
    assert desk.get("/p/find/invented").status_code == 404
    assert desk.get("/p/test").status_code == 200
    with installation.app.database.write() as connection:
        connection.execute(
            tables.subscriber.update().values(
                email=None, email_key=None, erased_at=installation.now
            )
        )
    for each in (path, fresh, f"{fresh}/data"):
        assert desk.get(each).status_code == 410
        assert desk.post(path, data={"what": "save"}).status_code == 410


def test_a_fresh_link_works_for_three_days(installation: Installation, desk: TestClient) -> None:
    path = fresh_path(installation)
    installation.now += dt.timedelta(days=3, seconds=-1)
    assert ADA in desk.get(path).text.replace("<wbr>", "")
    installation.now += dt.timedelta(seconds=1)
    assert desk.get(path).status_code == 410


def test_a_fresh_link_shows_all_data_as_a_page_and_as_a_file(
    installation: Installation, desk: TestClient
) -> None:
    path = fresh_path(installation)
    page = desk.get(f"{path}/data")
    assert heading(page.text) == "Your data"
    assert ADA in page.text.replace("<wbr>", "")
    assert "Signed up" in page.text
    assert "UTC" not in page.text
    assert "{" not in page.text.split("<main")[1]
    file = desk.get(f"{path}/data.json")
    assert file.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert file.json()["address"] == ADA
    assert {"newsletters", "history", "emails", "answers"} <= file.json().keys()


def test_the_data_of_a_reader_has_the_tags_and_notes_of_staff(
    installation: Installation, desk: TestClient
) -> None:
    path = fresh_path(installation)
    with installation.app.database.write() as connection:
        person = subscriber_by_address(connection, parse_address(ADA)).id
        now = installation.now
        change_tags(connection, [person], add=["press"], by=STAFF, now=now)
        add_note(connection, person, "met at the <fair>", by_name="Mira", now=now)
    page = desk.get(f"{path}/data").text
    assert re.search(r"<dt>Tags</dt><dd>(<bdi>)?press", page)
    assert "met at the &lt;fair&gt;" in page
    file = desk.get(f"{path}/data.json").json()
    assert (file["tags"], [each["text"] for each in file["notes"]]) == (
        ["press"],
        ["met at the <fair>"],
    )


def mailed(installation: Installation) -> list[tuple[str, str | None]]:
    """
    Return the kind and address of each notice that was appended, in order.
    """
    with installation.app.database.read() as connection:
        rows = connection.execute(
            sa.select(issue.c.template, delivery.c.email)
            .join(issue, issue.c.id == delivery.c.issue_id)
            .order_by(delivery.c.id)
        )
        return [(row.template, row.email) for row in rows]


def test_find_answers_everybody_alike_and_mails_only_who_is_known(
    installation: Installation, desk: TestClient
) -> None:
    assert heading(desk.get("/find").text) == "Find your settings"
    known = desk.post("/find", data={"email": ADA})
    unknown = desk.post("/find", data={"email": "nobody@example.org"})
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    assert ADA not in known.text
    assert mailed(installation) == [(NoticeKind.SETTINGS, ADA)]
    assert desk.post("/find", data={"email": "nonsense"}).status_code == 422
    assert desk.post("/find").status_code == 422


def test_an_address_changes_once_the_new_one_confirms_it(
    installation: Installation, desk: TestClient
) -> None:
    new = "ada@new.example"
    desk.post(f"{fresh_path(installation)}/address", data={"email": new})
    assert mailed(installation) == [(NoticeKind.NEW_ADDRESS, new)]
    assert ada(installation).email == ADA
    answers = {"email": new, "email_key": new}
    path = fresh_path(installation, RequestKind.ADDRESS, answers=answers)

    assert new in desk.get(path).text.replace("<wbr>", "")
    desk.post(path)
    assert ada(installation).email == ADA

    for _ in range(2):
        page = desk.post(path, data={"answer": "yes"})
        assert heading(page.text) == "Your new address is in use"
    assert ada(installation, new).subscriptions[0].state == "active"
    assert mailed(installation)[1:] == [(NoticeKind.ADDRESS_CHANGED, ADA)]
    with installation.app.database.read() as connection:
        details = str(connection.execute(sa.select(history.c.detail)).all())
    assert "a…@new.example" in details
    assert ADA not in details


def test_an_address_that_is_not_valid_stays_in_the_form_to_be_corrected(
    installation: Installation, desk: TestClient
) -> None:
    page = desk.post(f"{fresh_path(installation)}/address", data={"email": "ada@new"})
    assert page.status_code == 422
    assert 'value="ada@new"' in page.text
    assert mailed(installation) == []


def test_an_address_that_somebody_has_is_not_taken_from_them(
    installation: Installation, desk: TestClient
) -> None:
    installation.subscribe(["bob@example.org"])
    answers = {"email": "bob@example.org", "email_key": "bob@example.org"}
    path = fresh_path(installation, RequestKind.ADDRESS, answers=answers)
    page = desk.post(path, data={"answer": "yes"})
    assert heading(page.text) == "We already write to this address"
    assert ada(installation).email == ADA


def test_a_complaint_follows_a_reader_to_a_new_address_and_a_bounce_does_not(
    installation: Installation, desk: TestClient
) -> None:
    new = "ada@new.example"
    x = tables.suppression
    with installation.app.database.write() as connection:
        rows = [("", SuppressionReason.BOUNCE), ("weekly", SuppressionReason.COMPLAINT)]
        for scope, reason in rows:
            connection.execute(
                x.insert().values(
                    email_key=ADA, scope=scope, reason=reason.value, since=installation.now
                )
            )
    path = fresh_path(installation, RequestKind.ADDRESS, answers={"email": new, "email_key": new})
    desk.post(path, data={"answer": "yes"})
    with installation.app.database.read() as connection:
        theirs = connection.execute(sa.select(x.c.scope, x.c.reason).where(x.c.email_key == new))
        assert theirs.all() == [("weekly", "complaint")]


def test_erasure_needs_a_mailed_link_a_tick_and_a_button(
    installation: Installation, desk: TestClient
) -> None:
    desk.post(f"{fresh_path(installation)}/erase")
    assert mailed(installation) == [(NoticeKind.ERASURE, ADA)]
    path = fresh_path(installation, RequestKind.ERASURE)
    desk.get(path)
    desk.post(path)
    assert desk.post(path, data={"answer": "yes"}).status_code == 422
    assert ada(installation).erased_at is None

    page = desk.post(path, data={"answer": "yes", "sure": "yes"})

    assert heading(page.text) == "Everything is deleted"
    with installation.app.database.read() as connection:
        person = connection.execute(sa.select(tables.subscriber)).one()
        assert (person.email, person.name) == (None, "")
        asked = connection.execute(
            sa.select(sa.text("kind, done_at, email_key, outcome from privacy_request"))
        ).one()
    assert (asked.kind, asked.email_key, asked.outcome) == ("erasure", None, "erased")
    assert desk.post(path, data={"answer": "yes", "sure": "yes"}).status_code == 410


def test_a_settings_link_sends_one_email_about_erasure_while_its_link_works(
    installation: Installation, desk: TestClient
) -> None:
    path = fresh_path(installation)
    pages = [desk.post(f"{path}/erase") for _ in range(40)]
    assert {(page.status_code, heading(page.text)) for page in pages} == {
        (200, heading(pages[0].text))
    }
    assert mailed(installation) == [(NoticeKind.ERASURE, ADA)]


def test_emails_about_erasure_are_limited_for_a_person_and_a_day(
    installation: Installation, desk: TestClient
) -> None:
    path = fresh_path(installation)
    for _ in range(10):
        desk.post(f"{path}/erase")
        with installation.app.database.write() as connection:
            done = reader_request.c.kind == RequestKind.ERASURE.value
            values = {"done_at": installation.now}
            connection.execute(sa.update(reader_request).where(done).values(values))
    assert len(mailed(installation)) == installation.app.settings.signup.person_per_day


def test_links_of_one_kind_do_not_open_another(
    installation: Installation, desk: TestClient
) -> None:
    token = fresh_path(installation).rpartition("/")[2]
    for path in ("/p/erase/", "/p/address/", "/p/", "/c/", "/u/"):
        assert desk.get(path + token).status_code == 404


def test_a_list_that_turned_private_stays_for_its_readers_only(
    installation: Installation, desk: TestClient
) -> None:
    with installation.app.database.write() as connection:
        edit_list(connection, "weekly", visibility=Visibility.PRIVATE)
    assert "Weekly" not in desk.get(own_path(installation)).text


def test_leaving_everything_ends_what_waits_for_its_confirmation_too(
    installation: Installation, desk: TestClient
) -> None:
    with installation.app.database.write() as connection:
        weekly = find_list(connection, "weekly")
        person, since = ada(installation).id, installation.now
        times = {"since": since, "created_at": since}
        connection.execute(
            tables.subscription.insert().values(
                subscriber_id=person, list_id=weekly.id, state="pending", **times
            )
        )
    desk.post(own_path(installation), data={"what": "leave"})
    assert {each.state.value for each in ada(installation).subscriptions} == {"ended"}


def test_links_from_before_a_change_of_address_do_not_work_any_more(
    installation: Installation, desk: TestClient
) -> None:
    """
    Whoever got the first one by a slip of the keyboard, or has the old mailbox, is a stranger now.
    """
    typo = {"email": "stranger@example.org", "email_key": "stranger@example.org"}
    new = {"email": "ada@example.net", "email_key": "ada@example.net"}
    mistyped = fresh_path(installation, RequestKind.ADDRESS, answers=typo)
    right = fresh_path(installation, RequestKind.ADDRESS, answers=new)
    others = [fresh_path(installation), fresh_path(installation, RequestKind.ERASURE)]

    assert desk.post(right, data={"answer": "yes"}).status_code == 200

    assert desk.post(mistyped, data={"answer": "yes"}).status_code == 410
    assert [desk.get(path).status_code for path in others] == [410, 410]
    assert ada(installation, "ada@example.net").email == "ada@example.net"


def test_what_no_database_stores_gets_a_plain_answer(
    installation: Installation, desk: TestClient
) -> None:
    path = own_path(installation)
    shown = fields_of(desk.get(path).text)["shown"][0]
    strange = shown.replace('"name": "', '"name": "\\ud800\\u0000')
    answer = desk.post(path, data={"what": "save", "shown": strange, "language": "xx"})
    assert answer.status_code == 422

    assert desk.post(path, data={"what": "save", "shown": shown, "name": "A\0da"}).status_code < 500
    assert desk.get("/join/a%00b").status_code == 404
    assert desk.get("/join/a%00b/embed").status_code == 404
    assert desk.post("/join/weekly%00", data={"email": ADA}).status_code == 404
    subscription = ada(installation).subscriptions[0].id
    leave = installation.app.links.unsubscribe(subscription).removeprefix(
        installation.app.site.base_url
    )
    desk.post(leave)
    said = desk.post(leave, data={"about": "why", "reason": "other", "words": "too\0much"})
    assert said.status_code == 200


def test_a_form_from_before_the_reader_left_does_not_bring_them_back(
    installation: Installation, desk: TestClient
) -> None:
    """
    As a browser does that opens its pages again, or a reader who goes back and presses the button.
    """
    path = own_path(installation)
    joining = fields_of(desk.get(path).text)
    joining["newsletter"].append("weekly")
    installation.now += dt.timedelta(minutes=1)
    desk.post(path, data=joining)
    on = {each.list_slug: each for each in ada(installation).subscriptions}
    assert on["weekly"].state == "active"
    installation.now += dt.timedelta(minutes=1)
    leave = installation.app.links.unsubscribe(on["weekly"].id)
    desk.post(leave.removeprefix(installation.app.site.base_url))

    installation.now += dt.timedelta(minutes=1)
    page = desk.post(path, data=joining)
    assert page.status_code == 200
    now = {each.list_slug: each.state for each in ada(installation).subscriptions}
    assert now == {"daily": "active", "weekly": "ended"}

    page = save(desk, path, newsletter=["daily", "weekly"])
    assert "Now check your inbox" in page.text


def states(installation: Installation) -> dict[str, str]:
    return {each.list_slug: each.state.value for each in ada(installation).subscriptions}


def leave_weekly(installation: Installation, client: TestClient) -> None:
    for newsletters in (["daily", "weekly"], ["daily"]):
        save(client, own_path(installation), newsletter=newsletters)
        installation.now += dt.timedelta(minutes=1)


def confirm_path(installation: Installation) -> str:
    """
    Return the path of the link in the last email that asks to confirm.
    """
    with installation.app.database.read() as connection:
        number = connection.scalar(sa.select(sa.func.max(delivery.c.request_id)))
    assert number is not None
    url = installation.app.links.request(RequestKind.JOIN, number, "")
    return url.removeprefix(installation.app.site.base_url)


@pytest.mark.parametrize("find_path", [own_path, fresh_path])
def test_a_newsletter_that_was_left_comes_again_only_after_an_email_is_confirmed(
    installation: Installation, desk: TestClient, find_path: Callable[[Installation], str]
) -> None:
    """
    Somebody to whom the email was forwarded has the link too.
    """
    path = find_path(installation)
    leave_weekly(installation, desk)

    page = save(desk, path, newsletter=["daily", "weekly"]).text
    assert "Now check your inbox" in page
    assert "Saved." not in page
    assert fields_of(page)["newsletter"] == ["daily"]
    assert states(installation) == {"daily": "active", "weekly": "ended"}
    assert mailed(installation) == [(NoticeKind.CONFIRM, ADA)]

    installation.now += dt.timedelta(minutes=1)
    desk.post(confirm_path(installation), data={"confirm": "yes"})
    assert states(installation) == {"daily": "active", "weekly": "active"}


def test_what_else_was_changed_is_saved_while_a_newsletter_waits_to_be_confirmed(
    installation: Installation, desk: TestClient
) -> None:
    installation.add_list("monthly", visibility=Visibility.PUBLIC)
    leave_weekly(installation, desk)
    everything = ["daily", "monthly", "weekly"]
    page = save(desk, own_path(installation), newsletter=everything, name="Ada King").text
    assert "Now check your inbox" in page
    assert "Saved." in page
    assert ada(installation).name == "Ada King"
    assert states(installation) == {"daily": "active", "monthly": "active", "weekly": "ended"}


@pytest.mark.parametrize("scope", ["", "weekly"])
def test_a_newsletter_that_a_reader_asked_never_to_get_is_confirmed_by_email_too(
    installation: Installation, desk: TestClient, scope: str
) -> None:
    with installation.app.database.write() as connection:
        connection.execute(
            tables.suppression.insert().values(
                email_key=ADA, scope=scope, reason="unsubscribed", since=installation.now
            )
        )
    installation.now += dt.timedelta(minutes=1)
    page = save(desk, own_path(installation), newsletter=["daily", "weekly"]).text
    assert "Now check your inbox" in page
    assert states(installation) == {"daily": "active", "weekly": "pending"}
    assert mailed(installation) == [(NoticeKind.CONFIRM, ADA)]
    with installation.app.database.read() as connection:
        assert connection.scalars(sa.select(tables.suppression.c.scope)).all() == [scope]


@pytest.mark.parametrize("more", [{}, {"name": "Ada King"}])
def test_a_newsletter_that_is_held_does_not_come_again_and_the_page_says_so(
    installation: Installation, desk: TestClient, more: dict[str, str]
) -> None:
    leave_weekly(installation, desk)
    lists.hold(installation.app, "weekly", reason="we are checking who is on it", by=OPERATOR)
    page = save(desk, own_path(installation), newsletter=["daily", "weekly"], **more).text
    assert "Weekly</bdi>: sign-up is closed at the moment." in page
    assert "Now check your inbox" not in page
    assert ("Saved." in page) == bool(more)
    assert states(installation) == {"daily": "active", "weekly": "ended"}
    assert mailed(installation) == []
    with installation.app.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(reader_request)) == 0

    lists.release(installation.app, "weekly", by=OPERATOR)
    page = save(desk, own_path(installation), newsletter=["daily", "weekly"]).text
    assert "Now check your inbox" in page
    assert "sign-up is closed" not in page


def test_a_link_that_was_forwarded_does_not_fill_the_inbox_of_its_reader(
    installation: Installation, desk: TestClient
) -> None:
    leave_weekly(installation, desk)
    for _ in range(10):
        installation.now += dt.timedelta(minutes=1)
        page = save(desk, own_path(installation), newsletter=["daily", "weekly"]).text
        assert "Now check your inbox" in page
    most = installation.app.settings.signup.person_per_day
    assert mailed(installation) == [(NoticeKind.CONFIRM, ADA)] * most


def test_joining_in_the_settings_keeps_the_version_of_the_sentence(
    installation: Installation, desk: TestClient
) -> None:
    with installation.app.database.write() as connection:
        number = find_list(connection, "weekly").id
        connection.execute(
            list_settings.insert().values(
                list_id=number, consent="I want the Weekly.", consent_version=3
            )
        )
    save(desk, own_path(installation), newsletter=["daily", "weekly"])
    with installation.app.database.read() as connection:
        last = sa.select(tables.consent).order_by(tables.consent.c.id.desc())
        consent = connection.execute(last).first()
        joined = sa.select(history.c.detail).where(history.c.list_id == number)
        detail = connection.scalars(joined).one()
    assert consent is not None
    assert (consent.text, consent.evidence) == (
        "I want the Weekly.",
        "version 3 of the sentence",
    )
    assert (detail["consent"], detail["consent_version"]) == ("I want the Weekly.", 3)
