"""
The OpenAPI document: what FastAPI knows about the operations, with an example, the problems and the
headers of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import orjson
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from newsletter.web.api.bodies.webhook_events import described_webhooks
from newsletter.web.api.body import Resource, example_of
from newsletter.web.api.field_words import words_for
from newsletter.web.api.links import DocumentLinks
from newsletter.web.api.operations import Noun, Operation
from newsletter.web.api.refusals import problems
from newsletter.web.api.refusals.problem_body import ProblemBody, ValueProblemBody
from newsletter.web.api.refusals.problems import ProblemType

VERSION = "1"
_TITLE = "newsletter"
_ABOUT = (
    "Everything that staff can do, for programs. Send a token of `newsletter token add` as "
    "`Authorization: Bearer`. The guide is `docs/guides/api.md`."
)
_ALWAYS = (400, 401, 403, 421, 422, 429, 500, 503)
_OF_WRITES = (408, 409, 410, 412, 413)
_STATUSES = sorted({each.status for each in ProblemType} - {405})
_REF = "#/components/schemas/"


class Document:
    """
    The document of the API. *read_operations* are those that return objects, by their paths.
    """

    def __init__(
        self,
        nouns: Sequence[Noun],
        read_operations: Mapping[str, Operation],
        routes: Sequence[BaseRoute],
    ) -> None:
        self.nouns = nouns
        self.read_operations = read_operations
        self.routes = routes

    @cached_property
    def text(self) -> bytes:
        """
        Return the document as it is stored in `docs/reference/openapi.json`.
        """
        return orjson.dumps(self.content, option=orjson.OPT_INDENT_2) + b"\n"

    @cached_property
    def content(self) -> dict[str, Any]:
        """
        Return the document as JSON values.
        """
        tags = [{"name": noun.name, "description": noun.about} for noun in self.nouns]
        document = get_openapi(
            title=_TITLE,
            version=VERSION,
            description=_ABOUT,
            routes=self.routes,
            tags=tags,
            servers=[{"url": "/"}],
        )
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas.update(_schemas_of_problems())
        document["webhooks"] = described_webhooks(schemas, ref=_REF)
        _describe_fields(schemas)
        _drop_titles(document["paths"])
        _drop_titles(schemas)
        components["responses"] = {_name(status): _problem(status) for status in _STATUSES}
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        operations = [each for noun in self.nouns for each in noun.operations]
        links = DocumentLinks(operations, self.read_operations)
        for operation in operations:
            described = document["paths"][operation.path][operation.method.lower()]
            _describe(described, operation, self._read_operation_of(operation))
            _add_links(described["responses"], operation, links)
        return document

    def _read_operation_of(self, operation: Operation) -> Operation | None:
        return self.read_operations.get(operation.version_of or operation.path)


def _drop_titles(value: Any) -> None:
    """
    Drop the titles that pydantic makes of the names of fields.
    """
    if isinstance(value, dict):
        if isinstance(value.get("title"), str):
            del value["title"]
        for name, each in value.items():
            if name not in ("example", "examples", "default"):
                _drop_titles(each)
    elif isinstance(value, list):
        for each in value:
            _drop_titles(each)


def _describe_fields(schemas: dict[str, Any]) -> None:
    """
    Give each field of a body that does not say what it means its sentence.
    """
    for body, schema in schemas.items():
        if "enum" in schema and "description" in schema:
            schema["description"] = _with_values(schema["description"], schema["enum"])
        if body.startswith(("ResourcePage_", "CountedPage_")):
            schema["description"] = (
                "A part of a long list: `next` is the cursor of the part after it."
            )
        for name, field in schema.get("properties", {}).items():
            words = field.get("description") or words_for(body, name)
            if words:
                field["description"] = words


def _with_values(text: str, values: Sequence[str]) -> str:
    """
    Return what an enumeration says of its members, in one line, with their values for their names.
    """
    sent = {re.sub(r"\W", "_", value).upper(): f"`{value}`" for value in values}
    line = " ".join(text.split())
    return re.sub(r"\w+", lambda word: sent.get(word[0], word[0]), line)


def _schemas_of_problems() -> dict[str, Any]:
    schema = ProblemBody.model_json_schema(mode="serialization", ref_template=_REF + "{model}")
    del schema["$defs"]
    inner = ValueProblemBody.model_json_schema(mode="serialization")
    return {"ProblemBody": schema, "ValueProblemBody": inner}


def _describe(
    described: dict[str, Any], operation: Operation, read_operation: Operation | None
) -> None:
    described["description"] = operation.description
    if not operation.description:
        del described["description"]
    described["x-scopes"] = sorted(operation.needs)
    described["x-rate-class"] = operation.rate.value
    described.setdefault("parameters", []).extend(_headers(operation, read_operation))
    if operation.request_model is not None:
        content = described["requestBody"]["content"]["application/json"]
        content["example"] = example_of(operation.request_model)
    responses = described["responses"]
    answers = [responses[str(operation.status)]]
    if operation.method == "PUT":
        made = {**answers[0], "description": "It was made"}
        responses["201"] = made
        answers.append(made)
    for each in answers:
        _complete(each, operation)
    if not operation.is_write:
        responses["304"] = {"description": "The client has this version already"}
    for status in _statuses(operation):
        responses[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    described["responses"] = dict(sorted(responses.items()))


def _add_links(responses: dict[str, Any], operation: Operation, links: DocumentLinks) -> None:
    # A PUT may have made it, or not.
    statuses = {"POST": ("201",), "PUT": ("200", "201")}.get(operation.method, ())
    for status in statuses:
        found = links.of(operation) if status in responses else {}
        if found:
            responses[status] = {**responses[status], "links": found}


def _complete(response: dict[str, Any], operation: Operation) -> None:
    model = operation.response_model
    content = response.get("content", {}).get("application/json")
    if content is not None:
        content["example"] = example_of(model)
    headers: dict[str, Any] = {}
    if operation.file_types:
        response["content"] = {each: {"schema": _file(each)} for each in operation.file_types}
    is_object = isinstance(model, type) and issubclass(model, Resource)
    if is_object or not operation.is_write:
        headers["ETag"] = _header("The version of what is in the response")
    if operation.status == 201:
        headers["Location"] = _header("The address of what was made")
    if operation.is_write:
        headers["Idempotency-Replayed"] = _header("`true` if the request was done before")
    if "cursor" in operation.names.query:
        headers["Link"] = _header("The next page, as rel=next")
    response["headers"] = headers


def _file(media_type: str) -> dict[str, Any]:
    # Clients that are generated read what is text as text.
    is_text = media_type.startswith("text/")
    return {"type": "string"} if is_text else {"type": "string", "format": "binary"}


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _headers(operation: Operation, read_operation: Operation | None) -> Iterator[dict[str, Any]]:
    if not operation.is_write:
        text = "The ETag of the version that the client has"
        yield _request_header("If-None-Match", text)
        return
    text = "A new key for each request, so that it can be sent again and is done once"
    yield _request_header("Idempotency-Key", text, maxLength=255, minLength=1, pattern="^[ -~]+$")
    if read_operation is not None:
        text = "The ETag of the version that is to be changed"
        yield _request_header("If-Match", text)
    if operation.method == "PUT":
        text = "`*` makes a new object, and is refused with 412 if there is one already"
        yield _request_header("If-None-Match", text)


def _request_header(name: str, description: str, **limits: Any) -> dict[str, Any]:
    schema = {"type": "string", **limits}
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": schema,
    }


def _statuses(operation: Operation) -> list[int]:
    found = [*_ALWAYS]
    if operation.names.path:
        # What cannot be shown, such as an issue that cannot be rendered, is refused too.
        found += [404, 409]
    if operation.is_write:
        found += _OF_WRITES
    if operation.request_model is not None:
        found.append(415)
    if operation.is_write:
        found.append(502)
    return found


def _name(status: int) -> str:
    return f"Problem{status}"


def _problem(status: int) -> dict[str, Any]:
    titles = [each.title for each in ProblemType if each.status == status]
    content = {"schema": {"$ref": _REF + "ProblemBody"}}
    return {"description": "; ".join(titles), "content": {problems.MEDIA_TYPE: content}}
