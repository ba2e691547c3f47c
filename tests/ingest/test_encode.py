"""
Image files re-encoded for mail in the sandboxed child, and those that are refused.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from picture_files import bomb, moving, noise, on_its_side, opened, picture, saved
from PIL import Image

from newsletter.errors import ReadError
from newsletter.ingest.images.encode import AIM_BYTES
from newsletter.isolation.sandbox import Sandbox


def encoded(sandbox: Sandbox, raw: bytes, *, function: str = "recode") -> dict[str, Any]:
    packed = base64.b64encode(raw).decode("ascii")
    answer: dict[str, Any] = sandbox.call(f"newsletter.ingest.images.encode:{function}", packed)
    return answer


def copied(sandbox: Sandbox, raw: bytes) -> bytes:
    return base64.b64decode(encoded(sandbox, raw)["copy"])


@pytest.mark.parametrize(
    ("kind", "copy_kind"),
    [("JPEG", "JPEG"), ("PNG", "PNG"), ("GIF", "PNG"), ("WEBP", "JPEG")],
)
def test_every_format_becomes_one_that_all_mail_programs_show(
    warm_sandbox: Sandbox, kind: str, copy_kind: str
) -> None:
    made = opened(copied(warm_sandbox, picture(kind, 200, 100)))
    assert (made.format, made.size) == (copy_kind, (200, 100))


def test_a_copy_is_at_most_twice_the_column_and_the_original_is_measured(
    warm_sandbox: Sandbox,
) -> None:
    raw = picture("JPEG", 3000, 1500)
    answer = encoded(warm_sandbox, raw)
    assert (answer["kind"], answer["width"], answer["height"]) == ("image/jpeg", 3000, 1500)
    assert opened(base64.b64decode(answer["copy"])).size == (1280, 640)


def test_a_photograph_is_upright_and_has_no_location(
    warm_sandbox: Sandbox,
) -> None:
    raw = on_its_side(600, 200)
    answer = encoded(warm_sandbox, raw)
    copy = base64.b64decode(answer["copy"])
    assert (answer["width"], answer["height"], opened(copy).size) == (200, 600, (200, 600))
    assert (b"secret quay" in raw, b"secret quay" in copy, b"Exif" in copy) == (True, False, False)


def test_a_large_png_becomes_a_jpeg_of_the_intended_size(warm_sandbox: Sandbox) -> None:
    raw = noise("PNG", 900, 600)
    copy = copied(warm_sandbox, raw)
    assert (len(raw) > AIM_BYTES, len(copy) <= AIM_BYTES) == (True, True)
    assert opened(copy).format == "JPEG"


def test_transparent_areas_become_white(warm_sandbox: Sandbox) -> None:
    raw = saved(Image.new("RGBA", (40, 20), (0, 0, 0, 0)), "PNG")
    assert opened(copied(warm_sandbox, raw)).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_a_small_animation_stays_and_a_large_one_becomes_its_first_frame(
    warm_sandbox: Sandbox,
) -> None:
    light = opened(copied(warm_sandbox, moving(3)))
    large = opened(copied(warm_sandbox, moving(3, 1400, 20)))
    assert (light.format, getattr(light, "n_frames", 1)) == ("GIF", 3)
    assert (large.format, large.size) == ("PNG", (1280, 18))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (bomb(), "it has over 40 million pixels"),
        (bomb(7000, 7000), "it has over 40 million pixels"),
        (bomb(6000, 6000), "it is damaged or incomplete"),
        (noise("JPEG", 400, 300)[:9000], "it is damaged or incomplete"),
        (noise("PNG", 400, 300)[:9000], "it is damaged or incomplete"),
        (picture("BMP", 40, 20), "it is not a JPEG, PNG, GIF or WebP file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is not a JPEG, PNG, GIF or WebP file"),
        (b"", "it is not a JPEG, PNG, GIF or WebP file"),
    ],
    ids=["bomb", "too large", "hollow", "cut jpeg", "cut png", "bmp", "svg", "empty"],
)
def test_an_unusable_file_is_refused_in_one_line(
    warm_sandbox: Sandbox, raw: bytes, reason: str
) -> None:
    with pytest.raises(ReadError) as refused:
        encoded(warm_sandbox, raw)
    assert str(refused.value) == reason


def test_the_largest_image_fits_into_the_childs_memory(warm_sandbox: Sandbox) -> None:
    raw = saved(Image.new("RGBA", (7700, 5190), (9, 9, 9, 128)), "PNG", compress_level=1)
    assert opened(copied(warm_sandbox, raw)).size == (1280, 863)


def test_measuring_makes_no_copy(warm_sandbox: Sandbox) -> None:
    assert encoded(warm_sandbox, on_its_side(60, 20), function="measure") == {
        "kind": "image/jpeg",
        "width": 20,
        "height": 60,
    }
