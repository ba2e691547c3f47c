"""
Splitting captions from credits.
"""

from __future__ import annotations

import pytest

from newsletter.ingest.parsing.captions import alt_text, split_caption


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A quay. (AP Photo/ Lena Moroz).", ("A quay.", "AP Photo/Lena Moroz")),
        ("A quay. AP Photo/J. Scott Field, File", ("A quay.", "AP Photo/J. Scott Field, File")),
        ("A quay (Photo by Ana Sorel)", ("A quay", "Photo by Ana Sorel")),
        ("A quay. Photo credit: Ana Sorel", ("A quay.", "Ana Sorel")),
        ("A quay. (Port Office via AP)", ("A quay.", "Port Office via AP")),
        ("A quay. Ana Sorel/Getty Images", ("A quay.", "Ana Sorel/Getty Images")),
        ("AP Photo/Lena Moroz", (None, "AP Photo/Lena Moroz")),
        ("A quay (in winter).", ("A quay (in winter).", None)),
        ("", (None, None)),
    ],
)
def test_a_caption_is_split_from_its_credit(
    text: str, expected: tuple[str | None, str | None]
) -> None:
    assert split_caption(text) == expected


@pytest.mark.parametrize(
    ("said", "alt"),
    [
        ("A quay", "A quay"),
        ("IMG_0042", ""),
        ("sarno-quay_2024.jpeg", ""),
        ("Screenshot 2024-05-01 10.11.12", ""),
        ("the old QUAY, at dusk", ""),
        ("A crane\n\nDescription automatically generated", "A crane"),
        ("Photo of the quay", "Photo of the quay"),
    ],
)
def test_alt_text_is_neither_a_file_name_nor_the_caption(said: str, alt: str) -> None:
    assert alt_text(said, "The old quay at dusk.") == alt
