"""
The texts in the bodies of requests and responses that have a form of their own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from newsletter.web.api.refusals.command_names import with_operations

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


def explain(text: object) -> object:
    """
    Return *text* in the words of the API: where the command line names commands and options, it
    names operations and fields. Pydantic would make a plain text of a phrase first.
    """
    return with_operations(text) if isinstance(text, str) else text


Explanation = Annotated[str, BeforeValidator(explain)]
"""
A line in which the program says why, such as an error or a reason.
"""

Explanations = list[Explanation]
