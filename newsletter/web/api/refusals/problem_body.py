"""
The body of a problem, as the API's document describes it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from newsletter.web.api.body import ResponseBody

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
