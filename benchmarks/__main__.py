"""
`python -m benchmarks`: runs them and prints one table. `FULL=1` takes the full sizes, `ONLY=merge`
runs one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from benchmarks import (
    feedback,
    freeze,
    growth,
    handover,
    handover_pg,
    inline,
    merge,
    smtp,
    start,
    statements,
    whole,
)
from benchmarks.measure import Row, table

_ALL = (
    merge,
    inline,
    freeze,
    handover,
    handover_pg,
    feedback,
    whole,
    smtp,
    growth,
    statements,
    start,
)
BENCHMARKS = {one.NAME: one.run for one in _ALL}


def main(environment: Mapping[str, str]) -> str:
    """
    The table of what *environment* asks for.
    """
    only, full = environment.get("ONLY", ""), environment.get("FULL", "") not in ("", "0")
    if only and only not in BENCHMARKS:
        sys.exit(f"ONLY={only} is no benchmark: choose one of {', '.join(BENCHMARKS)}")
    rows: list[Row] = []
    for name in [only] if only else BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        found = BENCHMARKS[name](full=full)
        rows += found if isinstance(found, list) else [found]
    return table(rows)


if __name__ == "__main__":
    print(main(os.environ))
