"""
Loaded by Schemathesis, so that it never revokes the token that it calls with. $OWN_TOKEN is the
number of that token.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis

OWN = int(os.environ["OWN_TOKEN"])
ABSENT = 2**53


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """
    Name another token.
    """
    is_revoking = case.method == "DELETE" and case.operation.path.endswith("/tokens/{number}")
    if is_revoking and _as_number(case.path_parameters.get("number")) == OWN:
        case.path_parameters["number"] = ABSENT


def _as_number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
