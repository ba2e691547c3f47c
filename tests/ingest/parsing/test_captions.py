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
        ("Причал. (Фото: Reuters)", ("Причал.", "Фото: Reuters")),
        ("Ein Kai. (Bild: Ana Sorel)", ("Ein Kai.", "Bild: Ana Sorel")),
        ("Molo. Fot. Ana Sorel", ("Molo. Fot. Ana Sorel", None)),
        ("Molo (fot. Ana Sorel/AFP)", ("Molo", "fot. Ana Sorel/AFP")),
        ("Un muelle. Foto: EFE", ("Un muelle.", "Foto: EFE")),
        ("岸壁のフェリー。（写真：ロイター）", ("岸壁のフェリー。", "写真：ロイター")),
        ("码头（图片来源：路透社）", ("码头", "图片来源：路透社")),
        ("Sie sprach (in der Bildung).", ("Sie sprach (in der Bildung).", None)),
        ("Foto: A quay in winter (Ana Sorel)", ("A quay in winter", "Ana Sorel")),
        ("Фото: Причал зимой (РИА)", ("Причал зимой", "РИА")),
        ("फोटो: घाट (रॉयटर्स)", ("घाट", "रॉयटर्स")),
        ("Un molo d’inverno (ANSA)", ("Un molo d’inverno", "ANSA")),
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
