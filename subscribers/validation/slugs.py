"""
Validate the slugs of lists.
"""

from __future__ import annotations

import re

from subscribers.errors import InvalidSlug

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_SLUG = 60
# The page on which a list is added has the address of one with that slug.
RESERVED_SLUGS = frozenset({"new"})


def require_slug(slug: str) -> None:
    """
    Require that *slug* can be part of the address of a list.

    Raises:
        InvalidSlug: it cannot, or a page has that address.
    """
    if len(slug) > _MAX_SLUG or not _SLUG.fullmatch(slug):
        raise InvalidSlug(
            f"{slug!r} is not a valid list slug: use up to {_MAX_SLUG} lower-case letters, digits "
            "and single hyphens, such as weekly-brief"
        )
    if slug in RESERVED_SLUGS:
        raise InvalidSlug(
            f"{slug!r} is reserved, because a page has that address: choose another slug"
        )
