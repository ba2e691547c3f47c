"""
Sign-ups by pages of other sites, in JSON, and the pages of one's own that readers land on.
"""

from __future__ import annotations

from typing import Any

import pytest
from installation import Installation
from signup_pages import ADA, confirm_link, form_of, press_button, send_form, states_of
from web_samples import TestClient, leave_path

from newsletter.errors import InvalidValue
from newsletter.issues.settings.lists import parse_landing_page, parse_origins
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from subscribers.errors import UnknownSubscriber
from subscribers.fields.asked import set_asked_fields
from subscribers.fields.declare import add_field, find_field
from subscribers.fields.model import AskedField, FieldType
from subscribers.lists import find_list
from subscribers.model import Visibility
from subscribers.requests.records import load_request

CLUB = "https://club.example"
FROM_CLUB = {"Origin": CLUB}


@pytest.fixture
def daily(installation: Installation) -> None:
    installation.add_list("daily", visibility=Visibility.PUBLIC)
    set_up(installation, origins=f"{CLUB} https://other.example")


def set_up(installation: Installation, **settings: Any) -> None:
    with installation.app.database.write() as connection:
        number = find_list(connection, "daily").id
        set_list_settings(connection, number, ListSettings(**settings))


def post(pages: TestClient, values: object, **headers: str) -> Any:
    return pages.post("/join/daily", json=values, headers=FROM_CLUB | headers)


@pytest.mark.usefixtures("daily")
def test_a_page_of_a_site_that_the_list_names_signs_people_up(
    installation: Installation, pages: TestClient
) -> None:
    answer = post(pages, {"email": " Ada@Example.org ", "name": "Ada"})

    assert answer.status_code == 202
    assert answer.headers["access-control-allow-origin"] == CLUB
    assert answer.headers["vary"] == "Origin"
    found = answer.json()
    assert (found["state"], found["days"], found["url"]) == ("check_inbox", 7, None)
    assert "ada" not in answer.text.lower()
    assert states_of(installation) == {"daily": "pending"}
    with installation.app.database.read() as connection:
        kept = load_request(connection, 1)
    assert kept is not None
    assert (kept.form, kept.answers) == ("form on https://club.example", {"name": "Ada"})


@pytest.mark.usefixtures("daily")
def test_what_no_database_can_store_is_left_out_of_a_list_too(
    installation: Installation, pages: TestClient
) -> None:
    for number, name in enumerate(("A\0da", ["A\0da"])):
        answer = post(pages, {"email": f"ada{number}@example.org", "name": name})
        assert answer.status_code == 202
        with installation.app.database.read() as connection:
            kept = load_request(connection, number + 1)
        assert kept is not None
        assert kept.answers == {"name": "Ada"}


@pytest.mark.usefixtures("daily")
@pytest.mark.parametrize("body", ['{"\\ud800": {}}', '{"\\ud800": "a"}', '{"email": "\\udfff"}'])
def test_half_a_surrogate_pair_is_no_text(pages: TestClient, body: str) -> None:
    headers = FROM_CLUB | {"Content-Type": "application/json"}
    answer = pages.post("/join/daily", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["message"] == "this is not JSON"


@pytest.mark.usefixtures("daily")
def test_a_browser_may_ask_first_and_only_named_sites_are_let_in(pages: TestClient) -> None:
    asked = {
        origin: pages.options("/join/daily", headers={"Origin": origin} if origin else {})
        for origin in (CLUB, "https://evil.example", "https://club.example.evil.example", "null")
    }

    assert {each.status_code for each in asked.values()} == {204}
    allowed = asked[CLUB].headers
    assert allowed["access-control-allow-origin"] == CLUB
    assert allowed["access-control-allow-methods"] == "POST"
    assert "content-type" in allowed["access-control-allow-headers"]
    assert [
        origin for origin, each in asked.items() if "access-control-allow-origin" in each.headers
    ] == [CLUB]
    assert pages.options("/join/nothing", headers=FROM_CLUB).status_code == 404


@pytest.mark.usefixtures("daily")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
@pytest.mark.parametrize("kind", ["json", "form"])
def test_other_sites_sign_nobody_up(
    installation: Installation, pages: TestClient, origin: str, kind: str
) -> None:
    headers = {"Accept": "application/json"} | ({"Origin": origin} if origin else {})
    sent: dict[str, Any] = {"json" if kind == "json" else "data": {"email": ADA}}
    answer = pages.post("/join/daily", headers=headers, **sent)

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert "origins" in answer.json()["message"]
    with pytest.raises(UnknownSubscriber):
        states_of(installation)


@pytest.mark.usefixtures("daily")
def test_the_json_is_the_same_whoever_the_address_belongs_to(
    installation: Installation, pages: TestClient
) -> None:
    installation.subscribe(["known@example.org", "left@example.org"])
    installation.unsubscribe("left@example.org")
    answers = [
        post(pages, values)
        for who in ("new", "known", "left", "new", "known")
        for values in ({"email": f"{who}@example.org"}, {"email": ADA, "website": "buy"})
    ]

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


@pytest.mark.usefixtures("daily")
def test_questions_are_checked_and_each_fault_names_its_field(
    installation: Installation, pages: TestClient
) -> None:
    with installation.app.database.write() as connection:
        add_field(connection, "born", FieldType.DATE, labels={"en": "Born"}, is_public=True)
        asked = AskedField(field=find_field(connection, "born"), is_required=True)
        set_asked_fields(connection, find_list(connection, "daily").id, [asked])

    missing = post(pages, {"email": "ada"})
    right = post(pages, {"email": ADA, "field-born": "2001-02-03"})

    assert missing.status_code == 422
    assert missing.headers["access-control-allow-origin"] == CLUB
    assert [each["field"] for each in missing.json()["errors"]] == ["email", "field-born"]
    assert missing.json()["errors"][1]["message"] == "Born: please answer this question."
    assert right.status_code == 202


@pytest.mark.usefixtures("daily")
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"{", "this is not JSON"),
        (b"[" * 50_000, "this is not JSON"),
        (b"9" * 50_000, "this is not JSON"),
        (b"[]", "write an object"),
        (b'{"email": {"a": 1}}', "email: write a text"),
        (b'{"email": [1]}', "email: write a text"),
        (b'{"e-mail": "ada@example.org"}', "'e-mail' is no field of this form"),
    ],
)
def test_what_is_no_form_is_refused_with_what_is_wrong(
    pages: TestClient, body: bytes, fault: str
) -> None:
    headers = FROM_CLUB | {"Content-Type": "application/json"}
    answer = pages.post("/join/daily", content=body, headers=headers)

    assert answer.status_code == 400
    assert fault in answer.json()["message"]


