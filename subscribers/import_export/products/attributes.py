"""
Read the cells in which products keep everything that has no column of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import orjson

# Longer ones than people have, which would only take time.
_MAX_TEXT = 16_384


def read_json(cell: str) -> Mapping[str, Any]:
    """
    Return the values in a JSON object; none if *cell* is not one.
    """
    if not cell.strip() or len(cell) > _MAX_TEXT:
        return {}
    try:
        found = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def read_python(cell: str) -> Mapping[str, Any]:
    """
    Return the values in a dict as Python prints it; none if *cell* is not one.
    """
    if not cell.strip() or len(cell) > _MAX_TEXT:
        return {}
    try:
        found = ast.literal_eval(cell.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return read_json(cell)
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(key, str)}
