"""
Fields, tags and segments by the API.
"""

from __future__ import annotations

from typing import Any

from api_client import ApiClient, kind_of
from installation import Installation
from web_samples import ADA

EDITION = {
    "name": "edition",
    "type": "choice",
    "labels": {"en": "Edition"},
    "options": [{"key": "morning", "labels": {"en": "Morning"}}, {"key": "evening"}],
}


def names(response: Any) -> list[str]:
    return [each["name"] for each in response.json()["items"]]


def test_a_field_is_made_changed_counted_and_removed(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    installation.subscribe([ADA], "daily")
    made = api.post("/fields", EDITION)
    assert made.status_code == 201
    assert made.headers["Location"] == "/api/v1/fields/edition"
    assert kind_of(api.post("/fields", EDITION)) == "already-exists"
    changed = api.patch(
        "/fields/edition", {"labels": {"de": "Ausgabe"}}, If_Match=made.headers["ETag"]
    )
    assert changed.json()["labels"] == {"en": "Edition", "de": "Ausgabe"}
    assert changed.json()["options"] == [
        {"key": "morning", "labels": {"en": "Morning"}},
        {"key": "evening", "labels": {}},
    ]
    api.patch(f"/subscribers/{ADA}", {"fields": {"edition": "morning"}})
    assert api.get("/fields/edition/counts").json() == {"people": 1}
    assert names(api.get("/fields")) == ["edition"]
    assert api.delete("/fields/edition").status_code == 204
    assert kind_of(api.get("/fields/edition")) == "not-found"


def test_tags_are_listed_in_pages_renamed_and_removed(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    installation.subscribe([ADA], "daily")
    api.post(f"/subscribers/{ADA}/tags", {"add": ["press", "radio", "trial"]})
    first = api.get("/tags?limit=2").json()
    assert first["items"] == [{"name": "press", "people": 1}, {"name": "radio", "people": 1}]
    assert names(api.get(f"/tags?limit=2&cursor={first['next']}")) == ["trial"]
    assert api.patch("/tags/radio", {"name": "Broadcast"}).json()["name"] == "broadcast"
    assert kind_of(api.patch("/tags/press", {"name": "trial"})) == "already-exists"
    version = api.get("/tags/trial").headers["ETag"]
    assert kind_of(api.delete("/tags/trial", If_Match='"another"')) == "version-changed"
    assert names(api.get("/tags")) == ["broadcast", "press", "trial"]
    assert api.delete("/tags/trial", If_Match=version, Idempotency_Key="k").status_code == 204
    assert api.delete("/tags/trial", If_Match=version, Idempotency_Key="k").status_code == 204
    assert kind_of(api.delete("/tags/trial")) == "not-found"
    assert api.get(f"/subscribers/{ADA}").json()["tags"] == ["broadcast", "press"]


def test_a_segment_is_made_counted_explained_sampled_and_removed(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    installation.subscribe([ADA, "grace@example.org"], "daily")
    api.post(f"/subscribers/{ADA}/tags", {"add": ["press"]})
    rule = "tag has press"
    made = api.post("/segments", {"name": "press", "rule": rule, "list": "daily"})
    assert made.status_code == 201
    assert made.json()["list"] == "daily"
    assert api.get("/segments/press/counts").json() == {
        "people": 1, "active": 1, "unused_tags": {},
    }  # fmt: skip
    assert api.get("/segments/press/sample").json() == {
        "people": [{"address": ADA, "name": "Ada Byron"}]
    }
    explained = api.get("/segments/press/explanation").json()
    assert (explained["everybody"], explained["people"]) == (2, 1)
    assert api.get("/segments/press/uses").json() == {"issues": [], "schedules": []}
    counted = api.get("/rule-counts?rule=tag+has+pres").json()
    assert counted == {"people": 0, "active": 0, "unused_tags": {"pres": "press"}}
    changed = api.patch("/segments/press", {"rule": "state = active", "list": ""})
    assert changed.json()["list"] is None
    assert names(api.get("/segments")) == ["press"]
    assert api.delete("/segments/press").status_code == 204
    assert kind_of(api.get("/segments/press/counts")) == "not-found"


def test_a_rule_that_is_not_one_is_refused_with_its_field(api: ApiClient) -> None:
    refused = api.post("/segments", {"name": "press", "rule": "tag has"})
    assert kind_of(refused) == "invalid"
    assert refused.json()["errors"][0]["pointer"] == "/rule"
    unknown = api.post("/segments", {"name": "press", "rule": "tag has a", "list": "nonesuch"})
    assert kind_of(unknown) == "unknown-reference"
    assert unknown.json()["errors"][0]["pointer"] == "/list"
