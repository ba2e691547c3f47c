"""
Subscribers by the API: one at a time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from signup_pages import confirm_link, press_button
from web_samples import ADA, TestClient

from newsletter.actions.people import fields
from newsletter.model.access import OPERATOR, Permission
from subscribers.fields.model import FieldOption

GRACE = "grace@example.org"
CONSENT = {"consent": "asked for it at the fair"}


@pytest.fixture
def lists(installation: Installation) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")


def states(response: Any) -> dict[str, str]:
    assert response.status_code in (200, 201), response.text
    return {each["list"]: each["state"] for each in response.json()["subscriptions"]}


@pytest.mark.usefixtures("lists")
def test_a_new_subscriber_gets_the_email_that_asks_to_confirm(
    api: ApiClient, installation: Installation
) -> None:
    body = {"address": "Grace@Example.org", "name": "Grace Hopper", "lists": ["daily"]}
    made = api.post("/subscribers", body)
    assert states(made) == {"daily": "pending"}
    assert made.headers["location"] == "/api/v1/subscribers/Grace@example.org"
    assert made.json()["name"] == "Grace Hopper"
    installation.submit_all()
    assert installation.mailed() == ["Grace@example.org"]
    (mail,) = installation.mails()
    assert "/c/" in mail.get_body().get_content()
    (entry, *_) = api.get(f"/subscribers/{GRACE}/history").json()["items"]
    assert (entry["what"], entry["by"], entry["name"]) == ("joined", "staff", "test")
    assert entry["through"] == "API"


@pytest.mark.usefixtures("lists")
def test_with_a_consent_they_are_active_at_once_and_get_no_email(
    api: ApiClient, installation: Installation
) -> None:
    made = api.post("/subscribers", {"address": GRACE, "lists": ["daily", "weekly"], **CONSENT})
    assert states(made) == {"daily": "active", "weekly": "active"}
    assert installation.open_issues() == []


@pytest.mark.usefixtures("lists")
def test_somebody_who_is_known_is_not_made_again(api: ApiClient) -> None:
    body = {"address": GRACE, "lists": ["daily"]}
    api.post("/subscribers", body)
    assert kind_of(api.post("/subscribers", body)) == "already-exists"


@pytest.mark.usefixtures("lists")
def test_somebody_new_needs_a_list(api: ApiClient) -> None:
    needed = api.post("/subscribers", {"address": GRACE})
    assert kind_of(needed) == "invalid"
    assert needed.json()["errors"][0]["pointer"] == "/lists"
    unknown = api.post("/subscribers", {"address": GRACE, "lists": ["nonesuch"]})
    assert kind_of(unknown) == "unknown-reference"
    (place,) = unknown.json()["errors"]
    assert place == {"pointer": "/lists", "detail": "there is no list 'nonesuch'"}
    assert kind_of(api.get(f"/subscribers/{GRACE}")) == "not-found"


@pytest.mark.usefixtures("lists")
def test_an_upsert_makes_a_person_and_then_changes_them(
    api: ApiClient, installation: Installation
) -> None:
    made = api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], "tags": ["a", "b"], **CONSENT})
    assert (made.status_code, made.json()["tags"]) == (201, ["a", "b"])
    changed = api.put(
        f"/subscribers/{GRACE}",
        {"name": "Grace", "timezone": "Europe/Oslo", "language": "de", "tags": ["b", "c"]},
    )
    assert changed.status_code == 200
    found = changed.json()
    assert (found["name"], found["timezone"], found["language"]) == ("Grace", "Europe/Oslo", "de")
    assert (found["tags"], states(changed)) == (["b", "c"], {"daily": "active"})
    same = api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], "name": "Grace"})
    assert same.json() == found
    assert installation.open_issues() == []


@pytest.mark.usefixtures("lists")
def test_an_upsert_asks_nobody_twice_and_brings_nobody_back(
    api: ApiClient, installation: Installation
) -> None:
    for _ in range(3):
        assert states(api.put(f"/subscribers/{GRACE}", {"lists": ["daily"]}))["daily"] == "pending"
    installation.submit_all()
    assert installation.mailed() == [GRACE]
    api.post(f"/subscribers/{GRACE}/subscriptions/daily/end")
    left = api.put(f"/subscribers/{GRACE}", {"lists": ["daily"]})
    assert states(left) == {"daily": "ended"}
    refused = api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], **CONSENT})
    assert kind_of(refused) == "refused"
    installation.now += dt.timedelta(days=1)
    back = api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], "resubscribe": True, **CONSENT})
    assert states(back) == {"daily": "active"}
    installation.submit_all()
    assert installation.mailed() == [GRACE]


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize("path", ["", "/subscriptions/daily"])
def test_somebody_who_left_is_told_of_and_asked_once_if_that_is_wanted(
    api: ApiClient, installation: Installation, path: str
) -> None:
    api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], **CONSENT})
    installation.now += dt.timedelta(hours=1)
    api.post(f"/subscribers/{GRACE}/subscriptions/daily/end")
    given: dict[str, Any] = {} if path else {"lists": ["daily"]}

    def joined(**more: Any) -> Any:
        installation.now += dt.timedelta(hours=1)
        found = api.put(f"/subscribers/{GRACE}{path}", {**given, **more})
        assert found.status_code == 200
        installation.submit_all()
        return found.json() if path else found.json()["subscriptions"][0]

    silent = joined()
    assert (silent["state"], installation.mailed()) == ("ended", [])
    assert silent["note"].startswith("this ended on 2026-03-04, and adding them again changes")
    for _ in range(2):
        assert joined(resubscribe=True)["state"] == "ended"
        assert installation.mailed() == [GRACE]
    (mail,) = installation.mails()
    press_button(api.pages, api.pages.get(confirm_link(mail)).text)
    back = joined()
    assert (back["state"], back["note"]) == ("active", None)


@pytest.mark.usefixtures("lists")
def test_a_person_gets_another_address_and_is_told_at_the_old_one(
    api: ApiClient, installation: Installation
) -> None:
    api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], "tags": ["x"], **CONSENT})
    api.put(f"/subscribers/{ADA}", {"lists": ["daily"], **CONSENT})
    taken = api.post(f"/subscribers/{GRACE}/address", {"address": ADA})
    assert kind_of(taken) == "refused"
    new = {"address": "Hopper@example.org"}
    for _ in range(2):
        changed = api.post(f"/subscribers/{GRACE}/address", new, Idempotency_Key="once")
        assert (changed.json()["address"], changed.json()["tags"]) == (new["address"], ["x"])
    assert kind_of(api.get(f"/subscribers/{GRACE}")) == "not-found"
    installation.submit_all()
    assert installation.mailed() == [GRACE]


@pytest.mark.usefixtures("lists")
def test_it_is_explained_why_somebody_got_an_issue_or_not(
    api: ApiClient, installation: Installation
) -> None:
    for address in (GRACE, ADA):
        api.put(f"/subscribers/{address}", {"lists": ["daily"], **CONSENT})
    api.put("/briefs/keys/quay", {"title": "The Quay", "body": "Nobody left the quay."})
    api.post("/suppressions", {"address": ADA, "reason": "manual"})
    issue = api.post("/issues", {"lists": ["daily"], "briefs": [1], "subject": "S"}).json()["id"]
    api.post(f"/issues/{issue}/send", {})
    installation.submit_all()
    (got,) = api.get(f"/subscribers/{GRACE}/why").json()["issues"]
    assert (got["issue"], got["outcome"], got["list"]) == (issue, "accepted", "daily")
    assert got["submitted_at"] is not None
    why = api.get(f"/subscribers/{ADA}/why?issue={issue}").json()
    assert why["issues"][0]["outcome"] == "excluded"
    assert [each["reason"] for each in why["suppressions"]] == ["manual"]
    assert kind_of(api.get("/subscribers/nobody@example.org/why")) == "not-found"


@pytest.mark.usefixtures("lists")
def test_nothing_is_explained_of_who_was_erased_while_an_email_is_on_its_way(
    api: ApiClient, installation: Installation
) -> None:
    api.put(f"/subscribers/{GRACE}", {"lists": ["daily"]})
    (waiting,) = api.get(f"/subscribers/{GRACE}/why").json()["issues"]
    assert (waiting["kind"], waiting["outcome"]) == ("notice", "pending")
    assert api.delete(f"/subscribers/{GRACE}").status_code == 204
    assert kind_of(api.get(f"/subscribers/{GRACE}/why")) == "not-found"


@pytest.mark.usefixtures("lists")
def test_a_refused_upsert_changes_nothing(api: ApiClient) -> None:
    api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], **CONSENT})
    before = api.get(f"/subscribers/{GRACE}").json()
    bad = api.put(f"/subscribers/{GRACE}", {"lists": ["weekly"], "timezone": "Mars", **CONSENT})
    assert kind_of(bad) == "invalid"
    assert bad.json()["errors"][0]["pointer"] == "/timezone"
    assert api.get(f"/subscribers/{GRACE}").json() == before


@pytest.mark.usefixtures("lists")
def test_a_change_is_made_only_to_the_version_that_was_read(api: ApiClient) -> None:
    etag = api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], **CONSENT}).headers["etag"]
    assert api.get(f"/subscribers/{GRACE}").headers["etag"] == etag
    changed = api.patch(f"/subscribers/{GRACE}", {"name": "G"}, If_Match=etag)
    assert changed.json()["name"] == "G"
    refused = api.post(f"/subscribers/{GRACE}/tags", {"add": ["x"]}, If_Match=etag)
    assert kind_of(refused) == "version-changed"
    only_new = api.put(f"/subscribers/{GRACE}", {"name": "H"}, If_None_Match="*")
    assert kind_of(only_new) == "version-changed"
    new = api.put("/subscribers/ada@example.org", {"lists": ["daily"]}, If_None_Match="*")
    assert new.status_code == 201


@pytest.mark.usefixtures("lists")
def test_somebody_unknown_is_not_changed(api: ApiClient) -> None:
    assert kind_of(api.patch(f"/subscribers/{GRACE}", {"name": "G"})) == "not-found"
    assert kind_of(api.get("/subscribers/nonsense")) == "not-found"
    assert kind_of(api.put("/subscribers/nonsense", {"lists": ["daily"]})) == "invalid"
    assert kind_of(api.delete(f"/subscribers/{GRACE}")) == "not-found"


@pytest.mark.usefixtures("lists")
def test_subscribers_are_found_by_list_state_tag_and_time(
    api: ApiClient, installation: Installation
) -> None:
    for name, slug in (("a", "daily"), ("b", "daily"), ("c", "weekly")):
        body = {"lists": [slug], "tags": ["even"] if name == "b" else [], **CONSENT}
        api.put(f"/subscribers/{name}@example.org", body)
    installation.now += dt.timedelta(hours=1)
    api.post("/subscribers/a@example.org/subscriptions/daily/end")

    def found(query: str) -> list[str]:
        items = api.get(f"/subscribers?{query}").json()["items"]
        return [each["address"].partition("@")[0] for each in items]

    assert found("") == ["a", "b", "c"]
    assert found("list=daily") == ["a", "b"]
    assert found("list=daily&status=active") == ["b"]
    assert found("status=ended") == ["a"]
    assert found("tag=even") == ["b"]
    since = (installation.now - dt.timedelta(minutes=1)).isoformat().replace("+", "%2B")
    assert found(f"changed_since={since}") == ["a"]
    assert kind_of(api.get("/subscribers?list=nonesuch")) == "unknown-reference"
    assert kind_of(api.get("/subscribers?changed_since=today")) == "invalid"


@pytest.mark.usefixtures("lists")
def test_subscribers_are_found_by_text_and_rule_counted_and_ordered(
    api: ApiClient, installation: Installation
) -> None:
    labels = {"en": "Edition"}
    fields.add(installation.app, "edition", "text", labels=labels, by=OPERATOR)
    for name, edition in (("c", "late"), ("a", "early"), ("b", "late")):
        body = {"lists": ["daily"], "name": name * 3, "fields": {"edition": edition}, **CONSENT}
        api.put(f"/subscribers/{name}@example.org", body)

    def found(query: str) -> list[str]:
        items = api.get(f"/subscribers?{query}").json()["items"]
        return [each["address"].partition("@")[0] for each in items]

    assert found("text=bbb") == found("text=B@example") == found("begins=b") == ["b"]
    assert found("rule=edition+%3D+late") == ["c", "b"]
    assert found("rule=edition+%3D+late&order=newest") == ["b", "c"]
    assert found("rule=edition+%3D+late&list=weekly") == []
    first = api.get("/subscribers?order=address&limit=2&total=true").json()
    assert ([each["address"][0] for each in first["items"]], first["total"]) == (["a", "b"], 3)
    assert found(f"order=address&total=true&cursor={first['next']}") == ["c"]
    page = api.get("/subscribers?order=newest&limit=1").json()
    assert page["total"] is None
    assert found(f"order=newest&cursor={page['next']}") == ["a", "c"]
    wrong = api.get("/subscribers?rule=edition+is")
    assert (kind_of(wrong), wrong.json()["errors"][0]["parameter"]) == ("invalid", "rule")
    assert kind_of(api.get("/subscribers?rule=tag+has+x&segment=y")) == "invalid"


@pytest.mark.usefixtures("lists")
def test_a_token_for_some_lists_finds_nobody_by_a_rule(
    installation: Installation, pages: TestClient
) -> None:
    api = ApiClient(pages, token_for(installation, name="daily", lists=["daily"]))
    assert kind_of(api.get("/subscribers?rule=on+list+weekly")) == "forbidden"
    assert api.get("/subscribers?text=a&total=true").json()["total"] == 0


@pytest.mark.usefixtures("lists")
def test_pages_of_subscribers_are_stable(api: ApiClient, installation: Installation) -> None:
    installation.subscribe([f"r{number}@example.org" for number in range(5)])
    first = api.get("/subscribers?list=daily&limit=2").json()
    api.delete(f"/subscribers/{first['items'][0]['address']}")
    installation.subscribe(["aaa@example.org"])
    second = api.get(f"/subscribers?list=daily&limit=4&cursor={first['next']}").json()
    found = [each["address"] for each in second["items"]]
    assert found == ["r2@example.org", "r3@example.org", "r4@example.org", "aaa@example.org"]
    assert second["next"] is None


@pytest.mark.usefixtures("lists")
def test_tags_notes_and_history_belong_to_a_person(api: ApiClient) -> None:
    api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], **CONSENT})
    tagged = api.post(f"/subscribers/{GRACE}/tags", {"add": ["x", "y"]})
    assert tagged.json()["tags"] == ["x", "y"]
    assert api.post(f"/subscribers/{GRACE}/tags", {"remove": ["x"]}).json()["tags"] == ["y"]
    for text in ("first", "second", "third"):
        assert api.post(f"/subscribers/{GRACE}/notes", {"text": text}).status_code == 201
    page = api.get(f"/subscribers/{GRACE}/notes?limit=2").json()
    rest = api.get(f"/subscribers/{GRACE}/notes?cursor={page['next']}").json()
    assert [each["text"] for each in page["items"] + rest["items"]] == ["first", "second", "third"]
    assert page["items"][0]["by"] == "test"
    history = api.get(f"/subscribers/{GRACE}/history").json()["items"]
    assert [each["what"] for each in history][:2] == ["joined", "changed"]
    data = api.get(f"/subscribers/{GRACE}/data").json()["data"]
    assert data["address"] == GRACE


@pytest.mark.usefixtures("lists")
def test_an_erased_person_stands_in_no_stored_response(
    api: ApiClient, installation: Installation
) -> None:
    body = {"address": GRACE, "lists": ["daily"], **CONSENT}
    api.post("/subscribers", body, Idempotency_Key="make")
    assert api.delete(f"/subscribers/{GRACE}", Idempotency_Key="erase").status_code == 204
    assert kind_of(api.get(f"/subscribers/{GRACE}")) == "not-found"
    assert kind_of(api.post("/subscribers", body, Idempotency_Key="make")) == "response-erased"
    again = api.delete(f"/subscribers/{GRACE}", Idempotency_Key="erase")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (204, "true")


@pytest.mark.usefixtures("lists")
def test_a_token_that_may_only_write_can_make_people_but_not_read_them(
    installation: Installation, pages: TestClient
) -> None:
    installation.subscribe([ADA])
    api = ApiClient(pages, token_for(installation, [Permission.PEOPLE_WRITE]))
    assert api.post("/subscribers", {"address": GRACE, "lists": ["daily"]}).status_code == 201
    for response in (
        api.get(f"/subscribers/{ADA}"),
        api.get("/subscribers"),
        api.put(f"/subscribers/{ADA}", {"name": "A"}),
        api.patch(f"/subscribers/{ADA}", {}),
        api.delete(f"/subscribers/{ADA}"),
        api.get(f"/subscribers/{ADA}/data"),
    ):
        assert kind_of(response) == "forbidden"


@pytest.mark.usefixtures("lists")
def test_values_of_fields_keep_their_types_in_answers(
    api: ApiClient, installation: Installation
) -> None:
    options = [FieldOption(key="red"), FieldOption(key="blue")]
    for name, kind in (("n", "number"), ("b", "boolean"), ("c", "choices"), ("d", "date")):
        own = options if kind == "choices" else ()
        fields.add(installation.app, name, kind, labels={"en": name}, options=own, by=OPERATOR)
    given = {"n": 1.25, "b": True, "c": ["blue", "red"], "d": "2026-12-24"}
    made = api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], "fields": given, **CONSENT})
    stored = {**given, "c": ["red", "blue"]}
    assert made.json()["fields"] == stored
    assert api.get("/subscribers").json()["items"][0]["fields"] == stored
    whole = api.patch(f"/subscribers/{GRACE}", {"fields": {"n": 5}}).json()["fields"]["n"]
    assert (whole, type(whole)) == (5, int)
    changed = api.patch(f"/subscribers/{GRACE}", {"fields": {"n": None, "b": False}})
    assert changed.json()["fields"] == {"b": False, "c": ["red", "blue"], "d": "2026-12-24"}
    unknown = api.patch(f"/subscribers/{GRACE}", {"fields": {"other": 1}})
    assert kind_of(unknown) == "unknown-reference"
    (place,) = unknown.json()["errors"]
    assert place == {"pointer": "/fields/other", "detail": "there is no field 'other'"}
    for field, value in {"language": "klingon", "name": "a\nb"}.items():
        (place,) = api.patch(f"/subscribers/{GRACE}", {field: value}).json()["errors"]
        assert place["pointer"] == f"/{field}"


@pytest.mark.usefixtures("lists")
def test_every_bad_value_of_a_field_is_reported_at_its_place(
    api: ApiClient, installation: Installation
) -> None:
    for name, kind in (("n", "number"), ("d", "date"), ("t", "text")):
        fields.add(installation.app, name, kind, labels={"en": name}, by=OPERATOR)
    bad = {"n": "many", "d": "soon", "t": "as it should be"}
    refused = api.put(f"/subscribers/{GRACE}", {"lists": ["daily"], "fields": bad, **CONSENT})
    assert kind_of(refused) == "invalid"
    assert {each["pointer"]: each["detail"] for each in refused.json()["errors"]} == {
        "/fields/n": "n: 'many' is not a number: write one such as 1.5",
        "/fields/d": "d: 'soon' is not a date: write year, month and day, such as 2026-12-24",
    }
    assert api.get(f"/subscribers/{GRACE}").status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00%2B01:00"])
def test_a_time_that_no_year_holds_in_utc_is_not_valid(api: ApiClient, time: str) -> None:
    assert kind_of(api.get(f"/subscribers?changed_since={time}")) == "invalid"


def test_an_address_with_a_slash_has_a_path(api: ApiClient, installation: Installation) -> None:
    installation.add_list("daily")
    path = "/subscribers/ada%2Fharbour%25@example.org"
    assert api.put(path, {"lists": ["daily"], "consent": "in a test"}).status_code == 201
    assert api.get(path).json()["address"] == "ada/harbour%@example.org"
    assert api.get(f"{path}/subscriptions/daily").json()["state"] == "active"
    assert api.get("/subscribers/ada/harbour@example.org").status_code == 404