@pytest.mark.usefixtures("daily")
def test_a_slip_of_the_domain_is_asked_about_and_the_same_once_more_is_meant(
    installation: Installation, pages: TestClient
) -> None:
    asked = post(pages, {"email": "ada@gmial.com"})
    assert asked.status_code == 422
    assert asked.json()["suggestion"] == "ada@gmail.com"

    assert post(pages, {"email": "ada@gmial.com", "sure": "ada@gmial.com"}).status_code == 202
    assert states_of(installation, "ada@gmial.com") == {"daily": "pending"}


@pytest.mark.usefixtures("daily")
def test_without_the_proof_only_a_few_are_taken_and_the_answer_does_not_tell(
    installation: Installation, pages: TestClient
) -> None:
    set_up(installation, origins=CLUB, needs_proof_of_work=True)
    answers = [post(pages, {"email": f"p{n}@example.org"}) for n in range(6)]

    assert len({answer.content for answer in answers}) == 1
    assert states_of(installation, "p4@example.org") == {"daily": "pending"}
    with pytest.raises(UnknownSubscriber):
        states_of(installation, "p5@example.org")
    challenge = pages.get("/proof/challenge", headers=FROM_CLUB)
    assert challenge.headers["access-control-allow-origin"] == "*"


@pytest.mark.usefixtures("daily")
def test_a_script_proves_no_work_for_a_list_that_does_not_ask(
    installation: Installation, pages: TestClient
) -> None:
    set_up(installation, origins=CLUB)
    for slug, expected in (("daily", 204), ("nonesuch", 200), ("%00", 200), ("", 200)):
        answer = pages.get(f"/proof/challenge?list={slug}", headers=FROM_CLUB)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (
            expected,
            "*",
        )


@pytest.mark.usefixtures("daily")
def test_readers_land_on_the_lists_own_pages_after_joining_confirming_and_leaving(
    installation: Installation, pages: TestClient
) -> None:
    own = {name: f"{CLUB}/{name}?a=1" for name in ("joined_url", "confirmed_url", "left_url")}
    set_up(installation, origins=CLUB, **own)
    form = pages.get("/join/daily")
    joined = send_form(installation, pages, "/join/daily", email=ADA)
    by_json = post(pages, {"email": "bob@example.org"})
    installation.submit_all()
    (mail,) = [each for each in installation.mails() if each["To"] == ADA]
    button = pages.get(confirm_link(mail))
    confirmed = press_button(pages, button.text)
    leaving = pages.get(leave_path(installation))
    left = pages.post(leave_path(installation), data=form_of(leaving.text)[1])

    landed = [each.headers["location"] for each in (joined, confirmed, left)]
    assert landed == list(own.values())
    assert {each.status_code for each in (joined, confirmed, left)} == {303}
    assert by_json.json()["url"] == own["joined_url"]
    for page in (form, button, leaving):
        assert f"form-action 'self' {CLUB};" in page.headers["content-security-policy"]
    again = pages.get(confirm_link(mail))
    assert again.status_code in (200, 410)


def test_a_one_click_unsubscribe_is_never_redirected(
    installation: Installation, client: TestClient
) -> None:
    set_up(installation, left_url=f"{CLUB}/gone")
    path = leave_path(installation)
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, "location" in answer.headers) == (200, False)


def test_only_addresses_of_sites_and_https_pages_are_taken() -> None:
    assert parse_origins("https://A.example,\n https://b.example:8443  http://localhost:3000") == (
        "https://a.example https://b.example:8443 http://localhost:3000"
    )
    assert parse_origins("") == ""
    assert parse_landing_page("https://a.example/b?c=d#e") == "https://a.example/b?c=d#e"
    refused = []
    for text in (
        "http://a.example",
        "https://a.example/",
        "https://a.example/path",
        "*",
        "null",
        "https://u@a.example",
        "https://a.example;script-src",
        "javascript:alert(1)",
        " ".join(f"https://a{n}.example" for n in range(21)),
    ):
        with pytest.raises(InvalidValue):
            parse_origins(text)
        refused.append(text)
    for text in (
        "http://a.example/b",
        "https://",
        "https:///b",
        "https://a.example;x/y",
        "https://u:p@a.example/",
        "https://a.example/ b",
        "javascript:alert(1)",
        "//a.example",
        "https://a.example/" + "b" * 1000,
    ):
        with pytest.raises(InvalidValue):
            parse_landing_page(text)
        refused.append(text)
    assert len(refused) == 18
