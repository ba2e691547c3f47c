"""
The sign-up form: what it asks, what it refuses, and that it answers everybody alike.
"""

from __future__ import annotations

import datetime as dt
import re
import threading

import pytest
from installation import Installation
from people_samples import addresses
from signup_pages import ADA, form_of, press_button, send_form, states_of
from web_samples import TestClient, heading

from newsletter.store.issues.list_holds import hold_list
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.web.application import make_web
from newsletter.web.signup.suggestion import suggest_address
from subscribers.fields.asked import set_asked_fields
from subscribers.fields.declare import add_field, find_field
from subscribers.fields.model import AskedField, FieldOption, FieldType
from subscribers.lists import add_list, find_list
from subscribers.model import OptIn, Visibility
from subscribers.requests.records import load_request

HIDDEN_VALUE = re.compile(r'(?<=value=")[^"]*(?=")')


@pytest.fixture
def daily(installation: Installation) -> None:
    installation.add_list("daily", visibility=Visibility.PUBLIC)


def everybody(installation: Installation) -> list[str | None]:
    with installation.app.database.read() as connection:
        return addresses(connection)


def ask_for(installation: Installation, name: str, kind: FieldType, **values: object) -> None:
    with installation.app.database.write() as connection:
        add_field(connection, name, kind, labels={"en": name.title()}, is_public=True, **values)  # type: ignore[arg-type]
        asked = AskedField(field=find_field(connection, name), is_required=True)
        set_asked_fields(connection, find_list(connection, "daily").id, [asked])


@pytest.mark.usefixtures("daily")
def test_who_signs_up_is_asked_to_look_into_the_inbox_and_is_pending(
    installation: Installation, pages: TestClient
) -> None:
    page = send_form(installation, pages, "/join/daily", email=" Ada@Example.org ", name="Ada")

    assert page.status_code == 200
    assert heading(page.text) == "Now check your inbox"
    assert "ada@" not in page.text.lower()
    assert states_of(installation) == {"daily": "pending"}


