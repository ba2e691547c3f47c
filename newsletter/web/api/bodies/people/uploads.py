"""
The body of a file that is sent with a request.
"""

from __future__ import annotations

import base64
import binascii
import io
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from newsletter.actions.people.files.uploads import UploadedFile
from newsletter.web.api.body import RequestBody

# More than the largest body of a request.
_MOST = 64 * 1024 * 1024


class UploadBody(RequestBody):
    """
    A file: what is in it as `text`, or as `base64`.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "people.csv", "text": "email,name,Edition\nada@example.org,Ada,morning\n",
    }  # fmt: skip
    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            pattern=r"^[^./\\\x00-\x1f][^/\\\x00-\x1f]*$",
            description="Its ending says whether it is an archive",
        ),
    ]
    text: Annotated[str, Field(max_length=_MOST)] | None = None
    base64: (
        Annotated[str, Field(max_length=_MOST, json_schema_extra={"contentEncoding": "base64"})]
        | None
    ) = None

    @model_validator(mode="after")
    def _require_content(self) -> Self:
        if (self.text is None) == (self.base64 is None):
            raise ValueError("give the content of the file as `text` or as `base64`")
        self.as_file()
        return self

    def as_file(self) -> UploadedFile:
        """
        Return what an action takes.

        Raises:
            ValueError: it is not Base64.
        """
        if self.text is not None:
            return UploadedFile(name=self.name, content=io.BytesIO(self.text.encode()))
        try:
            content = base64.b64decode(self.base64 or "", validate=True)
        except (ValueError, binascii.Error) as error:
            raise ValueError("this is not Base64") from error
        return UploadedFile(name=self.name, content=io.BytesIO(content))
