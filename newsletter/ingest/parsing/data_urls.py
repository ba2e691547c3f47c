"""
Extract images that are embedded in a text as `data:` URLs, before it is parsed: they would use up
its size limit, and mail programs do not show them. Pure; used by `collect` and `files`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace

from newsletter.model.brief import Poll, RawItem
from newsletter.model.image import CID_PREFIX

# Anything shorter is a placeholder, as lazy loading uses.
_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,([A-Za-z0-9+/]{400,}={0,2})")


def with_embedded(poll: Poll) -> Poll:
    """
    Return *poll* with such images converted to images that came with its items.
    """
    lifted = [lift(item) for item in poll.items]
    own = {(item.key, name): raw for item, found in lifted for name, raw in found.items()}

    def opened(key: str, name: str) -> bytes:
        raw = own.get((key, name))
        return poll.open_image(key, name) if raw is None else raw

    return replace(poll, items=tuple(item for item, _ in lifted), open_image=opened)


def lift(item: RawItem) -> tuple[RawItem, Mapping[str, bytes]]:
    """
    Return *item* with the images in its text replaced by names, and the bytes of each by its name.
    """
    found: dict[str, bytes] = {}

    def named(written: re.Match[str]) -> str:
        try:
            raw = base64.b64decode(written[1], validate=True)
        except binascii.Error:
            return written[0]
        name = f"embedded-{len(found) + 1}"
        found[name] = raw
        return CID_PREFIX + name

    content = _IMAGE.sub(named, item.content)
    page = _IMAGE.sub(named, item.page) if item.page else item.page
    if not found:
        return item, {}
    return replace(item, content=content, page=page, images=(*item.images, *found)), found
