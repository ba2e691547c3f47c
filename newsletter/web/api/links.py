"""
The links of the document: from a response that shows what was made to the operations on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from newsletter.web.api.body import Resource
from newsletter.web.api.operations import Operation


class DocumentLinks:
    """
    Finds the operations on an object. *read_operations* are those that return objects, by their
    paths.
    """

    def __init__(
        self, operations: Sequence[Operation], read_operations: Mapping[str, Operation]
    ) -> None:
        self._operations = operations
        # An object that is also found by another name is linked by its shortest path.
        self._paths = {
            read_operations[path].response_model: path
            for path in sorted(read_operations, key=len, reverse=True)
            if re.fullmatch(r"[^{}]+/\{\w+\}", path)
        }

    def of(self, operation: Operation) -> dict[str, Any]:
        """
        Return the links of the response of *operation*, by the names of the operations they lead
        to; none if it shows no object of which the address can be told.
        """
        found: dict[str, Any] = {}
        for model, pointer in _models(operation.response_model):
            path = self._paths.get(model)
            name = None if path is None else _name_of(model, path)
            if path is not None and name is not None:
                found |= dict(self._links(path, f"{pointer}/{name}"))
        found.pop(operation.function.__name__, None)
        return found

    def _links(self, path: str, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
        (name,) = re.findall(r"\{(\w+)\}", path)
        parameters = {name: f"$response.body#{pointer}"}
        for each in self._operations:
            if each.names.path == [name] and f"{each.path}/".startswith(f"{path}/"):
                function = each.function.__name__
                yield function, {"operationId": function, "parameters": parameters}


def _models(model: Any) -> Iterator[tuple[type[Resource], str]]:
    """
    Yield the objects that a response shows, each with the pointer to it.
    """
    if not isinstance(model, type):
        return
    if issubclass(model, Resource):
        yield model, ""
        return
    for name, field in getattr(model, "model_fields", {}).items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Resource):
            yield field.annotation, f"/{name}"


def _name_of(model: type[Resource], path: str) -> str | None:
    """
    Return the field of an object that its path has; None if there is none.
    """
    (name,) = re.findall(r"\{(\w+)\}", path)
    return next((each for each in (name, "id", "name") if each in model.model_fields), None)
