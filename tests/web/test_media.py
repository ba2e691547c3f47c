"""
The pictures of mails, as mail programs and strangers ask for them.
"""

from __future__ import annotations

import pytest
from installation import Installation
from web_samples import TestClient

from newsletter.model.image import ImageCopy, ImageInfo

PICTURE = ImageInfo(id="0a1b2c", kind="image/webp", width=9, height=6, weight=99, is_copied=True)
COPY = ImageCopy("image/jpeg", b"\xff\xd8 the copy")


@pytest.fixture
def address(installation: Installation) -> str:
    installation.app.illustrator.store.save(PICTURE, copy=COPY, address=None)
    return f"/media/{PICTURE.id}"


def test_a_picture_is_given_to_anybody_and_kept_for_ever(pages: TestClient, address: str) -> None:
    answer = pages.get(address)
    assert (answer.status_code, answer.content) == (200, COPY.content)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in answer.headers


def test_a_picture_can_run_nothing_and_is_never_taken_for_another_type(
    pages: TestClient, address: str
) -> None:
    headers = pages.get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_head_gives_the_length_and_no_bytes(pages: TestClient, address: str) -> None:
    answer = pages.head(address)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(COPY.content))


@pytest.mark.parametrize("picture_id", ["0a1b2d", "abcdef", "..%2fsecret.key", "%00", "é" * 300])
def test_what_is_no_picture_of_ours_is_a_plain_404(
    installation: Installation, pages: TestClient, address: str, picture_id: str
) -> None:
    only_measured = ImageInfo(id="abcdef", kind="image/png", width=9, height=6, weight=99)
    installation.app.illustrator.store.save(only_measured, copy=None, address="https://h/a.png")
    answer = pages.get(f"/media/{picture_id}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "private, no-store"