@pytest.mark.usefixtures("daily")
def test_the_answer_is_the_same_whoever_the_address_belongs_to(
    installation: Installation, pages: TestClient
) -> None:
    installation.subscribe(["known@example.org", "left@example.org"])
    installation.unsubscribe("left@example.org")
    answers = [
        send_form(installation, pages, "/join/daily", email=f"{who}@example.org")
        for who in ("new", "known", "left", "new", "known")
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


@pytest.mark.usefixtures("daily")
@pytest.mark.parametrize("typed", ["", "ada", "ada@", "ada@example", "a b@example.org", "\0@x.org"])
def test_what_is_no_address_comes_back_with_what_was_typed(
    installation: Installation, pages: TestClient, typed: str
) -> None:
    page = send_form(installation, pages, "/join/daily", email=typed, name="Ada")

    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'href="#email"' in page.text
    assert form_of(page.text)[1]["name"] == "Ada"
    assert everybody(installation) == []


@pytest.mark.usefixtures("daily")
def test_the_questions_of_a_newsletter_are_asked_checked_and_kept(
    installation: Installation, pages: TestClient
) -> None:
    ask_for(installation, "born", FieldType.DATE)

    missing = send_form(installation, pages, "/join/daily", email=ADA)
    wrong = send_form(installation, pages, "/join/daily", email=ADA, **{"field-born": "yesterday"})
    right = send_form(installation, pages, "/join/daily", email=ADA, **{"field-born": "2001-02-03"})

    assert "<bdi>Born</bdi>: please answer this question." in missing.text
    assert "<bdi>Born</bdi>: type a date" in wrong.text
    assert 'value="yesterday"' in wrong.text
    assert (missing.status_code, wrong.status_code, right.status_code) == (422, 422, 200)
    with installation.app.database.read() as connection:
        found = load_request(connection, 1)
    assert found is not None
    assert found.answers == {"fields": {"born": "2001-02-03"}}


@pytest.mark.usefixtures("daily")
def test_several_choices_are_kept_by_their_keys(
    installation: Installation, pages: TestClient
) -> None:
    options = [FieldOption(key="oslo"), FieldOption(key="bergen")]
    ask_for(installation, "city", FieldType.CHOICES, options=options)

    send_form(installation, pages, "/join/daily", email=ADA, **{"field-city": ["bergen", "oslo"]})

    with installation.app.database.read() as connection:
        found = load_request(connection, 1)
    assert found is not None
    assert found.answers == {"fields": {"city": '["oslo", "bergen"]'}}


def test_a_private_newsletter_has_no_form(installation: Installation, pages: TestClient) -> None:
    installation.add_list("staff")

    for path in ("/join/staff", "/join/staff/embed", "/join/nothing", "/join"):
        assert pages.get(path).status_code == 404
        assert pages.post(path, data={"email": ADA}).status_code in (404, 405)


def test_an_unlisted_newsletter_has_a_form_for_who_knows_its_address(
    installation: Installation, pages: TestClient
) -> None:
    installation.add_list("circle", visibility=Visibility.UNLISTED)

    assert send_form(installation, pages, "/join/circle", email=ADA).status_code == 200
    assert pages.get("/join").status_code == 404


@pytest.mark.usefixtures("daily")
def test_several_newsletters_can_be_chosen_at_once(
    installation: Installation, pages: TestClient
) -> None:
    installation.add_list("weekly", visibility=Visibility.PUBLIC)
    installation.add_list("staff")

    none = send_form(installation, pages, "/join", email=ADA)
    chosen = ["daily", "weekly", "staff"]
    both = send_form(installation, pages, "/join", email=ADA, newsletter=chosen)

    assert (none.status_code, both.status_code) == (422, 200)
    assert "Choose at least one newsletter." in none.text
    assert states_of(installation) == {"daily": "pending", "weekly": "pending"}


@pytest.mark.usefixtures("daily")
def test_the_sentence_that_somebody_agrees_to_is_kept_with_its_version(
    installation: Installation, pages: TestClient
) -> None:
    page = pages.get("/join/daily").text
    assert "Yes, send me" in page
    send_form(installation, pages, "/join/daily", email=ADA)
    with installation.app.database.write() as connection:
        list_id = find_list(connection, "daily").id
        own = ListSettings(consent="Send me all of it.", consent_version=4)
        set_list_settings(connection, list_id, own)
    assert "Send me all of it." in pages.get("/join/daily").text
    send_form(installation, pages, "/join/daily", email=ADA)

    with installation.app.database.read() as connection:
        first, second = load_request(connection, 1), load_request(connection, 2)
    assert first is not None
    assert second is not None
    assert first.consent == "Yes, send me Daily by email. I can unsubscribe at any time."
    assert first.consent_version is None
    assert (second.consent, second.consent_version) == ("Send me all of it.", 4)


@pytest.mark.usefixtures("daily")
def test_a_form_on_another_site_joins_by_one_more_button_only(
    installation: Installation, pages: TestClient
) -> None:
    page = pages.post("/join/daily", data={"email": ADA, "name": "Ada"})

    assert page.status_code == 200
    assert everybody(installation) == []
    done = press_button(pages, page.text)
    assert heading(done.text) == "Now check your inbox"
    with installation.app.database.read() as connection:
        found = load_request(connection, 1)
    assert found is not None
    assert (found.form, found.answers) == ("embedded form", {"name": "Ada"})


@pytest.mark.usefixtures("daily")
def test_the_page_with_one_button_is_the_same_for_everybody(
    installation: Installation, pages: TestClient
) -> None:
    installation.subscribe(["known@example.org"])

    shown = [
        HIDDEN_VALUE.sub("", pages.post("/join/daily", data={"email": f"{who}@example.org"}).text)
        for who in ("known", "newer")
    ]

    assert shown[0].replace("known", "newer") == shown[1]


@pytest.mark.usefixtures("daily")
def test_a_program_that_fills_in_the_hidden_field_gets_the_same_page_and_nothing_else(
    installation: Installation, pages: TestClient
) -> None:
    trapped = send_form(installation, pages, "/join/daily", email=ADA, website="https://x.example")
    honest = send_form(installation, pages, "/join/daily", email="bob@example.org")

    assert trapped.content == honest.content
    assert everybody(installation) == ["bob@example.org"]


@pytest.mark.usefixtures("daily")
@pytest.mark.parametrize(
    ("wait", "token"),
    [(25 * 3600, None), (10, "forged"), (10, "A" * 5000)],
)
def test_a_form_that_is_too_old_or_forged_comes_back_once_more(
    installation: Installation, pages: TestClient, wait: int, token: str | None
) -> None:
    action, fields = form_of(pages.get("/join/daily").text)
    installation.now += dt.timedelta(seconds=wait)
    sent = fields | {"email": ADA} | ({"token": token} if token else {})

    back = pages.post(action, data=sent)

    assert back.status_code == 422
    assert everybody(installation) == []
    action, fields = form_of(back.text)
    assert fields["email"] == ADA
    installation.now += dt.timedelta(seconds=10)
    assert pages.post(action, data=fields).status_code == 200


@pytest.mark.usefixtures("daily")
def test_nothing_is_sent_beyond_the_limits_and_the_answer_does_not_tell(
    installation: Installation, pages: TestClient
) -> None:
    answers = [send_form(installation, pages, "/join/daily", email=ADA) for _ in range(5)]

    assert len({answer.content for answer in answers}) == 1
    with installation.app.database.read() as connection:
        assert load_request(connection, 3) is not None
        assert load_request(connection, 4) is None


@pytest.mark.usefixtures("daily")
def test_opening_the_form_stores_nothing(installation: Installation, pages: TestClient) -> None:
    for path in ("/join", "/join/daily", "/join/daily/embed", "/join/daily?lang=de"):
        assert pages.get(path).status_code == 200
        assert pages.head(path).status_code == 200

    assert everybody(installation) == []


@pytest.mark.usefixtures("daily")
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe=\xff", b"&" * 5000, b"email=%00&email=%ff", b"email[]=x&=&=&"]
)
def test_any_body_gets_a_page(pages: TestClient, body: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    too_many_fields = body.count(b"&") > 1_000
    answer = pages.post("/join/daily", content=body, headers=kind)
    assert answer.status_code == (413 if too_many_fields else 422)


def test_a_newsletter_without_confirmation_takes_new_addresses_at_once(
    installation: Installation, pages: TestClient
) -> None:
    installation.add_list("daily", visibility=Visibility.PUBLIC, opt_in=OptIn.SINGLE)
    installation.subscribe(["left@example.org"])
    installation.unsubscribe("left@example.org")

    new = send_form(installation, pages, "/join/daily", email=ADA)
    left = send_form(installation, pages, "/join/daily", email="left@example.org")

    assert new.content == left.content
    assert states_of(installation) == {"daily": "active"}
    assert states_of(installation, "left@example.org") == {"daily": "ended"}


@pytest.mark.usefixtures("daily")
def test_the_form_for_another_site_is_shown_to_be_copied(pages: TestClient) -> None:
    page = pages.get("/join/daily/embed")

    assert page.status_code == 200
    assert "&lt;form action=&#34;https://news.example.org/join/daily&#34;" in page.text


@pytest.mark.usefixtures("daily")
def test_a_newsletter_that_asks_for_a_proof_of_work_has_its_script_and_no_other(
    installation: Installation, pages: TestClient
) -> None:
    plain = pages.get("/join/daily")
    with installation.app.database.write() as connection:
        list_id = find_list(connection, "daily").id
        set_list_settings(connection, list_id, ListSettings(needs_proof_of_work=True))
    asking = pages.get("/join/daily")
    continued = pages.post("/join/daily", data={"email": ADA})

    assert "script-src" not in plain.headers["Content-Security-Policy"]
    for page in (asking, continued):
        assert "<altcha-widget" in page.text
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    # Whoever runs no script has a small limit of their own.
    assert send_form(installation, pages, "/join/daily", email=ADA).status_code == 200
    assert everybody(installation) == [ADA]


@pytest.mark.usefixtures("daily")
def test_a_throw_away_address_is_taken_with_a_warning_for_staff(
    installation: Installation, pages: TestClient
) -> None:
    send_form(installation, pages, "/join/daily", email="ada@mailinator.com")

    with installation.app.database.read() as connection:
        found = load_request(connection, 1)
    assert found is not None
    assert found.answers == {"warnings": ["disposable"]}


def hold(installation: Installation, slug: str) -> None:
    with installation.app.database.write() as connection:
        hold_list(
            connection,
            find_list(connection, slug),
            reason="after a restore",
            now=installation.now,
        )


@pytest.mark.usefixtures("daily")
def test_a_held_newsletter_among_several_is_skipped_and_named(
    installation: Installation, pages: TestClient
) -> None:
    installation.add_list("weekly", visibility=Visibility.PUBLIC)
    hold(installation, "weekly")

    form = pages.get("/join").text
    answer = send_form(installation, pages, "/join", email=ADA, newsletter=["daily", "weekly"])

    assert 'value="weekly" disabled' in form
    assert 'value="daily">' in form
    assert (answer.status_code, heading(answer.text)) == (200, "Now check your inbox")
    closed = "Weekly</bdi>: sign-up is closed at the moment."
    assert closed in answer.text
    assert states_of(installation) == {"daily": "pending"}
    hold(installation, "daily")
    both = send_form(installation, pages, "/join", email=ADA, newsletter=["daily", "weekly"])
    assert both.status_code == 422
    assert closed in both.text
    assert "Daily</bdi>: sign-up is closed at the moment." in both.text


@pytest.mark.usefixtures("daily")
def test_a_form_elsewhere_skips_a_held_newsletter_too(
    installation: Installation, pages: TestClient
) -> None:
    installation.add_list("weekly", visibility=Visibility.PUBLIC)
    hold(installation, "weekly")

    asked = pages.post("/join", data={"email": ADA, "newsletter": ["daily", "weekly"]})
    assert heading(asked.text) == "One more click"
    assert "Weekly</bdi>" not in asked.text
    assert "Weekly</bdi>: sign-up is closed" in press_button(pages, asked.text).text


@pytest.mark.usefixtures("daily")
def test_nobody_can_sign_up_for_a_newsletter_that_is_held(
    installation: Installation, pages: TestClient
) -> None:
    action, fields = form_of(pages.get("/join/daily").text)
    hold(installation, "daily")

    shown = pages.get("/join/daily")
    sent = pages.post(action, data=fields | {"email": ADA})

    assert (shown.status_code, sent.status_code) == (200, 422)
    for page in (shown, sent):
        assert "Sign-up is closed at the moment." in page.text
        assert "<form" not in page.text
    assert everybody(installation) == []


@pytest.mark.usefixtures("daily")
def test_hundreds_of_newsletters_can_be_chosen_at_once(
    installation: Installation, pages: TestClient
) -> None:
    slugs = [f"newsletter-{number:03}" for number in range(400)]
    with installation.app.database.write() as connection:
        for slug in slugs:
            add_list(
                connection, slug, name=slug, visibility=Visibility.PUBLIC, now=installation.now
            )

    page = send_form(installation, pages, "/join", email=ADA, newsletter=slugs)

    assert heading(page.text) == "Now check your inbox"
    assert states_of(installation) == dict.fromkeys(slugs, "pending")


@pytest.mark.usefixtures("daily")
def test_a_form_that_a_browser_filled_in_at_once_waits_for_the_moment_it_lacks(
    installation: Installation,
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    web = make_web(installation.app, stopping=threading.Event(), sleep=sleep)
    with TestClient(web) as pages:
        action, fields = form_of(pages.get("/join/daily").text)
        installation.now += dt.timedelta(seconds=1)
        page = pages.post(action, data=fields | {"email": ADA})
        installation.now -= dt.timedelta(hours=1)
        pages.post(action, data=fields | {"email": "early@example.org"})

    assert heading(page.text) == "Now check your inbox"
    assert states_of(installation) == {"daily": "pending"}
    assert waited == [2, 3]


@pytest.mark.usefixtures("daily")
@pytest.mark.parametrize("known", [False, True])
def test_a_slip_in_a_frequent_domain_is_asked_about_and_the_suggestion_can_be_used(
    installation: Installation, pages: TestClient, known: bool
) -> None:
    if known:
        installation.subscribe(["ada@gmail.com", "ada@gmial.com"])
    asked = send_form(installation, pages, "/join/daily", email="ada@gmial.com", name="Ada")
    action, fields = form_of(asked.text)
    assert "Did you mean" in asked.text
    assert "known" not in asked.text
    assert fields["name"] == "Ada"

    used = pages.post(action, data=fields | {"instead": "ada@gmail.com"})

    assert heading(used.text) == "Now check your inbox"
    assert "ada@gmail.com" in everybody(installation)
    assert ("ada@gmial.com" in everybody(installation)) is known


@pytest.mark.usefixtures("daily")
@pytest.mark.parametrize("typed", ["ada@gmial.com", "ada@example.org"])
def test_who_keeps_an_address_or_corrects_it_by_hand_signs_up_with_it(
    installation: Installation, pages: TestClient, typed: str
) -> None:
    asked = send_form(installation, pages, "/join/daily", email="ada@gmial.com")
    action, fields = form_of(asked.text)
    instead = {} if typed == "ada@gmial.com" else {"instead": "ada@gmail.com"}
    page = pages.post(action, data=fields | {"email": typed} | instead)

    assert heading(page.text) == "Now check your inbox"
    assert everybody(installation) == [typed]


def test_only_slips_of_frequent_domains_are_asked_about() -> None:
    meant = {
        "gmial.com": "gmail.com",
        "gmal.com": "gmail.com",
        "gmaill.com": "gmail.com",
        "gnail.com": "gmail.com",
        "gmail.con": "gmail.com",
        "GMAIL.CO": "gmail.com",
        "gmailcom": "gmail.com",
        "hotnail.com": "hotmail.com",
        "outlok.com": "outlook.com",
        "yaho.co.uk": "yahoo.co.uk",
        "iclould.com": "icloud.com",
        "t-onlin.de": "t-online.de",
        "gmail.com": "",
        "mail.com": "",
        "ymail.com": "",
        "gmx.at": "",
        "gmail.de": "",
        "outlook.fr": "",
        "yahoo.it": "",
        "example.org": "",
        "live.com": "",
    }
    found = {domain: suggest_address(f"ada@{domain}").removeprefix("ada@") for domain in meant}
    assert found == meant
    assert suggest_address("") == suggest_address("gmial.com") == ""
