"""
The OpenAPI document is in the repository, is what the code says, and breaks no program that was
written for the last release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from api_breaks import breaks_between
from pydantic import BaseModel
from web_samples import TestClient

from newsletter.web.api.application import document
from newsletter.web.api.body import RequestBody, ResponseBody, example_of
from newsletter.web.api.field_words import WORDS
from newsletter.web.api.refusals.problems import ProblemType

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "docs" / "reference"
STORED = REFERENCE / "openapi.json"
RELEASED = Path(__file__).parent / "released"
CONTENT: dict[str, Any] = document().content


def test_the_document_in_the_repository_is_that_of_the_code() -> None:
    assert STORED.read_bytes() == document().text, "run `make api-document`"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_serve_shows_the_document_to_anybody(pages: TestClient) -> None:
    response = pages.get("/api/openapi.json")
    assert response.headers["content-type"] == "application/json"
    assert response.content == STORED.read_bytes()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/"])
def test_the_address_of_the_api_itself_says_where_to_read_on(pages: TestClient, path: str) -> None:
    links = pages.get(path).json()
    assert pages.get(links["document"]).content == STORED.read_bytes()
    assert pages.get(links["me"]).status_code == 401
    assert links["guide"] == "/admin/help/guides/api"


def test_every_time_and_day_in_the_document_has_its_format() -> None:
    times = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    bare, found = [], 0
    for name, schema in CONTENT["components"]["schemas"].items():
        for field, own in schema.get("properties", {}).items():
            formats = {each.get("format") for each in (own, *own.get("anyOf", ()))}
            found += "date-time" in formats
            is_named = field.endswith("_at") or field in ("at", "since", "deadline")
            is_shown = times.fullmatch(str(_example_of(name).get(field)))
            if (is_named or is_shown) and "date-time" not in formats:
                bare.append(f"{name}.{field}")
    assert bare == []
    assert found >= 57


def test_every_field_parameter_and_operation_says_what_it_means() -> None:
    silent, used = [], set()
    for body, schema in CONTENT["components"]["schemas"].items():
        if schema.get("type") == "object" and not schema.get("description"):
            silent.append(body)
        for name, field in schema.get("properties", {}).items():
            own = f"{body.partition('_')[0]}.{name}"
            key = next((each for each in (own, name) if each in WORDS), "")
            if key and field.get("description") == WORDS[key]:
                used.add(key)
            if not field.get("description"):
                silent.append(own)
    for path, methods in CONTENT["paths"].items():
        for method, described in methods.items():
            silent += [
                f"{method} {path} {each['name']}"
                for each in described["parameters"]
                if not each.get("description")
            ]
    assert silent == []
    assert set(WORDS) - used == set(), "no field has these words"


def test_what_an_enumeration_means_names_its_values_as_they_are_sent() -> None:
    shouting = [
        f"{name}: {each}"
        for name, schema in CONTENT["components"]["schemas"].items()
        for each in schema.get("enum", ())
        if re.search(rf"\b{re.sub(r'[^A-Z]', '_', each.upper())}\b", schema.get("description", ""))
    ]
    assert shouting == []


def test_answers_may_get_more_fields_and_requests_may_not() -> None:
    wrong = [
        name
        for name, model in _models().items()
        if (CONTENT["components"]["schemas"][name].get("additionalProperties") is False)
        is issubclass(model, ResponseBody)
    ]
    assert wrong == []


def test_a_put_names_the_condition_that_makes_only_new_objects() -> None:
    puts = [each["put"] for each in CONTENT["paths"].values() if "put" in each]
    for put in puts:
        assert "If-None-Match" in {each["name"] for each in put["parameters"]}
    assert puts


def test_downloads_of_text_are_text_in_the_document() -> None:
    kinds = {
        (media_type, content["schema"].get("format"))
        for methods in CONTENT["paths"].values()
        for described in methods.values()
        for media_type, content in described["responses"].get("200", {}).get("content", {}).items()
    }
    assert {kind for kind in kinds if kind[0].startswith("text/")} == {("text/csv", None)}


def test_every_reference_in_the_document_leads_somewhere() -> None:
    for reference in _references(CONTENT):
        found: Any = CONTENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_every_schema_is_a_schema() -> None:
    for schema in CONTENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_what_is_made_has_links_to_the_operations_on_it() -> None:
    names = set()
    for response, links in _links():
        schema = CONTENT["components"]["schemas"][_model_of(response)]
        for name, link in links.items():
            assert link["operationId"] == name
            names.add(name)
            (value,) = link["parameters"].values()
            place = schema
            for part in value.removeprefix("$response.body#/").split("/"):
                place = place["properties"][part]
                if "$ref" in place:
                    place = CONTENT["components"]["schemas"][place["$ref"].rsplit("/", 1)[1]]
    assert {"show_list", "send_issue", "change_brief", "revoke_token", "undo_import"} <= names
    assert "find_brief" not in names


def test_every_type_of_problem_has_its_heading() -> None:
    page = (REFERENCE / "problems.md").read_text("utf-8")
    for kind in ProblemType:
        assert f"\n## {kind.slug}\n\n{kind.status} " in page, kind.slug
    assert page.count("\n## ") == len(ProblemType)


def test_nothing_breaks_a_program_that_was_written_for_the_last_release() -> None:
    released = json.loads((RELEASED / "openapi.json").read_text("utf-8"))
    lines = (RELEASED / "breaks.txt").read_text("utf-8").splitlines()
    meant = {line for line in lines if line and not line.startswith("#")}
    found = set(breaks_between(released, CONTENT))
    assert found - meant == set(), "see tests/web/api/released/breaks.txt"
    assert meant - found == set(), "breaks.txt names what does not break"


OPERATION = {
    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/a/In"}}}},
    "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/a/Out"}}}}},
}
BEFORE: dict[str, Any] = {
    "paths": {"/x": {"get": OPERATION, "post": OPERATION}, "/y": {"get": OPERATION}},
    "a": {
        "In": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "maxLength": 20},
                "kind": {"enum": ["a", "b"]},
                "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            },
            "required": ["name"],
        },
        "Out": {
            "type": "object",
            "properties": {"id": {"type": "integer"}, "note": {"type": "string"}},
            "required": ["id", "note"],
        },
    },
}


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        (("paths", "/y"), None, "/y: removed"),
        (("paths", "/x", "post"), None, "POST /x: removed"),
        (("a", "In", "required"), ["name", "kind"], "request/kind: required"),
        (("a", "In", "properties", "name", "maxLength"), 10, "request/name: maxLength"),
        (("a", "In", "properties", "name", "minLength"), 1, "request/name: minLength"),
        (("a", "In", "properties", "kind", "enum"), ["a"], "request/kind: enum"),
        (("a", "In", "properties", "size"), {"type": "integer"}, "request/size: null"),
        (("a", "In", "properties", "size"), None, "request/size: removed"),
        (("a", "Out", "properties", "id", "type"), "string", "response 200/id: integer"),
        (("a", "Out", "properties", "note"), None, "response 200/note: removed"),
        (("a", "Out", "required"), ["id"], "response 200/note: no longer always there"),
    ],
)
def test_a_breaking_change_is_found(path: tuple[str, ...], value: Any, found: str) -> None:
    after = json.loads(json.dumps(BEFORE))
    *parents, last = path
    place = after
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    assert any(found in each for each in breaks_between(BEFORE, after)), list(
        breaks_between(BEFORE, after)
    )


def test_an_addition_breaks_nothing() -> None:
    after = json.loads(json.dumps(BEFORE))
    after["paths"]["/z"] = {"get": OPERATION}
    after["a"]["In"]["properties"]["more"] = {"type": "string"}
    after["a"]["In"]["properties"]["name"]["maxLength"] = 30
    after["a"]["In"]["properties"]["kind"]["enum"].append("c")
    after["a"]["Out"]["properties"]["more"] = {"type": "string"}
    assert list(breaks_between(BEFORE, after)) == []


def _links() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for methods in CONTENT["paths"].values():
        for described in methods.values():
            for response in described["responses"].values():
                if "links" in response:
                    yield response, response["links"]


def _model_of(response: dict[str, Any]) -> str:
    reference: str = response["content"]["application/json"]["schema"]["$ref"]
    return reference.rsplit("/", 1)[1]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _models() -> dict[str, type[BaseModel]]:
    """
    Return the classes of all bodies by the names that the document has for them.
    """
    found: dict[str, type[BaseModel]] = {}
    waiting: list[type[BaseModel]] = [RequestBody, ResponseBody]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if model.__name__ in CONTENT["components"]["schemas"]:
            found[model.__name__] = model
    return found


def _example_of(name: str) -> dict[str, Any]:
    model = _models().get(name)
    return (example_of(model) if model else None) or {}
