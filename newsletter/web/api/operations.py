"""
Declare the operations of the API. Each says which permissions it needs, for which limit it counts,
and what its bodies are; a test holds every route to it.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from newsletter.model.access import Permission
from newsletter.web.api.body import FileToSend, RequestBody, ResponseBody
from newsletter.web.api.refusals.errors import RequestNames
from newsletter.web.api.requests.request_limits import RateClass

PREFIX = "/api/v1"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Operation:
    """
    One operation: a method of an address.

    `needs` are all the permissions that a token must have. `version_of` is the path of the object
    whose version an If-Match names; by default it is the operation's own. What runs `in_steps` is
    several transactions. A response that `has_secret` is not stored, so that a repeated request
    does not get it again. `file_types` are the media types of a response that is a file.
    """

    method: str
    path: str
    noun: str
    function: Callable[..., ResponseBody | FileToSend | None] = field(repr=False)
    needs: frozenset[Permission]
    rate: RateClass
    status: int = 200
    version_of: str = ""
    in_steps: bool = False
    has_secret: bool = False
    file_types: Sequence[str] = ()

    @property
    def is_write(self) -> bool:
        """
        Return True if it may change something.
        """
        return self.method != "GET"

    @cached_property
    def signature(self) -> inspect.Signature:
        """
        Return the parameters of the function, with their types evaluated.
        """
        return inspect.signature(self.function, eval_str=True)

    @property
    def parameters(self) -> Sequence[inspect.Parameter]:
        """
        Return the parameters that a request gives. The function's first one is its Call.
        """
        return tuple(self.signature.parameters.values())[1:]

    @property
    def response_model(self) -> Any:
        """
        Return the class of the response's body; None if it has none, or is a file.
        """
        return None if self.file_types else self.signature.return_annotation

    @cached_property
    def request_model(self) -> type[RequestBody] | None:
        """
        Return the class of the request's body, which may be optional; None if it has none.
        """
        return next(filter(None, (_body_in(each) for each in self.parameters)), None)

    @cached_property
    def names(self) -> RequestNames:
        """
        Return the names of its parameters and fields.
        """
        path = re.findall(r"\{(\w+)\}", self.path)
        body = self.request_model.model_fields if self.request_model else ()
        query = [
            each.name
            for each in self.parameters
            if each.name not in path and _body_in(each) is None
        ]
        return RequestNames(path=path, query=query, body=list(body), makes=self.method == "PUT")

    @property
    def summary(self) -> str:
        """
        Return the first sentence of the function's docstring.
        """
        return _paragraphs(self.function)[0].rstrip(".")

    @property
    def description(self) -> str:
        """
        Return the rest of the docstring.
        """
        return "\n\n".join(_paragraphs(self.function)[1:])


def _body_in(parameter: inspect.Parameter) -> type[RequestBody] | None:
    """
    Return the class of a body that *parameter* is, or may be; None if it is something else.
    """
    for kind in (parameter.annotation, *typing.get_args(parameter.annotation)):
        if isinstance(kind, type) and issubclass(kind, RequestBody):
            return kind
    return None


class Noun:
    """
    The operations on one kind of object, which `nouns/` declares with the decorators here.
    """

    def __init__(self, name: str, about: str) -> None:
        self.name = name
        self.about = about
        self.operations: list[Operation] = []

    def get(
        self,
        path: str,
        *needs: Permission,
        rate: RateClass = RateClass.READ,
        file_types: Sequence[str] = (),
    ) -> Callable[[F], F]:
        """
        Declare an operation that reads.
        """
        return self._declare("GET", path, needs, rate=rate, file_types=file_types)

    def post(
        self,
        path: str,
        *needs: Permission,
        rate: RateClass = RateClass.WRITE,
        status: int = 200,
        version_of: str = "",
        in_steps: bool = False,
        has_secret: bool = False,
    ) -> Callable[[F], F]:
        """
        Declare an operation that makes or does something.
        """
        return self._declare(
            "POST",
            path,
            needs,
            rate=rate,
            status=status,
            version_of=version_of,
            in_steps=in_steps,
            has_secret=has_secret,
        )

    def put(self, path: str, *needs: Permission) -> Callable[[F], F]:
        """
        Declare an operation that makes or changes the object of an address.
        """
        return self._declare("PUT", path, needs, rate=RateClass.WRITE)

    def patch(self, path: str, *needs: Permission) -> Callable[[F], F]:
        """
        Declare an operation that changes what is given of an object.
        """
        return self._declare("PATCH", path, needs, rate=RateClass.WRITE)

    def delete(
        self, path: str, *needs: Permission, status: int = 204, in_steps: bool = False
    ) -> Callable[[F], F]:
        """
        Declare an operation that removes an object, and has no body in its response unless its
        *status* is another one.
        """
        return self._declare(
            "DELETE", path, needs, rate=RateClass.WRITE, status=status, in_steps=in_steps
        )

    def _declare(
        self,
        method: str,
        path: str,
        needs: Sequence[Permission],
        version_of: str = "",
        **values: Any,
    ) -> Callable[[F], F]:
        def declare(function: F) -> F:
            operation = Operation(
                method=method,
                path=PREFIX + path,
                version_of=PREFIX + version_of if version_of else "",
                noun=self.name,
                function=function,
                needs=frozenset(needs),
                **values,
            )
            self.operations.append(operation)
            return function

        return declare


def _paragraphs(function: Callable[..., Any]) -> list[str]:
    text = typing.cast(str, inspect.getdoc(function))
    return [" ".join(part.split()) for part in text.split("\n\n")]
