"""
Images in the store, on both databases.
"""

from __future__ import annotations

import datetime as dt

from newsletter.model.image import ImageCopy, ImageInfo
from newsletter.store.content.images import find_images, load_copy, save_image
from newsletter.store.database import Database

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
QUAY = ImageInfo(id="0a", kind="image/png", width=9, height=6, weight=99)
COPIED = ImageInfo(id="0a", kind="image/png", width=9, height=6, weight=99, is_copied=True)
COPY = ImageCopy("image/jpeg", b"\x00\xff the copy")


def keep(
    database: Database,
    picture: ImageInfo,
    *,
    copy: ImageCopy | None = None,
    address: str | None = None,
) -> None:
    with database.write() as connection:
        save_image(connection, picture, copy=copy, address=address, now=NOW)


def find(database: Database, *addresses: str) -> dict[str, ImageInfo]:
    with database.read() as connection:
        return find_images(connection, addresses)


def test_one_file_at_two_addresses_is_one_picture(database: Database) -> None:
    keep(database, QUAY, address="https://h/a.png")
    keep(database, QUAY, address="https://h/b.png")
    known = ("https://h/a.png", "https://h/b.png", "media:0a")
    assert find(database, *known, "https://h/c.png") == dict.fromkeys(known, QUAY)


def test_a_measured_picture_gains_its_copy_and_keeps_it(database: Database) -> None:
    keep(database, QUAY)
    keep(database, COPIED, copy=COPY)
    keep(database, QUAY)
    assert find(database, "media:0a") == {"media:0a": COPIED}
    with database.read() as connection:
        assert load_copy(connection, "0a") == COPY


def test_a_picture_without_a_copy_is_not_served(database: Database) -> None:
    keep(database, QUAY)
    with database.read() as connection:
        assert load_copy(connection, "0a") is None


def test_any_number_of_addresses_may_be_asked_for(database: Database) -> None:
    keep(database, QUAY, address="https://h/39999.png")
    addresses = [f"https://h/{number}.png" for number in range(40_000)]
    assert find(database, *addresses) == {"https://h/39999.png": QUAY}
