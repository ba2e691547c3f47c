"""
Validate the slugs of lists.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from subscribers.errors import InvalidSlug
from subscribers.text.phrases import phrase

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
            phrase(
                "{list!r} is not a valid list slug: use up to {limit} lower-case letters, "
                "digits and single hyphens, such as weekly-brief",
                list=slug,
                limit=_MAX_SLUG,
            )
        )
    if slug in RESERVED_SLUGS:
        raise InvalidSlug(
            phrase(
                "{list!r} is reserved, because a page has that address: choose another slug",
                list=slug,
            )
        )


def unknown_slug(slug: str, known: Sequence[str]) -> str:
    """
    Say that no list has that slug, with advice on those that are *known*.
    """
    if not known:
        return phrase(
            "there is no list {list!r}: no lists exist yet, add one with `newsletter list add`",
            list=slug,
        )
    near = difflib.get_close_matches(slug, known, n=1, cutoff=0.5)
    if near:
        return phrase("there is no list {list!r}: did you mean {near!r}?", list=slug, near=near[0])
    return phrase("there is no list {list!r}: `newsletter list list` shows all lists", list=slug)
