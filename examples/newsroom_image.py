"""
Take the picture of the demo's newsroom that the documentation shows: `make images`.

It invites an owner of the demo, once, serves the newsroom on a free port, and looks at what is
today.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-m", "newsletter", "--config", "demo/newsletter.toml")
OWNER, PASSWORD = "desk@northbrief.example", "a picture of the newsroom"
# In CSS pixels, of which each has one and a half of the picture's.
SIZE = {"width": 1180, "height": 900}


def take(address: str, invitation: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport=SIZE, device_scale_factor=1.5)
        page.goto(f"{address}{invitation}")
        for field in page.query_selector_all("input[type=password]"):
            field.fill(PASSWORD)
        with page.expect_navigation():
            page.click("main button")
        page.goto(f"{address}/admin")
        image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    image.save(ROOT / "docs" / "images" / "newsroom.webp", quality=80, method=6)


def main() -> None:
    invite = (*PROGRAM, "staff", "invite", OWNER, "--owner", "--link")
    made = subprocess.run(invite, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    (invitation,) = re.findall(r"/admin/invitation/\S+", made.stdout)
    serve = (*PROGRAM, "serve", "--only", "web", "--port", "0")
    with subprocess.Popen(serve, cwd=ROOT, stderr=subprocess.PIPE, text=True) as served:  # noqa: S603
        assert served.stderr is not None
        found = (re.search(r"serving on (http://\S+)", line) for line in served.stderr)
        address = next(each[1] for each in found if each)
        try:
            take(address, invitation)
        finally:
            served.terminate()


if __name__ == "__main__":
    main()
