"""
The texts in the bodies of requests and responses that have a form of their own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Slug = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description="The short name of the list",
    ),
]
"""
The short name of a mailing list.
"""

Line = Annotated[str, Field(max_length=1_000)]
"""
A line of text.
"""
