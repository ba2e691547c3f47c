"""
Loaded by Schemathesis, so that it never revokes the token that it calls with, and so that its
sequences of calls begin with objects that can be made. $OWN_TOKEN is the number of the token.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

import schemathesis

OWN = int(os.environ["OWN_TOKEN"])
ABSENT = 2**53
# What is taken if somebody else has it.
NAMES = ("address", "name", "slug")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """
    Name another token. In a sequence, name no version, which would be a wrong one, and in every
    second body send the example of the document under a new name.
    """
    is_revoking = case.operation.path.endswith("/tokens/{number}/revoke")
    if is_revoking and _as_number(case.path_parameters.get("number")) == OWN:
        case.path_parameters["number"] = ABSENT
    if case.meta is not None and case.meta.phase.name.value == "stateful":
        case.headers.pop("If-Match", None)
        number = zlib.crc32(repr(case.body).encode("utf-8", "replace"))
        example = _example(case.operation.definition.raw)
        if example is not None and number % 2:
            case.body = {
                name: f"{number}{value}" if name in NAMES and case.method == "POST" else value
                for name, value in example.items()
            }


def _example(described: dict[str, Any]) -> dict[str, Any] | None:
    content = described.get("requestBody", {}).get("content", {})
    example: dict[str, Any] | None = content.get("application/json", {}).get("example")
    return example


def _as_number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
