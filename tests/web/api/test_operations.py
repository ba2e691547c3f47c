"""
Every operation of the API says what it needs and what its bodies are; nobody can add one that does
not.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from newsletter.model.access import Permission
from newsletter.web.api.application import Endpoint, OperationRoute, all_nouns, document
from newsletter.web.api.body import RequestBody, Resource, ResourcePage, ResponseBody, example_of
from newsletter.web.api.operations import PREFIX, Operation
from newsletter.web.api.requests.request_limits import RateClass

ROOT = Path(__file__).resolve().parents[3]
NOUNS = all_nouns()
OPERATIONS = [operation for noun in NOUNS for operation in noun.operations]
DOCUMENT = document()
# Names of fields that only the server sets.
OF_THE_SERVER = {
    "id", "created_at", "updated_at", "erased_at", "last_active_at", "since", "state", "staff_id",
    "token_id", "created_by", "held_reason",
}  # fmt: skip
ONLY_READ = {each for each in Permission if each.value.endswith((":read", ":export"))}
by_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}"
)


@by_operation
def test_an_operation_declares_what_it_needs(operation: Operation) -> None:
    # Any token may ask what it may do.
    assert operation.needs or operation.path == f"{PREFIX}/me"
    assert operation.needs <= set(Permission)
    assert operation.rate in RateClass
    assert operation.path.startswith(PREFIX + "/")
    first, *_ = operation.signature.parameters
    assert first == "call"
    if operation.is_write:
        reading = {each for each in ONLY_READ if each.value.endswith(":read")}
        assert not operation.needs <= reading, "a write needs a scope that changes"
    else:
        assert operation.needs <= ONLY_READ
        assert operation.request_model is None


@by_operation
def test_an_operation_has_a_sentence(operation: Operation) -> None:
    assert re.fullmatch(r"[A-Z][^.]+", operation.summary)


@by_operation
def test_the_body_of_a_request_is_strict_and_has_an_example(operation: Operation) -> None:
    model = operation.request_model
    if model is None:
        return
    assert model.EXAMPLE
    model.model_validate_json(json.dumps(model.EXAMPLE))
    for each in _all_models(model):
        assert issubclass(each, RequestBody), f"{each.__name__} is not a RequestBody"
        assert each.model_config.get("extra") == "forbid"
        assert not OF_THE_SERVER & set(each.model_fields), each.__name__
    _require_valid(model.EXAMPLE, f"{model.__name__}")


@by_operation
def test_the_body_of_a_response_has_an_example_with_every_field(operation: Operation) -> None:
    model = operation.response_model
    if model is None:
        assert operation.status == 204 or operation.file_types
        return
    assert issubclass(model, ResponseBody)
    example = example_of(model)
    assert example
    model.model_validate_json(json.dumps(example))
    shown = model
    if issubclass(model, ResourcePage):
        shown = model.__pydantic_generic_metadata__["args"][0]
        assert {"limit", "cursor"} <= set(operation.signature.parameters)
    assert set(shown.EXAMPLE) == set(shown.model_fields)


@by_operation
def test_an_object_that_can_be_changed_can_be_read_with_its_version(operation: Operation) -> None:
    if operation.method in ("PATCH", "PUT", "DELETE"):
        assert operation.path in DOCUMENT.read_operations, "declare a GET that returns a Resource"
    if operation.version_of:
        assert operation.version_of in DOCUMENT.read_operations
    is_object = isinstance(operation.response_model, type) and issubclass(
        operation.response_model, Resource
    )
    if operation.method in ("PATCH", "PUT"):
        assert is_object


def test_every_route_is_an_operation() -> None:
    routes = [each for each in DOCUMENT.routes if isinstance(each, APIRoute)]
    assert len(routes) == len(OPERATIONS)
    assert all(isinstance(each, OperationRoute) for each in routes)
    assert all(isinstance(each.endpoint, Endpoint) for each in routes)


def test_no_two_operations_share_a_name() -> None:
    names = [each.function.__name__ for each in OPERATIONS]
    assert len(names) == len(set(names))


def _all_models(model: type[BaseModel]) -> list[type[BaseModel]]:
    found, left = [], [model]
    while left:
        each = left.pop()
        if each in found:
            continue
        found.append(each)
        for field in each.model_fields.values():
            left += _models_in(field.annotation)
    return found


def _models_in(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for part in getattr(kind, "__args__", ()) for model in _models_in(part)]


def _require_valid(example: dict[str, Any], name: str) -> None:
    schemas = DOCUMENT.content["components"]["schemas"]
    schema = schemas[name if name in schemas else f"{name}-Input"]
    jsonschema.Draft202012Validator({**schema, "components": {"schemas": schemas}}).validate(
        example
    )
