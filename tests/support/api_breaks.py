"""
Compare two OpenAPI documents, and name what breaks a program that was written for the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch")
_UPPER = ("maxLength", "maxItems", "maximum", "exclusiveMaximum")
_LOWER = ("minLength", "minItems", "minimum", "exclusiveMinimum")
_MAX_DEPTH = 12


def breaks_between(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """
    Yield one line for each thing that is removed, narrowed or newly required.
    """
    for path, methods in before["paths"].items():
        if path not in after["paths"]:
            yield f"{path}: removed"
            continue
        for method in METHODS:
            if method not in methods:
                continue
            name = f"{method.upper()} {path}"
            if method not in after["paths"][path]:
                yield f"{name}: removed"
                continue
            yield from _operation(
                name,
                _Side(before, methods[method]),
                _Side(after, after["paths"][path][method]),
            )


@dataclass(frozen=True)
class _Side:
    """
    An operation in its document.
    """

    document: dict[str, Any]
    operation: dict[str, Any]

    def parameters(self) -> Mapping[tuple[str, str], dict[str, Any]]:
        found = self.operation.get("parameters", ())
        return {(each["in"], each["name"]): each for each in found}

    def request(self) -> Any:
        body = self.operation.get("requestBody", {})
        return _schema(body)

    def responses(self) -> Mapping[str, Any]:
        found = self.operation["responses"].items()
        return {status: _schema(each) for status, each in found if status.startswith("2")}


def _schema(body: Mapping[str, Any]) -> Any:
    return body.get("content", {}).get("application/json", {}).get("schema")


def _operation(name: str, before: _Side, after: _Side) -> Iterator[str]:
    known, now = before.parameters(), after.parameters()
    for key, each in known.items():
        where = f"{name} {key[0]} {key[1]}"
        if key not in now:
            yield f"{where}: removed"
        else:
            pair = _Pair(before.document, after.document)
            yield from pair.narrowed(where, each["schema"], now[key]["schema"])
    for key, each in now.items():
        if each.get("required") and not known.get(key, {}).get("required"):
            yield f"{name} {key[0]} {key[1]}: required"
    scopes = set(after.operation.get("x-scopes", ())) - set(before.operation.get("x-scopes", ()))
    for scope in sorted(scopes):
        yield f"{name}: needs the scope {scope}"
    pair = _Pair(before.document, after.document)
    if after.request() is not None:
        yield from pair.narrowed(f"{name} request", before.request() or {}, after.request())
    responses = after.responses()
    for status, schema in before.responses().items():
        if status not in responses:
            yield f"{name} response {status}: removed"
        elif schema is not None:
            yield from pair.lost(f"{name} response {status}", schema, responses[status] or {})


@dataclass(frozen=True)
class _Pair:
    """
    The documents in which the references of two schemas are.
    """

    before: dict[str, Any]
    after: dict[str, Any]

    def narrowed(self, where: str, old: Any, new: Any, depth: int = 0) -> Iterator[str]:
        """
        Yield what a program may have sent and may send no more.
        """
        old, new = _resolved(self.before, old), _resolved(self.after, new)
        if depth > _MAX_DEPTH:
            return
        for kind in sorted(_kinds(self.before, old) - _kinds(self.after, new)):
            yield f"{where}: {kind} is no longer accepted"
        if "enum" in new and not set(old.get("enum", [object()])) <= set(new["enum"]):
            yield f"{where}: enum has fewer values"
        yield from _limits(where, old, new)
        for name in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{where}/{name}: required"
        known, now = old.get("properties", {}), new.get("properties", {})
        for name, each in known.items():
            if name not in now:
                yield f"{where}/{name}: removed"
            else:
                yield from self.narrowed(f"{where}/{name}", each, now[name], depth + 1)
        if "items" in old and "items" in new:
            yield from self.narrowed(f"{where}/*", old["items"], new["items"], depth + 1)

    def lost(self, where: str, old: Any, new: Any, depth: int = 0) -> Iterator[str]:
        """
        Yield what a program may have read and does not find any more, or finds as something else.
        """
        old, new = _resolved(self.before, old), _resolved(self.after, new)
        if depth > _MAX_DEPTH:
            return
        kinds = _kinds(self.before, old)
        for kind in sorted(_kinds(self.after, new) - kinds):
            yield f"{where}: {', '.join(sorted(kinds))} may now be {kind}"
        known, now = old.get("properties", {}), new.get("properties", {})
        for name, each in known.items():
            if name not in now:
                yield f"{where}/{name}: removed"
                continue
            if name in old.get("required", ()) and name not in new.get("required", ()):
                yield f"{where}/{name}: no longer always there"
            yield from self.lost(f"{where}/{name}", each, now[name], depth + 1)
        if "items" in old and "items" in new:
            yield from self.lost(f"{where}/*", old["items"], new["items"], depth + 1)


def _resolved(document: dict[str, Any], schema: Any) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return dict(schema)


def _kinds(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """
    Return the types of a schema; those of its choices if it has several.
    """
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return set().union(*(_kinds(document, _resolved(document, each)) for each in choices))
    kind = schema.get("type")
    if kind is None:
        return set()
    return set(kind) if isinstance(kind, list) else {kind}


def _limits(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name in _UPPER:
        if name in new and (name not in old or old[name] > new[name]):
            yield f"{where}: {name} is lower"
    for name in _LOWER:
        if name in new and (name not in old or old[name] < new[name]):
            yield f"{where}: {name} is higher"
    if "pattern" in new and old.get("pattern") != new["pattern"]:
        yield f"{where}: pattern is another one"
