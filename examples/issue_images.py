"""
Take the two pictures of the demo's issue that the README shows, light and dark: `make images`.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
ISSUE = ROOT / "demo" / "preview" / "issue.html"
# In CSS pixels, of which each has two of the picture's: down to the end of the first brief.
SIZE = (640, 880)


def take(scheme: Literal["light", "dark"]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        size = {"width": SIZE[0], "height": SIZE[1]}
        page = browser.new_page(viewport=size, device_scale_factor=2, color_scheme=scheme)
        page.goto(ISSUE.as_uri())
        image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    image.save(ROOT / "docs" / "images" / f"issue-{scheme}.webp", quality=80, method=6)


if __name__ == "__main__":
    take("light")
    take("dark")
