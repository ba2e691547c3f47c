"""
Read the JSON of a request within limits, before anything looks at what it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from newsletter.web.api.refusals.problems import Problem, ProblemType, ValueProblem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_FIELDS = 100
MAX_ITEMS = 1_000
MAX_VALUES = 100_000
"""
How many values a body may have in all: the parser makes an object of each, and no other thread runs
meanwhile.
"""

_NOT_STORED = "NUL and halves of surrogate pairs cannot be stored: remove them"
# Larger ones are parsed in a thread.
_SMALL = 32 * 1024
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'",[{'))


class JsonRequest(Request):
    """
    A request whose JSON is read by `parse_json`.
    """

    async def json(self) -> Any:
        """
        Return the body as JSON values.

        Raises:
            Problem: it is not JSON, or exceeds a limit.
        """
        if not hasattr(self, "_json"):
            raw = await self.body()
            small = len(raw) <= _SMALL
            self._json = parse_json(raw) if small else await run_in_threadpool(parse_json, raw)
        return self._json


def parse_json(raw: bytes) -> Any:
    """
    Parse the body of a request.

    Raises:
        Problem: it is not JSON, has too many values, an object with too many fields or an array
            with too many items, is nested too deeply, or has a text with NUL or half a surrogate
            pair, which no database stores.
    """
    if len(raw) > _SMALL and _count_values(raw) > MAX_VALUES:
        detail = f"the body has more than {MAX_VALUES:,} values: send several requests"
        raise Problem(kind=ProblemType.INVALID, detail=detail)
    try:
        value, is_odd = orjson.loads(raw), b"\\u0000" in raw
    except orjson.JSONDecodeError as error:
        # It also refuses halves of surrogate pairs, which are a value and not a mistake in the
        # syntax.
        value, is_odd = _read_leniently(raw, error), True
    for pointer, detail in _faults(value, with_texts=is_odd):
        raise Problem(
            kind=ProblemType.INVALID,
            detail=f"{pointer or 'the body'}: {detail}",
            errors=[ValueProblem(detail=detail, pointer=pointer)],
        )
    return value


def _count_values(raw: bytes) -> int:
    """
    Return how many values and names the body has, within a few, without parsing it.
    """
    # What remains are quotes, and the commas and brackets between them; those in texts are left
    # out, which are half of the pieces.
    plain = raw.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_STRUCTURE)
    quotes = plain.count(b'"')
    if quotes > 2 * MAX_VALUES:
        return quotes
    return quotes // 2 + sum(map(len, plain.split(b'"')[::2]))


def _read_leniently(raw: bytes, error: orjson.JSONDecodeError) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        detail = f"the body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise Problem(kind=ProblemType.INVALID_JSON, detail=detail) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _faults(value: Any, *, with_texts: bool) -> Iterator[tuple[str, str]]:
    """
    Yield a JSON pointer and what is wrong there.
    """
    left: list[tuple[str, int, Any]] = [("", 1, value)]
    while left:
        pointer, depth, each = left.pop()
        if with_texts and isinstance(each, str) and not _can_be_stored(each):
            yield pointer, _NOT_STORED
        if not isinstance(each, dict | list):
            continue
        if depth > MAX_DEPTH:
            yield pointer, f"it is nested more than {MAX_DEPTH} levels deep"
            return
        if isinstance(each, list):
            if len(each) > MAX_ITEMS:
                yield pointer, f"it has more than {MAX_ITEMS:,} items"
            pairs: Iterable[tuple[Any, Any]] = enumerate(each)
        else:
            pairs = each.items()
            if len(each) > MAX_FIELDS:
                yield pointer, f"it has more than {MAX_FIELDS} fields"
            if with_texts and not all(map(_can_be_stored, each)):
                yield pointer, _NOT_STORED
        left += ((f"{pointer}/{_part(name)}", depth + 1, inner) for name, inner in pairs)


def _can_be_stored(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _part(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
