"""
Keep the temporary files of a test run in memory: on a disk, half of the time is spent waiting for
it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

FOLDER = Path("/dev/shm")
ENOUGH_BYTES = 4 * 2**30


def use_memory_for_temporary_files() -> None:
    """
    Have this process and its children make temporary files in memory, if there is enough of it and
    nobody named another folder.
    """
    if "TMPDIR" not in os.environ and _is_fit(FOLDER):
        os.environ["TMPDIR"] = str(FOLDER)
        tempfile.tempdir = None


def _is_fit(folder: Path) -> bool:
    # Programs are copied there and run: containers may forbid that.
    if not folder.is_dir() or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free > ENOUGH_BYTES
