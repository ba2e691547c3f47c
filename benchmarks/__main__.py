"""
Run the benchmarks and print one table (`python -m benchmarks`). `FULL=1` takes the full sizes,
`ONLY=smtp,whole` runs those two.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from benchmarks import (
    api,
    export_people,
    feedback,
    freeze,
    freeze_segment,
    growth,
    import_people,
    inline,
    merge,
    move,
    notices,
    reader_pages,
    rooms,
    sandbox,
    segment_plans,
    sizes,
    smtp,
    start,
    statements,
    submit,
    submit_pg,
    whole,
)
from benchmarks.measure import Row, table

_ALL = (
    merge,
    inline,
    sandbox,
    freeze,
    freeze_segment,
    segment_plans,
    import_people,
    export_people,
    move,
    submit,
    submit_pg,
    notices,
    reader_pages,
    feedback,
    api,
    rooms,
    whole,
    smtp,
    growth,
    sizes,
    statements,
    start,
)
BENCHMARKS = {one.NAME: one.run for one in _ALL}


def main(environment: Mapping[str, str]) -> str:
    """
    Run the benchmarks that *environment* asks for and print their table.
    """
    full = environment.get("FULL", "") not in ("", "0")
    only = [name.strip() for name in environment.get("ONLY", "").split(",") if name.strip()]
    for name in only:
        if name not in BENCHMARKS:
            sys.exit(f"ONLY={name} is no benchmark: choose of {', '.join(BENCHMARKS)}")
    rows: list[Row] = []
    for name in only or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        found = BENCHMARKS[name](full=full)
        rows += found if isinstance(found, list) else [found]
    return table(rows)


if __name__ == "__main__":
    print(main(os.environ))
