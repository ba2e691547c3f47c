"""
Pictures of a mail: one for each screen and reader, of nothing but what is handed to them.
"""

from __future__ import annotations

import base64
import struct
from pathlib import Path

import pytest
from previews import previewed

from newsletter.web.preview.folder import Preview
from newsletter.web.preview.screenshots import Shot, take_screenshots

pytestmark = pytest.mark.ci

RED = base64.b64decode(
    "R0lGODdhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs="  # one red pixel
)
MAIL = (
    "<!DOCTYPE html><html><head><style>@media (prefers-color-scheme:dark){body{background:#000}}"
    "</style></head><body><img src='https://pictures.example/red.gif' alt='red' width='300' "
    "height='300'><link rel='stylesheet' href='https://pictures.example/x.css'>"
    "<script>document.body.remove()</script></body></html>"
)


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Preview:
    return previewed(tmp_path_factory.mktemp("preview") / "issue")


def size_of(picture: Path) -> tuple[int, int]:
    """
    Width and height of a PNG (its first chunk, PNG specification 11.2.2).
    """
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


def test_each_screen_and_reader_has_its_screenshot(preview: Preview) -> None:
    names = [f"{page}-{width}-{scheme}.png" for page in ("issue", "images-blocked")
             for width in (375, 700) for scheme in ("light", "dark")]  # fmt: skip
    readers = ("the-longest-name", "no-name", "a-right-to-left-name", "markup-in-the-name")
    names += [f"{reader}-375-light.png" for reader in readers]
    assert list(preview.screenshots) == names
    sizes = {name: size_of(preview.folder / name) for name in names}
    assert [sizes[name][0] for name in names] == [int(name.split("-")[-2]) for name in names]
    assert all(height > 800 for _, height in sizes.values())
    assert preview.no_screenshots is None


def test_light_and_dark_differ(preview: Preview) -> None:
    light, dark = ((preview.folder / f"issue-375-{s}.png").read_bytes() for s in ("light", "dark"))
    assert light != dark


def test_a_mail_in_a_screenshot_loads_only_what_is_handed_to_it_and_runs_nothing(
    tmp_path: Path,
) -> None:
    asked = []

    def fetch(url: str) -> tuple[str, bytes] | None:
        asked.append(url)
        return ("image/gif", RED)

    shots = [
        Shot(html=html, width=375, scheme="light", file=tmp_path / f"{name}.png")
        for name, html in {"seen": MAIL, "without": MAIL.replace("src=", "title=")}.items()
    ]
    take_screenshots(shots, fetch=fetch)
    assert asked == ["https://pictures.example/red.gif"]
    assert (tmp_path / "seen.png").read_bytes() != (tmp_path / "without.png").read_bytes()
