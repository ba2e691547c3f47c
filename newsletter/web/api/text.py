"""
The texts in the bodies of requests and responses that have a form of their own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

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

Explanation = Annotated[str, AfterValidator(with_operations)]
"""
A line in which the program says why, such as an error or a reason. Where the command line names
commands, it names operations.
"""

Explanations = list[Explanation]
