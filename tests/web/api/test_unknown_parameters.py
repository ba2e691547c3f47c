"""
A parameter that an operation does not have is refused, so that no misspelled filter is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from web_samples import TestClient

from newsletter.web.api.application import all_nouns, document
from newsletter.web.api.operations import PREFIX, Operation

PATHS = document().content["paths"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def all_operations() -> Iterator[Operation]:
    for noun in all_nouns():
        yield from noun.operations


def documented(operation: Operation) -> list[str]:
    described = PATHS[operation.path][operation.method.lower()]
    return [each["name"] for each in described["parameters"] if each["in"] == "query"]


def call(api: ApiClient, operation: Operation, query: str) -> Any:
    path = re.sub(r"\{\w+\}", "1", operation.path.removeprefix(PREFIX))
    return api(operation.method, f"{path}?{query}")


def test_no_operation_ignores_a_parameter(api: ApiClient) -> None:
    for operation in all_operations():
        refused = call(api, operation, "limt=10")
        assert refused.status_code == 422, operation
        assert kind_of(refused) == "invalid"
        taken = ", ".join(documented(operation)) or "none"
        detail = f"there is no parameter 'limt': this address takes {taken}"
        assert refused.json()["detail"] == detail
        assert refused.json()["errors"] == [{"detail": detail, "parameter": "limt"}]


def test_each_unknown_parameter_is_named_once_and_in_one_line(api: ApiClient) -> None:
    for query, names in (
        ("limt=1&limit=1&curser=x&limt=2", ["limt", "curser"]),
        ("Limit=1", ["Limit"]),
        ("limit%5B%5D=1", ["limit[]"]),
        ("a%0Ab=1", ["a\nb"]),
        ("=1", [""]),
        ("&".join(f"a{n}=" for n in range(1_000)), [f"a{n}" for n in range(100)]),
    ):
        refused = api.get(f"/lists?{query}")
        assert kind_of(refused) == "invalid"
        assert [each["parameter"] for each in refused.json()["errors"]] == names


def test_a_repeated_parameter_is_refused(api: ApiClient) -> None:
    refused = api.get("/lists?limit=1&limit=2")
    assert kind_of(refused) == "invalid"
    detail = "limit is given 2 times: give it once"
    assert refused.json()["errors"] == [{"detail": detail, "parameter": "limit"}]


def test_who_may_not_call_an_operation_does_not_learn_its_parameters(
    installation: Installation, pages: TestClient
) -> None:
    small = ApiClient(pages, token_for(installation, ["lists:read"]))
    assert kind_of(small.get("/audit?limt=10")) == "forbidden"
    assert kind_of(ApiClient(pages, "nl_no").get("/lists?limt=10")) == "no-token"


def test_a_refused_write_has_changed_nothing(api: ApiClient) -> None:
    body = {"slug": "daily", "name": "Daily"}
    assert kind_of(api.post("/lists?dry_run=true", body, Idempotency_Key="k")) == "invalid"
    assert api.get("/lists").json()["items"] == []
    assert api.post("/lists", body, Idempotency_Key="k").status_code == 201


def test_the_document_of_the_api_takes_any_parameter(pages: TestClient) -> None:
    assert pages.get("/api/openapi.json?version=7").status_code == 200
