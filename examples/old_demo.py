"""
Move a demo folder aside if an unreleased version made its database: `python old_demo.py FOLDER`.

Its settings, its outbox and its database belong together, so the demo then makes a new folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from newsletter.errors import UnreleasedDatabase
from newsletter.store.database import Database
from newsletter.store.migrate import require_current


def move_aside(folder: Path) -> Path | None:
    """
    Rename *folder* if this program cannot use its database, and return its new path.
    """
    file = folder / "newsletter.db"
    if not file.exists() or not _is_unreleased(file):
        return None
    numbers = range(1, 1000)
    free = next(
        p for n in numbers if not (p := folder.with_name(f"{folder.name}-old-{n}")).exists()
    )
    return folder.rename(free)


def _is_unreleased(file: Path) -> bool:
    database = Database(f"sqlite:///{file}")
    try:
        require_current(database)
    except UnreleasedDatabase:
        return True
    finally:
        database.close()
    return False


if __name__ == "__main__":
    if moved := move_aside(Path(sys.argv[1])):
        print(f"{sys.argv[1]}/ was made by an unreleased version and is now {moved}/")
