"""
What goes wrong is reported as a problem with a stable type.
"""

from __future__ import annotations

import json

import pytest
from api_client import ApiClient, kind_of
from web_samples import TestClient

DAILY = {"slug": "daily", "name": "Daily"}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def send(api: ApiClient, body: bytes, content_type: str = "application/json") -> object:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": content_type}
    return api.pages.post("/api/v1/lists", content=body, headers=headers)


@sqlite
@pytest.mark.parametrize("body", [b"{", b"nonsense", b"[1,]", b"\xff\xfe", b'{"a": NaN}', b"{}{}"])
def test_a_body_that_is_not_json_is_refused(api: ApiClient, body: bytes) -> None:
    assert kind_of(send(api, body)) == "invalid-json"


@sqlite
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_sent_as_json_is_refused(api: ApiClient, content_type: str) -> None:
    assert kind_of(send(api, b'{"slug": "daily", "name": "D"}', content_type)) == "not-json"


@sqlite
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"slug": "daily", "name": "a\\u0000b"}', "/name"),
        (b'{"slug": "daily", "name": "a\\ud800b"}', "/name"),
        (b'{"slug": "daily", "name": "D", "x\\u0000": 1}', ""),
        (b"[" * 60_000 + b"]" * 60_000, None),
        (b"[" * 30 + b"]" * 30, "/0" * 20),
        (json.dumps({f"f{n}": n for n in range(101)}).encode(), ""),
        (b'{"slug": "daily", "name": "D", "id": 7}', "/id"),
        (b'{"slug": "daily"}', "/name"),
        (b'{"slug": "daily", "name": 7}', "/name"),
        (b'{"slug": "Daily!", "name": "D"}', "/slug"),
        (b'{"slug": "daily", "name": "D", "timezone": "Mars/Olympus"}', "/timezone"),
        (b'{"slug": "daily", "name": "D", "opt_in": "none"}', "/opt_in"),
        (b'"text"', ""),
    ],
)
def test_the_field_that_is_not_valid_is_named(
    api: ApiClient, body: bytes, pointer: str | None
) -> None:
    response = send(api, body)
    if pointer is None:
        assert kind_of(response) in ("invalid", "invalid-json")
        return
    assert kind_of(response) == "invalid"
    assert [each["pointer"] for each in response.json()["errors"]] == [pointer]


@sqlite
def test_the_parameter_that_is_not_valid_is_named(api: ApiClient) -> None:
    for query in ("limit=0", "limit=1001", "limit=x", "cursor=nonsense", "cursor=%00"):
        response = api.get(f"/lists?{query}")
        assert kind_of(response) == "invalid"
        (error,) = response.json()["errors"]
        assert error["parameter"] == query.partition("=")[0]


@sqlite
def test_a_cursor_of_another_list_or_installation_is_refused(api: ApiClient) -> None:
    for slug in ("a", "b"):
        api.post("/lists", {"slug": slug, "name": slug})
    cursor = api.get("/audit?limit=1").json()["next"]
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for query in (f"cursor={changed}", f"cursor={cursor}&action=list.add"):
        refused = api.get(f"/audit?{query}")
        assert kind_of(refused) == "invalid"
        assert refused.json()["errors"][0]["parameter"] == "cursor"
    assert kind_of(api.get(f"/lists?cursor={cursor}")) == "invalid"
    assert api.get(f"/audit?cursor={cursor}&limit=7").status_code == 200


@sqlite
def test_what_is_unknown_and_what_has_no_address_are_answered_alike(api: ApiClient) -> None:
    unknown = api.get("/lists/nonesuch")
    no_such = api.get("/nonesuch")
    assert kind_of(unknown) == "not-found"
    assert unknown.content == no_such.content


@sqlite
def test_another_method_is_refused_and_the_right_ones_are_named(api: ApiClient) -> None:
    refused = api("TRACE", "/lists")
    assert kind_of(refused) == "method-not-allowed"
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    named = api("OPTIONS", "/lists/daily")
    assert (named.status_code, named.content) == (204, b"")
    assert named.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    spelled_out = api("OPTIONS", "/suppressions/export")
    assert spelled_out.headers["allow"] == "OPTIONS, POST"


@sqlite
def test_head_is_get_without_the_body(api: ApiClient) -> None:
    api.post("/lists", DAILY)
    shown, head = api.get("/lists/daily"), api("HEAD", "/lists/daily")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-length", "content-type"):
        assert head.headers[name] == shown.headers[name]


@sqlite
def test_a_large_body_is_refused(api: ApiClient) -> None:
    assert kind_of(send(api, b"[" + b" " * 2**20 + b"]")) == "too-large"


@sqlite
def test_another_host_is_refused_with_a_problem(api: ApiClient, pages: TestClient) -> None:
    response = pages.get("/api/v1/lists", headers={"Host": "other.example"})
    assert kind_of(response) == "wrong-host"


@sqlite
def test_every_response_is_private(api: ApiClient) -> None:
    response = api.get("/lists")
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in response.headers
