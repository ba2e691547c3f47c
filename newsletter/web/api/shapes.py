"""
The classes of which the bodies of requests and responses are made.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)


def _as_utc(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[dt.datetime, PlainSerializer(_as_utc, return_type=str, when_used="json")]
"""
A point in time in a response, in UTC.
"""


def _require_text(value: object) -> object:
    # pydantic would also read a number, as seconds since 1970.
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("write a time such as 2026-03-04T12:00:00Z")
    return value


def _in_utc(value: dt.datetime) -> dt.datetime:
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("it is not a time between the years 1 and 9999 in UTC") from None


GivenMoment = Annotated[AwareDatetime, BeforeValidator(_require_text), AfterValidator(_in_utc)]
"""
A point in time in a request, with its offset from UTC.
"""


def _require_day(value: object) -> object:
    # pydantic would also read a number, and a time at midnight.
    if not isinstance(value, str | dt.date) or len(str(value)) != len("2026-03-04"):
        raise ValueError("write a date such as 2026-03-04")
    return value


GivenDay = Annotated[dt.date, BeforeValidator(_require_day)]
"""
A day in a request.
"""


class RequestBody(BaseModel):
    """
    The body of a request. What is not declared is refused, so that nobody sets what only the server
    may set. EXAMPLE is one that is accepted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=100_000)
    EXAMPLE: ClassVar[dict[str, Any]] = {}


class ResponseBody(BaseModel):
    """
    The body of a response, or a part of one.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
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


# A problem leaves out what does not apply.
_WITHOUT_NULLS = ConfigDict(json_schema_serialization_defaults_required=False)


class ValueProblemBody(ResponseBody):
    """
    What is wrong with one value of a request.
    """

    model_config = _WITHOUT_NULLS
    detail: str
    pointer: str | None = Field(default=None, description="JSON pointer to the field of the body")
    parameter: str | None = Field(default=None, description="Name of the parameter")
    header: str | None = Field(default=None, description="Name of the header")


class ProblemBody(ResponseBody):
    """
    Why a request was refused (RFC 9457).
    """

    model_config = _WITHOUT_NULLS
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "type": "urn:newsletter:problem:invalid",
        "title": "A value is not valid",
        "status": 422,
        "detail": "/name: String should have at most 200 characters",
        "errors": [{"detail": "String should have at most 200 characters", "pointer": "/name"}],
    }
    type: str = Field(description="What to recognise the problem by; it never changes")
    title: str
    status: int
    detail: str = Field(description="One line for people")
    errors: list[ValueProblemBody] | None = None


def example_of(model: Any) -> dict[str, Any] | None:
    """
    Return the example of a body; that of a page has one item.
    """
    if not isinstance(model, type) or not issubclass(model, RequestBody | ResponseBody):
        return None
    item = model.__pydantic_generic_metadata__["args"]
    if item:
        return {"items": [example_of(item[0])], "next": None}
    return model.EXAMPLE
