"""
Read the body of a form.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException

MOST_FIELDS = 2_000
MOST_CODED_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class FormFile:
    """
    A file that was chosen in a form, with its name on the computer it came from.
    """

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class TypedForm:
    """
    What was typed, as it came: `values` has every field that was sent with all its values, blank
    ones too, `files` those with a file.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, FormFile] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """
        Return the first value of a field; empty if it is missing.
        """
        return next(iter(self.values.get(name, ())), "")

    def many(self, name: str) -> tuple[str, ...]:
        """
        Return the values of a field that are not blank: what is ticked or picked. Two fields are
        never paired by their places in it.
        """
        return tuple(filter(None, self.values.get(name, ())))


def parse_form(body: bytes) -> TypedForm:
    """
    Read the body of a form. What cannot be read is left out, and so is NUL, which no database
    stores.

    Raises:
        HTTPException: it has too many fields, or too much text.
    """
    require_bounded(fields=body.count(b"&") + 1, coded_bytes=len(body))
    text = body.decode("utf-8", "replace")
    values: dict[str, list[str]] = {}
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
        values.setdefault(name, []).append(value.replace("\0", ""))
    return TypedForm(values=values)


def require_bounded(*, fields: int, coded_bytes: int = 0) -> None:
    """
    Refuse a form that is larger than any of ours, before its fields are read.

    Raises:
        HTTPException: it has too many fields, or too much text.
    """
    if fields > MOST_FIELDS or coded_bytes > MOST_CODED_BYTES:
        raise HTTPException(413)
