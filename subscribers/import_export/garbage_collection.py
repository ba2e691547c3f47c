"""
Pause Python's garbage collector while many rows are in memory.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_garbage_collection() -> Iterator[None]:
    """
    Find no cycles of objects during the block. A batch of rows has thousands of objects and no
    cycles, so the collector would go through all of them, again and again, and find nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
