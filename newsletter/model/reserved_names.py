"""
The names that no source and no schedule can have, because pages have their addresses. Lists have
the same, in `subscribers/lists.py`.
"""

from __future__ import annotations

from newsletter.errors import InvalidValue

# A browser takes away the dots of "/admin/sources/..".
RESERVED_NAMES = frozenset({"new", ".", ".."})


def require_free_name(name: str) -> None:
    """
    Require that something new can have this name.

    Raises:
        InvalidValue: it is reserved.
    """
    if name in RESERVED_NAMES:
        raise InvalidValue(
            f"{name!r} is reserved, because a page has that address: choose another name"
        )
