"""
Many subscribers at once by the API: each row has a result.
"""

from __future__ import annotations

from typing import Any

import pytest
from api_client import ApiClient, kind_of
from installation import Installation
from web_samples import ADA

CONSENT = "signed up in the shop"


def rows(count: int, **values: Any) -> list[dict[str, Any]]:
    return [{"address": f"r{number}@example.org", **values} for number in range(count)]


def results(response: Any) -> list[str]:
    assert response.status_code == 200, response.text
    return [each["result"] for each in response.json()["rows"]]


def test_each_row_has_a_result(api: ApiClient, installation: Installation) -> None:
    installation.add_list("daily")
    installation.subscribe([ADA, "gone@example.org", "erased@example.org"])
    installation.unsubscribe("gone@example.org")
    api.delete("/subscribers/erased@example.org")
    given = [
        {"address": "new@example.org", "name": "New", "tags": ["Shop"]},
        {"address": ADA, "name": "Ada Byron"},
        {"address": ADA.upper(), "name": "Other"},
        {"address": "gone@example.org", "name": "Gone"},
        {"address": "erased@example.org"},
        {"address": "nonsense"},
        {"address": "zone@example.org", "timezone": "Mars"},
        {"address": "field@example.org", "fields": {"nonesuch": 1}},
    ]
    response = api.post("/bulk/subscribers", {"list": "daily", "consent": CONSENT, "rows": given})
    assert results(response) == [
        "created", "unchanged", "repeated", "kept", "refused", "invalid", "invalid", "invalid",
    ]  # fmt: skip
    counts = {
        "created": 1, "unchanged": 1, "repeated": 1, "kept": 1, "refused": 1, "invalid": 3,
    }  # fmt: skip
    assert response.json()["counts"] == counts
    assert "no @" in response.json()["rows"][5]["detail"]
    new = api.get("/subscribers/new@example.org").json()
    assert (new["name"], new["tags"]) == ("New", ["shop"])
    assert new["subscriptions"][0]["state"] == "active"
    (entry, *_) = api.get("/subscribers/new@example.org/history").json()["items"]
    assert (entry["what"], entry["name"], entry["through"]) == ("imported", "test", "API")
    gone = api.get("/subscribers/gone@example.org").json()
    assert gone["subscriptions"][0]["state"] == "ended"


def test_a_second_time_nothing_changes(api: ApiClient, installation: Installation) -> None:
    installation.add_list("daily")
    body = {"list": "daily", "consent": CONSENT, "rows": rows(20, name="R", tags=["x"])}
    assert set(results(api.post("/bulk/subscribers", body))) == {"created"}
    assert set(results(api.post("/bulk/subscribers", body))) == {"unchanged"}
    body["rows"] = rows(20, name="S")
    assert set(results(api.post("/bulk/subscribers", body))) == {"updated"}
    assert api.get("/lists/daily/counts").json()["active"] == 20


def test_without_a_consent_they_are_pending_and_get_no_email(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    api.post("/bulk/subscribers", {"list": "daily", "rows": rows(3)})
    assert api.get("/lists/daily/counts").json()["pending"] == 3
    assert installation.open_issues() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_thousand_fit_in_one_request_and_no_more(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    body = {"list": "daily", "consent": CONSENT, "rows": rows(1001)}
    assert kind_of(api.post("/bulk/subscribers", body)) == "invalid"
    body["rows"] = rows(1000)
    assert set(results(api.post("/bulk/subscribers", body))) == {"created"}
    assert (
        kind_of(api.post("/bulk/subscribers", body | {"list": "nonesuch"})) == "unknown-reference"
    )
    assert kind_of(api.post("/bulk/subscribers", body | {"rows": []})) == "invalid"
