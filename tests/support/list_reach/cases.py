"""
One request of an operation that names what belongs to another list, and what it has to answer.

Texts in bodies and queries that begin with `$` name an object: see `OtherList`.
"""

from __future__ import annotations

import enum
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


class Answer(enum.Enum):
    """
    What a request has to be answered with. The first ones: with what it is answered with if it
    names nothing that exists, which is this kind of problem. EQUAL: with the same, whatever it is.
    SHOWN: with nothing of the other list. KEPT: with a refusal, though everybody may see the
    object. OPEN: with what everybody with the permission may see.
    """

    HIDDEN = "not-found"
    UNKNOWN = "unknown-reference"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    EQUAL = "equal"
    SHOWN = "shown"
    KEPT = "kept"
    OPEN = "open"


@dataclass(frozen=True, kw_only=True)
class Case:
    """
    A request. `path` names the objects in the path by the names of its parameters.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    body: Any = None
    answer: Answer = Answer.HIDDEN

    def with_objects(self, objects: Mapping[str, Any]) -> Case:
        """
        Return the case with the names of objects replaced by those in *objects*.
        """
        return replace(
            self,
            path={name: str(_filled(value, objects)) for name, value in self.path.items()},
            query=str(_filled(self.query, objects)),
            body=_filled(self.body, objects),
        )

    def named(self, objects: Mapping[str, Any]) -> list[str]:
        """
        Return the texts of the objects that the case names.
        """
        names = set(re.findall(r"\$(\w+)", f"{self.path} {self.query} {self.body}"))
        return sorted((str(objects[name]) for name in names), key=len, reverse=True)


def _filled(value: Any, objects: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        alone = objects.get(value[1:]) if value[:1] == "$" else None
        return string.Template(value).substitute(objects) if alone is None else alone
    if isinstance(value, list):
        return [_filled(each, objects) for each in value]
    if isinstance(value, dict):
        return {name: _filled(each, objects) for name, each in value.items()}
    return value


def hidden(body: Any = None, *, query: str = "", **path: str) -> Case:
    """
    Return a case whose path names the object: there is nothing.
    """
    return Case(path=path, query=query, body=body)


def unknown(body: Any = None, *, query: str = "", **path: str) -> Case:
    """
    Return a case whose body or query names the object: it is unknown.
    """
    return Case(path=path, query=query, body=body, answer=Answer.UNKNOWN)


def forbidden(body: Any = None, *, query: str = "", **path: str) -> Case:
    """
    Return a case of what only those may do who are not limited to some lists.
    """
    return Case(path=path, query=query, body=body, answer=Answer.FORBIDDEN)


def refused(body: Any = None, *, query: str = "", **path: str) -> Case:
    """
    Return a case that the state of things forbids, as it would if there were no other list.
    """
    return Case(path=path, query=query, body=body, answer=Answer.REFUSED)


def equal(body: Any = None, *, query: str = "", **path: str) -> Case:
    """
    Return a case that is answered as if the other list had no such object, and changes nothing.
    """
    return Case(path=path, query=query, body=body, answer=Answer.EQUAL)


def shown(query: str = "", **path: str) -> Case:
    """
    Return a case that shows what is within reach alone.
    """
    return Case(path=path, query=query, answer=Answer.SHOWN)


def kept(body: Any = None, **path: str) -> Case:
    """
    Return a case that would change what everybody sees, and the other list uses.
    """
    return Case(path=path, body=body, answer=Answer.KEPT)


def open_to_all(body: Any = None, *, query: str = "", **path: str) -> Case:
    """
    Return a case that shows what belongs to no list, and changes nothing.
    """
    return Case(path=path, query=query, body=body, answer=Answer.OPEN)
