"""
Store the images of briefs: the size of each file, and the copy that `/media/ID` serves.

The copies are in the database, so that one backup includes them and every process on PostgreSQL
serves the same ones. Only `/media/ID` reads the copies, one at a time.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.model.image import MEDIA_PREFIX, ImageCopy, ImageInfo
from newsletter.store.tables import image as image_table
from newsletter.store.tables import image_address
from subscribers.database.columns import insert_into

# SQLite takes 32,766 parameters in one statement.
_AT_ONCE = 500
_MEASURES = (
    image_table.c.id,
    image_table.c.kind,
    image_table.c.width,
    image_table.c.height,
    image_table.c.weight,
    image_table.c.copy_kind,
)


def find_images(connection: sa.Connection, addresses: Iterable[str]) -> dict[str, ImageInfo]:
    """
    Return the known images by their addresses, in the form that briefs use (`media:ID`, http,
    https).
    """
    wanted = sorted(set(addresses))
    found: dict[str, ImageInfo] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        found |= _find(connection, wanted[start : start + _AT_ONCE])
    return found


def copy_weight(connection: sa.Connection, image_id: str) -> int | None:
    """
    Return how many bytes the copy of an image has; None if there is none.
    """
    weight = sa.select(sa.func.length(image_table.c.copy)).where(image_table.c.id == image_id)
    return connection.execute(weight).scalar_one_or_none()


def _find(connection: sa.Connection, wanted: Sequence[str]) -> dict[str, ImageInfo]:
    ids = [
        address.removeprefix(MEDIA_PREFIX) for address in wanted if address.startswith(MEDIA_PREFIX)
    ]
    own = sa.select((MEDIA_PREFIX + image_table.c.id).label("address"), *_MEASURES)
    elsewhere = sa.select(image_address.c.address, *_MEASURES).join(
        image_table, image_table.c.id == image_address.c.image_id
    )
    rows = connection.execute(
        sa.union_all(
            own.where(image_table.c.id.in_(ids)),
            elsewhere.where(image_address.c.address.in_(wanted)),
        )
    )
    return {row.address: _image(row) for row in rows}


def save_image(
    connection: sa.Connection,
    image: ImageInfo,
    *,
    copy: ImageCopy | None,
    address: str | None,
    now: dt.datetime,
) -> None:
    """
    Save an image, its copy, and the web address it was found at. An image that is already stored
    does not change, but gets the copy if it has none.
    """
    values = dataclasses.asdict(image)
    del values["is_copied"]
    copied = {"copy": copy.content, "copy_kind": copy.kind} if copy else {}
    connection.execute(
        insert_into(connection, image_table)
        .values(**values, **copied, stored_at=now)
        .on_conflict_do_nothing()
    )
    if copied:
        bare = (image_table.c.id == image.id) & image_table.c.copy_kind.is_(None)
        connection.execute(sa.update(image_table).where(bare).values(**copied))
    if address is not None:
        connection.execute(
            insert_into(connection, image_address)
            .values(address=address, image_id=image.id)
            .on_conflict_do_update(index_elements=["address"], set_={"image_id": image.id})
        )


def load_copy(connection: sa.Connection, image_id: str) -> ImageCopy | None:
    """
    Return the copy that is served as `/media/ID`, if there is one.
    """
    row = connection.execute(
        sa.select(image_table.c.copy, image_table.c.copy_kind).where(
            image_table.c.id == image_id, image_table.c.copy_kind.is_not(None)
        )
    ).one_or_none()
    return None if row is None else ImageCopy(row.copy_kind, bytes(row.copy))


def _image(row: Any) -> ImageInfo:
    return ImageInfo(
        id=row.id,
        kind=row.kind,
        width=row.width,
        height=row.height,
        weight=row.weight,
        is_copied=row.copy_kind is not None,
    )
