"""
Refusals that several tests share.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path


def rows_of(office: Path, table: str) -> int:
    with sqlite3.connect(office / "newsletter.db") as connection:
        count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return int(count)
