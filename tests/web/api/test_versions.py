"""
ETags: nobody overwrites what they have not seen, and nothing is sent that the client has.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from api_client import ApiClient, kind_of

DAILY = {"slug": "daily", "name": "Daily"}


def test_a_change_of_another_version_is_refused(api: ApiClient) -> None:
    first = api.post("/lists", DAILY).headers["etag"]
    second = api.patch("/lists/daily", {"name": "Two"}, If_Match=first).headers["etag"]
    refused = api.patch("/lists/daily", {"name": "Three"}, If_Match=first)
    assert kind_of(refused) == "version-changed"
    assert refused.headers["etag"] == second
    assert api.get("/lists/daily").json()["name"] == "Two"
    assert kind_of(api.delete("/lists/daily", If_Match=first)) == "version-changed"
    assert api.delete("/lists/daily", If_Match=f'"x", {second}').status_code == 204


def test_a_weak_version_allows_no_change_and_a_star_any(api: ApiClient) -> None:
    etag = api.post("/lists", DAILY).headers["etag"]
    assert kind_of(api.patch("/lists/daily", {}, If_Match=f"W/{etag}")) == "version-changed"
    assert api.patch("/lists/daily", {}, If_Match="*").status_code == 200


def test_what_the_client_has_is_not_sent_again(api: ApiClient) -> None:
    api.post("/lists", DAILY)
    etag = api.get("/lists/daily").headers["etag"]
    same = api.get("/lists/daily", If_None_Match=f'"x", W/{etag}')
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    page = api.get("/lists").headers["etag"]
    assert api.get("/lists", If_None_Match=page).status_code == 304
    api.patch("/lists/daily", {"name": "New"})
    assert api.get("/lists/daily", If_None_Match=etag).status_code == 200
    assert api.get("/lists", If_None_Match=page).status_code == 200


def test_of_many_changes_of_one_version_one_is_made(api: ApiClient) -> None:
    etag = api.post("/lists", DAILY).headers["etag"]

    def change(number: int) -> int:
        body = {"name": f"Name {number}"}
        status: int = api.patch("/lists/daily", body, If_Match=etag).status_code
        return status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(change, range(16)))
    assert statuses == [200, *[412] * 15]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_version_of_what_does_not_exist_changes_nothing(api: ApiClient) -> None:
    ada = "/subscribers/ada@example.org"
    for version in ('"x"', "*", 'W/"x"'):
        unknown = api.patch("/lists/daily", {"name": "D"}, If_Match=version)
        assert kind_of(unknown) == "not-found"
        assert kind_of(api.delete(ada, If_Match=version)) == "not-found"
        ended = api.post("/subscribers/x/subscriptions/y/end", If_Match=version)
        assert kind_of(ended) == "not-found"
        made = api.put(ada, {"lists": ["daily"]}, If_Match=version)
        assert kind_of(made) == "version-changed"
        assert kind_of(api.put("/subscribers/x", {}, If_Match=version)) == "invalid"
