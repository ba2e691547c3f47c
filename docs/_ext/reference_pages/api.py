"""
Describe every operation of the API out of its document.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from newsletter.web.api.application import document

_METHODS = ("get", "post", "put", "patch", "delete")


def describe_api() -> str:
    """
    Return the Markdown of all operations, by noun.
    """
    content = document().content
    lines: list[str] = []
    for tag in content["tags"]:
        lines += ["", f"## {tag['name'].capitalize()}", "", tag["description"]]
        for path, methods in content["paths"].items():
            for method in _METHODS:
                found = methods.get(method)
                if found and found["tags"] == [tag["name"]]:
                    lines += ["", f"### {method.upper()} {path}", ""]
                    lines += _operation(found, content)
    return "\n".join(lines)


def _operation(found: dict[str, Any], content: dict[str, Any]) -> Iterator[str]:
    yield f"{found['summary']}. {found.get('description', '')}".rstrip()
    yield ""
    scopes = ", ".join(f"`{scope}`" for scope in found["x-scopes"])
    yield f"Scope: {scopes}. Limit: {found['x-rate-class']}."
    own = [each for each in found["parameters"] if each["in"] != "header"]
    if own:
        yield from ("", "| parameter | meaning |", "|---|---|")
        for each in own:
            yield f"| `{each['name']}` | {each.get('description', '')} |"
    body = found.get("requestBody")
    if body:
        yield from _fields(body["content"]["application/json"]["schema"], content)


def _fields(schema: dict[str, Any], content: dict[str, Any]) -> Iterator[str]:
    # A body that may be left out is one of two.
    found = next(each for each in (schema, *schema.get("anyOf", ())) if "$ref" in each)
    named = content["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    needed = named.get("required", ())
    yield from ("", "| field | meaning |", "|---|---|")
    for name, each in named["properties"].items():
        words = [f"{each['description']}."] if each.get("description") else []
        words += ["Required."] if name in needed else []
        yield f"| `{name}` | {' '.join(words)} |"
