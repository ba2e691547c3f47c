"""
Describe every operation of the API out of its document: parameters, bodies, responses and refusals,
and then each body and each set of values that they name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from newsletter.web.api.application import document

_METHODS = ("get", "post", "put", "patch", "delete")
_SCHEMAS = "#/components/schemas/"
_PAGE = re.compile(r"(?:Resource|Counted)Page_(\w+)_")
_FORMATS = {"date": "date", "date-time": "time", "binary": "bytes"}
# More values than these are found by their link.
_MOST_VALUES = 8


def describe_api() -> str:
    """
    Return the Markdown of all operations, by noun, and of all bodies and values.
    """
    content = document().content
    schemas = content["components"]["schemas"]
    lines: list[str] = []
    for tag in content["tags"]:
        lines += ["", f"## {tag['name'].capitalize()}", "", tag["description"]]
        for path, methods in content["paths"].items():
            for method in _METHODS:
                found = methods.get(method)
                if found and found["tags"] == [tag["name"]]:
                    lines += ["", f"### {method.upper()} {path}", ""]
                    lines += _operation(found, schemas)
    lines += ["", "## Bodies", "", "What responses are, and the parts of requests and responses."]
    requests = _whole_requests(content["paths"])
    for name, schema in sorted(schemas.items()):
        if "properties" in schema and name not in requests and not _PAGE.fullmatch(name):
            lines += _body(name, schema, schemas)
    lines += ["", "## Values", "", "What fields with a limited set of values can be."]
    for name, schema in sorted(schemas.items()):
        if "enum" in schema:
            lines += _values(name, schema)
    return "\n".join(lines)


def _operation(found: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['summary']}. {found.get('description', '')}".rstrip()
    yield ""
    scopes = ", ".join(f"`{scope}`" for scope in found["x-scopes"])
    yield f"Scope: {scopes}. Limit: {found['x-rate-class']}."
    own = [each for each in found["parameters"] if each["in"] != "header"]
    if own:
        rows = {
            each["name"]: ({**each["schema"], "description": each["description"]}, each["required"])
            for each in own
        }
        yield from _table("parameter", rows, schemas, is_request=True)
    body = found.get("requestBody")
    if body:
        content = body["content"]["application/json"]
        named = _named_body(content["schema"], schemas)
        yield from _fields(named, schemas)
        yield from _example("Request", content["example"])
    yield ""
    headers = [each["name"] for each in found["parameters"] if each["in"] == "header"]
    yield f"Headers: {', '.join(f'`{name}`' for name in headers)}.\\"
    yield from _responses(found["responses"], schemas)


def _responses(responses: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    given = {status: each for status, each in responses.items() if status < "4"}
    shown = [_response(status, each, schemas) for status, each in given.items()]
    refused = [status for status in responses if status not in given]
    yield f"Responses: {'; '.join(shown)}.\\"
    yield f"[Refusals](problems.md): {', '.join(refused)}."


def _response(status: str, response: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    content = response.get("content", {})
    if not content:
        return status
    ((media_type, first), *others) = content.items()
    if media_type == "application/json":
        return f"{status} {_kind(first['schema'], schemas)}"
    return f"{status} {', '.join(f'`{each}`' for each in (media_type, *dict(others)))}"


def _body(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"### {name}", "", " ".join(schema["description"].split()))
    yield from _fields(schema, schemas)
    example = _example_of_response(name)
    if example:
        yield from _example("Example", example)


def _example_of_response(name: str) -> Any:
    """
    Return the example of the first response that is this body, or a page of it.
    """
    for methods in document().content["paths"].values():
        for found in methods.values():
            for response in found["responses"].values():
                content = response.get("content", {}).get("application/json", {})
                reference = content.get("schema", {}).get("$ref", "").removeprefix(_SCHEMAS)
                if reference == name:
                    return content["example"]
    return None


def _values(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    values = ", ".join(f"`{each}`" for each in schema["enum"])
    yield from ("", f"### {name}", "")
    yield f"{' '.join(schema.get('description', '').split())} One of {values}.".lstrip()


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    needed = schema.get("required", ())
    rows = {name: (each, name in needed) for name, each in schema["properties"].items()}
    is_request = schema.get("additionalProperties") is False
    yield from _table("field", rows, schemas, is_request=is_request)


def _table(
    what: str,
    rows: Mapping[str, tuple[Mapping[str, Any], bool]],
    schemas: Mapping[str, Any],
    *,
    is_request: bool,
) -> Iterator[str]:
    """
    Yield a table of named values, of which those that are required come first. Most values of a
    request may be left out, and most of a response are always there.
    """
    yield from ("", f"| {what} | type | meaning |", "|---|---|---|")
    for name, (schema, is_needed) in sorted(rows.items(), key=lambda row: not row[1][1]):
        words = [f"{' '.join(schema['description'].split())}."]
        words += ["Required."] if is_needed and is_request else []
        words += ["Not always there."] if not (is_needed or is_request) else []
        default = schema.get("default")
        words += [f"Default: `{json.dumps(default)}`."] if default not in (None, "") else []
        cells = (f"`{name}`", _kind(schema, schemas), " ".join(words))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """
    Return the type of a value in words, with its limits.
    """
    if "$ref" in schema:
        return _reference(schema["$ref"].removeprefix(_SCHEMAS), schemas)
    if "anyOf" in schema:
        return " or ".join(_kind(each, schemas) for each in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join(f"`{json.dumps(each)}`" for each in values)
    if schema.get("type") == "array":
        limits = _limits(schema.get("minItems"), schema.get("maxItems"))
        return f"list of {''.join(f'{each} ' for each in limits)}{_kind(schema['items'], schemas)}"
    inner = schema.get("additionalProperties")
    if isinstance(inner, Mapping) and inner:
        return f"object with values of {_kind(inner, schemas)}"
    kind = _FORMATS.get(schema.get("format", "")) or schema.get("type", "any value")
    limits = [f"`{schema['pattern']}`"] if "pattern" in schema else []
    limits += _limits(schema.get("minLength"), schema.get("maxLength"), " characters")
    limits += _limits(schema.get("minimum"), schema.get("maximum"))
    return f"{kind} ({', '.join(limits)})" if limits else str(kind)


def _reference(name: str, schemas: Mapping[str, Any]) -> str:
    page = _PAGE.fullmatch(name)
    if page:
        total = ", `total`" if name.startswith("Counted") else ""
        return f"object of `items` (list of {_link(page[1])}), `next`{total}"
    values = schemas[name].get("enum", ())
    if not 0 < len(values) <= _MOST_VALUES:
        return _link(name)
    return f"{_link(name)}: {', '.join(f'`{each}`' for each in values)}"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _limits(low: float | None, high: float | None, words: str = "") -> list[str]:
    """
    Return the limits in words, if there are any.
    """
    if high is None:
        return [f"at least {low:,.14g}{words}"] if low else []
    return [f"{low:,.14g} to {high:,.14g}{words}" if low else f"at most {high:,.14g}{words}"]


def _named_body(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    named: Mapping[str, Any] = schemas[_name_in(schema)]
    return named


def _name_in(schema: Mapping[str, Any]) -> str:
    # A body that may be left out is one of two.
    found = next(each for each in (schema, *schema.get("anyOf", ())) if "$ref" in each)
    return str(found["$ref"].removeprefix(_SCHEMAS))


def _whole_requests(paths: Mapping[str, Any]) -> set[str]:
    """
    Return the names of the bodies that stand at the operations themselves.
    """
    found = [operation for methods in paths.values() for operation in methods.values()]
    return {
        _name_in(each["requestBody"]["content"]["application/json"]["schema"])
        for each in found
        if "requestBody" in each
    }


def _example(title: str, value: Any) -> Iterator[str]:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    yield from ("", f"{title}:", "", "```json", text, "```")
