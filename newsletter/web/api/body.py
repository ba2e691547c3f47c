"""
The classes that the bodies of requests and responses derive from, pages of them, and files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class RequestBody(BaseModel):
    """
    The body of a request. What is not declared is refused, so that nobody sets what only the server
    may set. EXAMPLE is one that is accepted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=100_000)
    EXAMPLE: ClassVar[dict[str, Any]] = {}


def _may_grow(schema: dict[str, Any]) -> None:
    """
    Let clients accept fields that are added later.
    """
    del schema["additionalProperties"]


class ResponseBody(BaseModel):
    """
    The body of a response, or a part of one. The document does not say that it has no other fields.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_serialization_defaults_required=True,
        json_schema_extra=_may_grow,
    )
    EXAMPLE: ClassVar[dict[str, Any]] = {}


class Resource(ResponseBody):
    """
    An object with a version, which is the ETag of each response with it.
    """


@dataclass(frozen=True, kw_only=True)
class FileToSend:
    """
    A file that is the response.
    """

    path: Path
    media_type: str


T = TypeVar("T", bound=ResponseBody)


class ResourcePage(ResponseBody, Generic[T]):
    """
    A part of a long list. `next` is the `cursor` of the part after it, and null in the last one.
    """

    items: list[T]
    next: str | None = Field(
        default=None, description="The cursor of the next page, if there is one"
    )


class CountedPage(ResourcePage[T], Generic[T]):
    """
    A part of a long list, with the number of all its items if the request asked for it.
    """

    total: int | None = Field(
        default=None, description="How many match in all; null without `total=true`"
    )


def example_of(model: Any) -> dict[str, Any] | None:
    """
    Return the example of a body; that of a page has one item.
    """
    if not isinstance(model, type) or not issubclass(model, RequestBody | ResponseBody):
        return None
    item = model.__pydantic_generic_metadata__["args"]
    if item:
        page: dict[str, Any] = {"items": [example_of(item[0])], "next": None}
        return {**page, "total": None} if issubclass(model, CountedPage) else page
    return model.EXAMPLE
