"""
Suppressions, requests, pending people, and acts on all whom a filter matches, by the API.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from web_samples import ADA, TestClient

from newsletter.actions.access import audit
from newsletter.actions.access.audit import AuditFilter
from newsletter.model.access import OPERATOR

GRACE = "grace@example.org"


@pytest.fixture
def daily(installation: Installation) -> Installation:
    installation.add_list("daily")
    installation.add_list("weekly")
    installation.subscribe([ADA, GRACE], "daily")
    return installation


def test_an_address_is_suppressed_shown_and_freed(api: ApiClient, daily: Installation) -> None:
    made = api.post("/suppressions", {"address": ADA, "note": "asked by phone"})
    assert made.status_code == 201
    path = made.headers["Location"].removeprefix("/api/v1")
    shown = api.get(path)
    assert shown.content == made.content
    assert shown.json()["suppressions"][0]["note"] == "asked by phone"
    assert kind_of(api.delete(f"{path}?list=daily")) == "not-found"
    assert api.delete(path, If_Match=shown.headers["ETag"]).status_code == 204
    assert kind_of(api.get(path)) == "not-found"


def test_suppressions_are_listed_in_pages_with_domains_and_hashes(
    api: ApiClient, daily: Installation
) -> None:
    for address in ("zoe@example.org", "@example.com", "*.example.net", "0" * 64):
        made = api.post("/suppressions", {"address": address})
        assert api.get(made.headers["Location"].removeprefix("/api/v1")).status_code == 200
    first = api.get("/suppressions?limit=3").json()
    rest = api.get(f"/suppressions?limit=3&cursor={first['next']}").json()
    found = [each["address"] for each in (*first["items"], *rest["items"])]
    assert found == ["zoe@example.org", "@example.com", "*.example.net", "0" * 64]
    assert rest["next"] is None


def test_a_file_of_suppressions_is_counted_then_imported(
    api: ApiClient, daily: Installation
) -> None:
    body: dict[str, Any] = {"file": {"name": "a.csv", "text": f"{ADA}\n@example.com\nnothing\n"}}
    tried = api.post("/suppressions/import", {**body, "dry_run": True}).json()
    assert (tried["addresses"], tried["domains"], tried["added"]) == (1, 1, 0)
    assert api.get("/suppressions").json()["items"] == []
    done = api.post("/suppressions/import", body, Idempotency_Key="k")
    again = api.post("/suppressions/import", body, Idempotency_Key="k")
    assert done.json()["added"] == 2
    assert again.content == done.content


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_suppressions_for_all_lists_are_out_of_reach_of_a_token_with_lists(
    api: ApiClient, daily: Installation, pages: TestClient
) -> None:
    api.post("/suppressions", {"address": ADA})
    api.post("/suppressions", {"address": ADA, "list": "weekly"})
    api.post("/suppressions", {"address": GRACE, "list": "daily"})
    limited = ApiClient(pages, token_for(daily, name="limited", lists=["daily"]))
    (seen,) = limited.get("/suppressions").json()["items"]
    assert seen["address"] == GRACE
    assert limited.get("/suppressions?list=weekly").json()["items"] == []
    assert kind_of(limited.get(f"/suppressions/{ADA}")) == "not-found"
    assert kind_of(limited.delete(f"/suppressions/{ADA}?list=weekly")) == "not-found"
    assert limited.post("/suppressions", {"address": ADA}).status_code in (403, 404, 422)
    own = limited.post("/suppressions", {"address": ADA, "list": "daily"})
    assert [each["list"] for each in own.json()["suppressions"]] == ["daily"]


def test_a_privacy_request_is_recorded_and_closed(api: ApiClient) -> None:
    made = api.post("/privacy-requests", {"kind": "access", "address": ADA})
    assert made.status_code == 201
    number = made.json()["id"]
    api.post("/privacy-requests", {"kind": "erasure", "address": GRACE})
    done = api.post(
        f"/privacy-requests/{number}/done",
        {"outcome": "sent a copy"},
        If_Match=made.headers["ETag"],
    )
    assert done.status_code == 200, done.text
    assert (done.json()["outcome"], done.json()["by"]) == ("sent a copy", "test")
    assert (made.json()["in_time"], done.json()["in_time"]) == (None, True)
    still_open = api.get("/privacy-requests?open=true").json()["items"]
    assert [each["kind"] for each in still_open] == ["erasure"]
    again = api.post(f"/privacy-requests/{number}/done", {"outcome": "again"})
    assert kind_of(again) == "not-found"
    assert kind_of(api.get("/privacy-requests/999")) == "not-found"


def test_pending_people_are_listed_asked_again_and_dropped(
    api: ApiClient, daily: Installation
) -> None:
    for number in range(3):
        body = {"address": f"p{number}@example.org", "lists": ["daily", "weekly"]}
        assert api.post("/subscribers", body).status_code == 201
    seen: list[tuple[str, str]] = []
    path, cursor = "/pending?limit=2", ""
    while cursor is not None:
        page = api.get(f"{path}&cursor={cursor}" if cursor else path).json()
        seen += [(each["address"], each["list"]) for each in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 6
    one = {"address": "p0@example.org", "list": "daily"}
    assert kind_of(api.post("/pending/resend", one)) == "refused"
    daily.now += dt.timedelta(days=2)
    assert api.post("/pending/resend", one).json() == {"asked": 1, "left": 0}
    assert api.post("/pending/resend", {"list": "weekly", "most": 2}).json() == {
        "asked": 2, "left": 0,
    }  # fmt: skip
    drop = {"older_than_days": 1, "list": "daily"}
    assert api.post("/pending/drop", {**drop, "dry_run": True}).json() == {"dropped": 3}
    assert api.post("/pending/drop", drop).json() == {"dropped": 3}
    assert len(api.get("/pending").json()["items"]) == 3


def test_a_run_that_asks_again_is_counted_started_shown_and_stopped(
    api: ApiClient, daily: Installation
) -> None:
    run = "/lists/daily/ask-again"
    daily.now += dt.timedelta(hours=1)
    assert kind_of(api.get(run)) == "not-found"
    assert api.get(f"{run}/counts?audience=all").json() == {"people": 2}
    started = api.post(run, {"audience": "all", "per_day": 1}, Idempotency_Key="k")
    assert (started.json()["state"], started.json()["people"]) == ("running", 2)
    assert api.post(run, {"audience": "all", "per_day": 1}, Idempotency_Key="k").json() == (
        started.json()
    )
    assert kind_of(api.post(run, {"audience": "all", "per_day": 1})) == "refused"
    assert api.get(run).json() == started.json()
    assert api.post(f"{run}/stop").json()["state"] == "stopped"
    assert kind_of(api.post(run, {"audience": "segment", "per_day": 1})) == "invalid"


def test_all_whom_a_filter_matches_are_tagged_moved_suppressed_and_unsubscribed(
    api: ApiClient, daily: Installation
) -> None:
    on_daily = {"which": {"list": "daily"}}
    tried = api.post("/bulk/tag", {**on_daily, "add": ["fair"], "dry_run": True}).json()
    assert tried == {"people": 2, "dry_run": True, "counts": {"changed": 2, "unchanged": 0}}
    assert api.get("/tags").json()["items"] == []
    done = api.post("/bulk/tag", {**on_daily, "add": ["fair"]}, Idempotency_Key="k").json()
    assert done["counts"] == {"changed": 2, "unchanged": 0}
    again = api.post("/bulk/tag", {**on_daily, "add": ["fair"]}, Idempotency_Key="k").json()
    assert again == done
    moved = api.post("/bulk/move", {"which": {"list": "daily", "text": "ada@"}, "to": "weekly"})
    assert moved.json()["counts"]["moved"] == 1
    tagged = {"which": {"tag": "fair"}}
    suppressed = api.post("/bulk/suppress", {**tagged, "list": "weekly"}).json()
    assert suppressed["counts"] == {"suppressed": 2, "already": 0}
    left = api.post("/bulk/unsubscribe", tagged).json()
    assert left["counts"]["left"] == 2
    assert kind_of(api.post("/bulk/tag", {"which": {}, "add": ["all"]})) == "refused"
    assert kind_of(api.post("/bulk/tag", {"which": {"tag": "no"}, "add": ["a"]})) in (
        "unknown-reference", "invalid",
    )  # fmt: skip


def test_people_who_are_read_in_small_pages_reach_the_audit_trail_too(
    api: ApiClient, daily: Installation
) -> None:
    daily.subscribe([f"reader{number}@example.org" for number in range(250)], "daily")

    def noted() -> list[Any]:
        which = AuditFilter(action="people.page")
        found = audit.entries(daily.app, which, limit=10, by=OPERATOR)
        return [each.changes["people"] for each in found]

    page = api.get("/subscribers?limit=100").json()
    assert noted() == []
    page = api.get(f"/subscribers?limit=100&cursor={page['next']}").json()
    assert noted() == [200]
    page = api.get(f"/subscribers?limit=100&cursor={page['next']}").json()
    assert page["next"] is None
    assert noted() == [200]
    api.get("/subscribers?limit=1000")
    assert noted() == [252, 200]


NOTICE = {"address": ADA, "subject": "Your order", "text": "It arrives on **Friday**."}


def test_a_notice_goes_to_one_address_once(api: ApiClient, daily: Installation) -> None:
    stranger = {**NOTICE, "address": "stranger@example.org"}
    for body in (NOTICE, stranger):
        sent = api.post("/notices", body, Idempotency_Key=body["address"])
        assert sent.status_code == 201, sent.text
        again = api.post("/notices", body, Idempotency_Key=body["address"])
        assert again.content == sent.content
    path = sent.headers["Location"].removeprefix("/api/v1")
    assert api.get(path).json()["state"] == "pending"
    daily.submit_all()
    assert api.get(path).json()["state"] == "accepted"
    assert sorted(daily.mailed()) == [ADA, "stranger@example.org"]
    mail = daily.mails()[0]
    assert mail["Subject"] == "Your order"
    html = mail.get_body(("html",)).get_content()
    assert re.search(r"<strong[^>]*>Friday</strong>", html)
    assert mail["List-Unsubscribe"] is None
    assert kind_of(api.get("/notices/999")) == "not-found"


def test_no_notice_goes_to_a_suppressed_address(api: ApiClient, daily: Installation) -> None:
    api.post("/suppressions", {"address": "@example.com"})
    api.post("/suppressions", {"address": GRACE})
    for address in (GRACE, "anybody@example.com"):
        assert kind_of(api.post("/notices", {**NOTICE, "address": address})) == "refused"
    known = api.post("/notices", NOTICE).headers["Location"].removeprefix("/api/v1")
    other = {**NOTICE, "address": "stranger@example.org"}
    unknown = api.post("/notices", other).headers["Location"].removeprefix("/api/v1")
    # Between the request and the call to the provider.
    for address in (ADA, "stranger@example.org"):
        api.post("/suppressions", {"address": address})
    daily.submit_all()
    assert daily.mailed() == []
    for path in (known, unknown):
        assert api.get(path).json()["state"] == "skipped"
        assert "suppressed" in api.get(path).json()["reason"]


def test_a_notice_is_forgotten_with_its_person(api: ApiClient, daily: Installation) -> None:
    path = api.post("/notices", NOTICE).headers["Location"].removeprefix("/api/v1")
    daily.submit_all()
    assert api.delete(f"/subscribers/{ADA}").status_code == 204
    assert api.get(path).json()["address"] is None
    with daily.app.database.read() as connection:
        for table, column in (("mail", "mail"), ("issue", "audience")):
            rows = connection.exec_driver_sql(f"SELECT {column} FROM {table}").scalars()
            assert not [row for row in rows if ADA in str(row) or "Friday" in str(row)]
    assert kind_of(api.post("/notices", NOTICE)) == "refused"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_notice_that_cannot_be_sent_as_typed_is_refused(
    api: ApiClient, daily: Installation
) -> None:
    assert kind_of(api.post("/notices", {**NOTICE, "text": "Dear %%name%%"})) == "invalid"
    assert kind_of(api.post("/notices", {**NOTICE, "text": "  "})) == "invalid"
    assert kind_of(api.post("/notices", {**NOTICE, "subject": "a\nb"})) == "invalid"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_notice_is_no_issue_that_can_be_rendered_or_sent(
    api: ApiClient, daily: Installation
) -> None:
    number = api.post("/notices", NOTICE).json()["id"]
    assert kind_of(api.get(f"/issues/{number}/preview")) == "refused"
    assert kind_of(api.post(f"/issues/{number}/send", {})) == "refused"
    assert kind_of(api.post(f"/issues/{number}/test", {"addresses": [ADA]})) == "refused"
