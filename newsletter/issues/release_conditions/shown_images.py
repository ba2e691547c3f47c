"""
The measured images that an issue shows: those of its briefs, and those that staff uploaded for its
text.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.ingest.images.illustrator import addresses_in
from newsletter.issues.context import PublishingContext
from newsletter.mail.templating.images import embed_images, media_address
from newsletter.model.image import MEDIA_PREFIX, ImageInfo, images_in
from newsletter.model.issue import ChosenBrief
from newsletter.model.issue_content import TypedText
from newsletter.store.content.images import find_images, load_copy


def shown_images(
    connection: sa.Connection,
    briefs: Sequence[ChosenBrief],
    intro: TypedText | None,
    *,
    base_url: str,
) -> dict[str, ImageInfo]:
    """
    Return the images of *briefs* and *intro* by the addresses they have there. In a typed text, one
    of ours has its address on the web.
    """
    ours = media_address(base_url, "")
    typed = [img.src for img in images_in(intro.html)] if intro is not None else []
    stored = {url: MEDIA_PREFIX + url.removeprefix(ours) for url in typed if url.startswith(ours)}
    shown = [address for each in briefs for address in addresses_in(each.brief)]
    found = find_images(connection, [*shown, *stored.values()])
    return found | {url: found[address] for url, address in stored.items() if address in found}


def with_images(context: PublishingContext, html: str) -> str:
    """
    Embed the images of *html*, so that it can be viewed without a running server.
    """
    with context.database.read() as connection:
        return embed_images(
            html,
            base_url=context.site.base_url,
            load=lambda picture_id: load_copy(connection, picture_id),
        )
