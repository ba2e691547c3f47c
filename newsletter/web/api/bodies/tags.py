"""
The bodies of the requests and responses about tags.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path

from newsletter.web.api.bodies.subscriptions import Tag
from newsletter.web.api.body import RequestBody, Resource

TagInPath = Annotated[
    str,
    Path(
        max_length=100,
        description="The tag; one with a slash cannot be named here",
        examples=["press"],
    ),
]


class TagBody(Resource):
    """
    A tag, and the number of people who have it.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "press", "people": 120}
    name: str
    people: int


class NewTagName(RequestBody):
    """
    What a tag is to be called.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "journalists"}
    name: Tag
