"""
Compare calls with the descriptions that providers publish (OpenAPI, kept beside the checkout; their
README says where each is from). What is not described counts as wrong too, unless it is corrected
below: providers mostly ignore a misspelt name, so it would never be noticed.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import yaml
from http_server import Received
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[3]
TEXT = {"type": "string"}


class Correction(NamedTuple):
    """
    A place of a description that is wrong, by the names that lead there, and what it should say.
    """

    place: tuple[str | int, ...]
    value: Any
    why: str


_BODY = ("requestBody", "content", "application/json", "schema")
# All that is known to be wrong in the published files, as far as we call what they describe.
KNOWN_ERRORS: Mapping[str, Sequence[Correction]] = {
    "resend.json": (
        Correction(
            ("paths", "/emails/batch", "post", *_BODY, "maxItems"), 100, "in its summary only"
        ),
        Correction(
            ("components", "schemas", "Tag", "properties", "value"),
            {"type": "string", "maxLength": 256, "pattern": "^[A-Za-z0-9_-]+$"},
            "in its description only",
        ),
    ),
    "brevo.yaml": (
        Correction(
            (
                *("components", "schemas", "sendSmtpEmail", "properties", "messageVersions"),
                *("items", "properties", "headers"),
            ),
            {"type": "object", "additionalProperties": TEXT},
            "missing (the notes of django-anymail's Brevo backend)",
        ),
    ),
    "postmark.json": (
        Correction(
            ("components", "schemas", "SendEmailRequest", "properties", "MessageStream"),
            TEXT,
            "the file is older than streams (postmarkapp.com/developer/api/email-api)",
        ),
        Correction(
            ("components", "schemas", "SendEmailRequest", "properties", "Metadata"),
            {
                "type": "object",
                "maxProperties": 10,
                "propertyNames": {"maxLength": 20},
                "additionalProperties": {"type": "string", "maxLength": 80},
            },
            "the file is older than metadata (the same page)",
        ),
        Correction(
            ("components", "schemas", "SendEmailBatchRequest", "maxItems"),
            500,
            "in prose only (postmarkapp.com/developer/user-guide/send-email-with-api/batch-emails)",
        ),
        Correction(
            ("paths", "/messages/outbound", "get", "parameters", -1),
            {"name": "metadata_batch", "in": "query", "schema": TEXT},
            "the file is older than metadata (postmarkapp.com/developer/api/messages-api)",
        ),
        Correction(
            ("paths", "/messages/outbound", "get", "parameters", -1),
            {"name": "messagestream", "in": "query", "schema": TEXT},
            "the file is older than streams (the same page)",
        ),
        Correction(
            ("paths", "/bounces", "get", "parameters", -1),
            {"name": "messagestream", "in": "query", "schema": TEXT},
            "the file is older than streams (postmarkapp.com/developer/api/bounce-api)",
        ),
    ),
}


def specs_beside() -> Path | None:
    """
    Return the folder of the descriptions, or None if there is none beside the checkout.
    """
    folder = Path(os.environ.get("NEWSLETTER_SHARED", ROOT.parent / "shared")) / "specs"
    return folder if folder.is_dir() else None


def prepare(spec: Path) -> None:
    """
    Read *spec* before it is needed: the large ones take longer than some calls may.
    """
    if spec.suffix == ".yaml":
        _registry(spec)


def wrong_in(request: Received, spec: Path, path: str) -> list[str]:
    """
    Return what *request* has or lacks compared with the operation at *path* of the file *spec*.
    """
    described = _described(spec)
    operation = described["paths"][path][request.method.lower()]
    values = [_resolved(described, parameter) for parameter in operation.get("parameters", [])]
    wrong = list(_wrong_parameters(request, values))
    if "requestBody" in operation:
        body = json.loads(request.body)
        names = ("paths", path, request.method.lower(), *_BODY)
        if "$ref" in operation["requestBody"]:
            # A place in another's own place cannot be pointed to.
            names = (*operation["requestBody"]["$ref"].split("/")[1:], *_BODY[1:])
        place = "/".join(_escaped(name) for name in names)
        errors = _validator(spec, place).iter_errors(body)
        wrong += [f"{error.json_path}: {error.message[:200]}" for error in errors]
    return wrong


def wrong_in_form(form: Sequence[tuple[str, str]], spec: Path, path: str) -> list[str]:
    """
    Return what the fields of *form* have or lack compared with the operation at *path*. A field
    that may be repeated is described as an array; one that begins with `h:` or `v:` is described by
    an example.
    """
    described = _described(spec)
    content = described["paths"][path]["post"]["requestBody"]["content"]
    schema = _resolved(described, content["multipart/form-data"]["schema"])
    known = schema["properties"]
    names = {name for name, _ in form}
    wrong = [f"no {name}" for name in schema["required"] if name not in names]
    for name in sorted(names):
        values = [value for other, value in form if other == name]
        field = known.get(name)
        if field is None and not name.startswith(("h:", "v:")):
            wrong.append(f"{name} is not described")
        elif field is not None and field["type"] != "array" and len(values) > 1:
            wrong.append(f"{name} stands there {len(values)} times")
        elif field is not None and not set(values) <= set(field.get("enum", values)):
            wrong.append(f"{name} is {values}")
    return wrong


def _wrong_parameters(request: Received, values: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    asked = parse_qs(urlsplit(request.path).query)
    known = {each["name"] for each in values if each["in"] == "query"}
    yield from (f"?{name} is not described" for name in asked if name not in known)
    for each in values:
        found = asked if each["in"] == "query" else request.headers
        if each.get("required") and each["in"] != "path" and each["name"] not in found:
            yield f"the {each['in']} has no {each['name']}"


@functools.cache
def _described(spec: Path) -> dict[str, Any]:
    text = spec.read_text(encoding="utf-8")
    # YAML's loader in C: the pure one takes ten seconds for the larger files.
    loader = yaml.CSafeLoader
    described: dict[str, Any] = (
        json.loads(text) if spec.suffix == ".json" else yaml.load(text, Loader=loader)
    )
    for error in KNOWN_ERRORS.get(spec.name, ()):
        _correct(described, error)
    return _strict(described, frozenset(_parts_of_wholes(described)))


def _correct(described: dict[str, Any], error: Correction) -> None:
    *parents, last = error.place
    node: Any = described
    for name in parents:
        node = node[name]
    if isinstance(node, list):
        node.append(error.value)
    else:
        node[last] = error.value


def _parts_of_wholes(node: Any, *, is_part: bool = False) -> Iterator[str]:
    """
    Return the names of schemas that others are composed of: alone, they do not list every property.
    """
    if isinstance(node, dict):
        if is_part and "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for name, value in node.items():
            yield from _parts_of_wholes(value, is_part=is_part or name == "allOf")
    elif isinstance(node, list):
        for value in node:
            yield from _parts_of_wholes(value, is_part=is_part)


def _strict(node: Any, parts: frozenset[str], *, is_part: bool = False) -> Any:
    """
    Return *node* with each schema that lists properties closed to others.
    """
    if isinstance(node, list):
        return [_strict(value, parts, is_part=is_part) for value in node]
    if not isinstance(node, dict):
        return node
    copy = {
        name: _strict(value, parts, is_part=name == "allOf" or name in parts)
        for name, value in node.items()
    }
    lists_all = isinstance(node.get("properties"), dict) and "allOf" not in node and not is_part
    if lists_all and "additionalProperties" not in node:
        copy["additionalProperties"] = False
    return copy


@functools.cache
def _validator(spec: Path, place: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"urn:spec#/{place}"}, registry=_registry(spec))


@functools.cache
def _registry(spec: Path) -> Registry[Any]:
    resource = Resource.from_contents(_described(spec), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:spec", resource)
    return registry.crawl()


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _resolved(described: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = described
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found  # type: ignore[no-any-return]
