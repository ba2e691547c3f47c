"""
Staff, tokens and the audit trail by the API: nothing by which a token gets more than it has.
"""

from __future__ import annotations

import datetime as dt

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from staff_samples import EVE, add_member
from web_samples import TestClient

from newsletter.actions.access import tokens
from newsletter.model.access import Permission, Role

INVITED = {"address": "bob@example.org", "role": "author", "name": "Bob"}


def test_a_token_is_asked_what_it_may_do(installation: Installation, pages: TestClient) -> None:
    installation.add_list("daily")
    text = token_for(installation, ["people:read", "lists:read"], lists=["daily"])
    found = ApiClient(pages, text).get("/me").json()
    assert found["scopes"] == ["lists:read", "people:read"]
    assert found["lists"] == ["daily"]
    assert found["name"] == "test"


def test_a_token_is_made_used_listed_and_revoked(api: ApiClient, pages: TestClient) -> None:
    made = api.post("/tokens", {"name": "shop", "scopes": ["lists:read"]})
    assert made.status_code == 201
    token = made.json()["token"]
    shop = ApiClient(pages, made.json()["secret"])
    assert shop.get("/lists").status_code == 200
    assert [each["name"] for each in api.get("/tokens").json()["items"]] == ["shop", "test"]
    assert api.post(f"/tokens/{token['id']}/revoke").status_code == 204
    assert kind_of(shop.get("/lists")) == "no-token"
    assert api.get(f"/tokens/{token['id']}").json()["revoked_at"] is not None


def test_what_was_made_with_a_token_is_revoked_with_it(api: ApiClient, pages: TestClient) -> None:
    asked = {"scopes": ["tokens:write", "lists:read"]}
    clients = [api]
    for name in ("first", "second", "third"):
        made = clients[-1].post("/tokens", {"name": name, **asked}).json()
        clients.append(ApiClient(pages, made["secret"]))
    other = ApiClient(pages, api.post("/tokens", {"name": "other", **asked}).json()["secret"])
    first = api.get("/tokens").json()["items"][-2]
    assert (first["name"], first["created_by"]) == ("first", "a person")
    assert api.post(f"/tokens/{first['id']}/revoke").status_code == 204
    assert [each.get("/lists").status_code for each in clients] == [200, 401, 401, 401]
    assert other.get("/lists").status_code == 200


def test_a_token_never_makes_one_that_may_do_more(
    installation: Installation, pages: TestClient
) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    scopes = ["tokens:write", "lists:read"]
    ends = dt.timedelta(days=7)
    small = ApiClient(pages, token_for(installation, scopes, lists=["daily"], lifetime=ends))
    for more in (
        {"scopes": ["people:read"]},
        {"scopes": ["lists:read"], "lists": ["weekly"]},
        {"scopes": ["lists:read"], "expires_at": "2099-01-01T00:00:00Z"},
    ):
        assert kind_of(small.post("/tokens", {"name": "more", **more})) == "refused"
    made = small.post("/tokens", {"name": "same", "scopes": ["lists:read"]}).json()["token"]
    assert made["lists"] == ["daily"]
    assert dt.datetime.fromisoformat(made["expires_at"]) == installation.now + ends


def test_the_secret_of_a_new_token_is_not_stored_with_the_idempotency_key(
    api: ApiClient, installation: Installation
) -> None:
    body = {"name": "shop", "scopes": ["lists:read"]}
    assert api.post("/tokens", body, Idempotency_Key="k").status_code == 201
    again = api.post("/tokens", body, Idempotency_Key="k")
    assert kind_of(again) == "response-erased"
    with installation.app.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT body FROM api_response").scalars().all()
    assert stored == [None]


def test_staff_are_invited_changed_reset_and_removed(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    invited = api.post("/staff", {**INVITED, "lists": ["daily"]})
    assert invited.status_code == 201, invited.text
    assert invited.json()["state"] == "invited"
    add_member(installation)
    assert [each["address"] for each in api.get("/staff").json()["items"]] == [
        "bob@example.org", EVE,
    ]  # fmt: skip
    changed = api.patch("/staff/bob@example.org", {"role": "editor"}).json()
    assert (changed["role"], changed["lists"]) == ("editor", ["daily"])
    assert api.patch("/staff/bob@example.org", {"lists": None}).json()["lists"] is None
    assert kind_of(api.post("/staff/bob@example.org/reset", {})) == "refused"
    assert api.post(f"/staff/{EVE}/reset", {"factors": True}).status_code == 200
    assert kind_of(api.delete(f"/staff/{EVE}")) == "refused"
    assert api.delete("/staff/bob@example.org").json() == {"schedules": [], "without_editors": []}
    assert kind_of(api.get("/staff/bob@example.org")) == "not-found"


def test_a_token_cannot_make_somebody_more_than_it_is(
    installation: Installation, pages: TestClient
) -> None:
    add_member(installation)
    scopes = [*Role.AUTHOR.permissions, Permission.STAFF_READ, Permission.STAFF_WRITE]
    small = ApiClient(pages, token_for(installation, scopes))
    assert small.post("/staff", INVITED).status_code == 201
    for role in ("owner", "editor", "people"):
        more = small.post("/staff", {**INVITED, "address": "more@example.org", "role": role})
        assert kind_of(more) == "forbidden"
        assert kind_of(small.patch("/staff/bob@example.org", {"role": role})) == "forbidden"
    assert kind_of(small.get("/staff/more@example.org")) == "not-found"


def test_the_audit_trail_is_read_in_pages_and_checked(api: ApiClient) -> None:
    for slug in ("daily", "weekly", "monthly"):
        api.post("/lists", {"slug": slug, "name": slug})
    first = api.get("/audit?action=list.add&limit=2").json()
    assert [each["object_id"] for each in first["items"]] == ["monthly", "weekly"]
    rest = api.get(f"/audit?action=list.add&limit=2&cursor={first['next']}").json()
    (last,) = rest["items"]
    assert (last["object_id"], last["actor"], last["channel"]) == ("daily", "test", "API")
    assert rest["next"] is None
    assert api.get("/audit/check").json()["problems"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/audit", "/audit/check", "/staff", "/tokens", "/webhooks"])
def test_what_belongs_to_no_list_is_out_of_reach_of_a_token_with_lists(
    installation: Installation, pages: TestClient, path: str
) -> None:
    installation.add_list("daily")
    limited = ApiClient(pages, token_for(installation, lists=["daily"]))
    assert limited.get(path).status_code in (403, 404, 422)


def test_a_revoked_member_takes_their_tokens_with_them(
    installation: Installation, pages: TestClient
) -> None:
    add_member(installation)
    eve = add_member(installation, "eva@example.org").actor("")
    made = tokens.add(installation.app, "hers", by=eve, scopes=["lists:read", "staff:write"])
    hers = ApiClient(pages, made.text)
    assert hers.delete("/staff/eva@example.org").status_code in (200, 403, 404)
    assert kind_of(hers.get("/lists")) == "no-token"
