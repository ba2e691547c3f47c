"""
A token that is limited to some lists never sees or changes what belongs to others: the answer is
that of what does not exist.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from web_samples import ADA, TestClient

GRACE = "grace@example.org"
CONSENT = {"consent": "in a test"}


@pytest.fixture
def limited(installation: Installation, pages: TestClient) -> ApiClient:
    """
    A token for the daily list. Ada is on the weekly one, and Grace on both.
    """
    for slug in ("daily", "weekly"):
        installation.add_list(slug)
        installation.subscribe([GRACE], slug)
    installation.subscribe([ADA], "weekly")
    return ApiClient(pages, token_for(installation, lists=["daily"]))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/lists/{slug}", None),
        ("PATCH", "/lists/{slug}", {"name": "Mine"}),
        ("DELETE", "/lists/{slug}", None),
        ("GET", "/lists/{slug}/counts", None),
        ("GET", "/lists/{slug}/health", None),
        ("POST", "/lists/{slug}/hold", {"reason": "mine"}),
        ("POST", "/lists/{slug}/release", None),
        ("GET", "/subscribers/{address}", None),
        ("PATCH", "/subscribers/{address}", {"name": "Mine"}),
        ("DELETE", "/subscribers/{address}", None),
        ("GET", "/subscribers/{address}/data", None),
        ("GET", "/subscribers/{address}/history", None),
        ("GET", "/subscribers/{address}/notes", None),
        ("POST", "/subscribers/{address}/notes", {"text": "mine"}),
        ("POST", "/subscribers/{address}/tags", {"add": ["mine"]}),
        ("GET", "/subscribers/{address}/subscriptions/{slug}", None),
        ("PUT", "/subscribers/{address}/subscriptions/{slug}", CONSENT),
        ("POST", "/subscribers/{address}/subscriptions/{slug}/end", None),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_out_of_reach_is_answered_as_what_does_not_exist(
    limited: ApiClient, method: str, path: str, body: Any
) -> None:
    hidden = limited(method, path.format(slug="weekly", address=ADA), body)
    unknown = limited(method, path.format(slug="nonesuch", address="nobody@example.org"), body)
    assert kind_of(hidden) == "not-found"
    assert hidden.content == unknown.content


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_list_out_of_reach_is_refused_as_an_unknown_one(limited: ApiClient) -> None:
    for slug in ("weekly", "nonesuch"):
        new = limited.post("/subscribers", {"address": "new@example.org", "lists": [slug]})
        assert kind_of(new) == "unknown-reference"
        both = limited.put(f"/subscribers/{GRACE}", {"lists": ["daily", slug], **CONSENT})
        assert kind_of(both) in ("unknown-reference", "not-found")
        bulk = {"list": slug, "rows": [{"address": "new@example.org"}]}
        assert kind_of(limited.post("/bulk/subscribers", bulk)) == "unknown-reference"
        assert kind_of(limited.get(f"/subscribers?list={slug}")) == "unknown-reference"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_people_on_its_lists_are_shown_and_only_those_subscriptions(
    limited: ApiClient,
) -> None:
    for path in ("/subscribers", "/subscribers?status=active", "/subscribers?list=daily"):
        (found,) = limited.get(path).json()["items"]
        assert found["address"] == GRACE
        assert [each["list"] for each in found["subscriptions"]] == ["daily"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_somebody_who_is_also_elsewhere_only_the_subscription_is_changed(
    limited: ApiClient, installation: Installation, pages: TestClient
) -> None:
    everything = ApiClient(pages, token_for(installation, name="everything"))
    before = everything.get(f"/subscribers/{GRACE}").json()
    rows = [{"address": GRACE, "name": "Mine", "tags": ["mine"]}]
    done = limited.post("/bulk/subscribers", {"list": "daily", "rows": rows, **CONSENT})
    assert done.json()["rows"][0]["result"] == "unchanged"
    assert kind_of(limited.patch(f"/subscribers/{GRACE}", {"name": "Mine"})) == "not-found"
    assert everything.get(f"/subscribers/{GRACE}").json() == before
    assert limited.post(f"/subscribers/{GRACE}/subscriptions/daily/end").status_code == 204


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_segment_shows_nobody_who_is_on_no_list_of_the_token(limited: ApiClient) -> None:
    rule = "on list daily or not on list daily"
    limited.post("/segments", {"name": "mine", "rule": rule, "list": "daily"})
    assert kind_of(limited.patch("/segments/mine", {"list": ""})) == "refused"
    sampled = limited.get("/segments/mine/sample").json()["people"]
    assert [each["address"] for each in sampled] == [GRACE]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_segment_of_no_list_is_out_of_reach_whatever_its_rule_names(
    limited: ApiClient, installation: Installation, pages: TestClient
) -> None:
    everything = ApiClient(pages, token_for(installation, name="everything"))
    rule = "on list daily or not on list daily"
    everything.post("/segments", {"name": "all", "rule": rule})
    for path in ("/segments/all", "/segments/all/sample", "/segments/all/counts"):
        assert kind_of(limited.get(path)) == "not-found"
    assert limited.get("/segments").json()["items"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_parts_of_a_rule_are_counted_on_its_list_alone(limited: ApiClient) -> None:
    rule = f'not on list daily or email = "{ADA}" or email = "{GRACE}"'
    limited.post("/segments", {"name": "mine", "rule": rule, "list": "daily"})
    explained = limited.get("/segments/mine/explanation").json()
    assert (explained["everybody"], explained["people"]) == (1, 1)
    (ada,) = [each for each in explained["parts"] if ADA in each["words"]]
    assert ada["people"] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_rule_names_no_issue_to_a_list_out_of_reach(
    limited: ApiClient, installation: Installation
) -> None:
    number = installation.add_issue("Private", lists=("weekly",))
    for unknown in (number, number + 1):
        rule = {"name": "mine", "rule": f"mailed issue {unknown}", "list": "daily"}
        assert kind_of(limited.post("/segments", rule)) == "invalid"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_changed_on_a_list_out_of_reach_is_no_change(
    limited: ApiClient, installation: Installation, pages: TestClient
) -> None:
    everything = ApiClient(pages, token_for(installation, name="everything"))
    installation.now += dt.timedelta(days=1)
    since = f"/subscribers?changed_since={installation.now:%Y-%m-%dT%H:%M:%SZ}"
    everything.post(f"/subscribers/{GRACE}/subscriptions/weekly/end")
    assert len(everything.get(since).json()["items"]) == 1
    assert limited.get(since).json()["items"] == []
