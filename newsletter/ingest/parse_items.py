"""
Parse raw items into briefs in the sandboxed child process, in batches, for `collect`.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.errors import SandboxError
from newsletter.ingest.parsing.read import without_page
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief, RawItem, ReadingRules

# Items per call of the child process; its time limit covers all of them.
READ_AT_ONCE = 40


def read_items(
    sandbox: Sandbox, items: Sequence[RawItem], rules: ReadingRules
) -> list[Brief | str]:
    """
    Parse each item in the child process, and return its brief or one line that says why it failed.
    """
    read: list[Brief | str] = []
    for start in range(0, len(items), READ_AT_ONCE):
        some = items[start : start + READ_AT_ONCE]
        try:
            read += _read(sandbox, some, rules)
        except SandboxError:
            # One of them exceeds the limits of the child. Parsed one by one, only that one fails.
            read += [_read_alone(sandbox, item, rules) for item in some]
    return read


def _read_alone(sandbox: Sandbox, item: RawItem, rules: ReadingRules) -> Brief | str:
    try:
        return _read(sandbox, [item], rules)[0]
    except SandboxError as error:
        if item.page is not None:
            return _read_alone(sandbox, without_page(item), rules)
        return str(error)


def _read(sandbox: Sandbox, items: Sequence[RawItem], rules: ReadingRules) -> list[Brief | str]:
    results = sandbox.call(
        "newsletter.ingest.parsing.sandbox_child:read_many",
        [item.as_json() for item in items],
        rules.as_json(),
    )
    return [
        Brief.from_json(result["brief"]) if "brief" in result else str(result["error"])
        for result in results
    ]
