"""
Somebody who uses the newsroom in a browser, and whose every page is looked at.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from browser_checks import axe_faults, overflow
from installation import Installation
from newsroom_controls import Controls, Keyboard, Mouse
from playwright.sync_api import Locator, Page

PATIENCE_MS = 120_000
# A folder for screenshots to look at.
GALLERY = os.environ.get("NEWSLETTER_GALLERY")


@dataclass(frozen=True, kw_only=True)
class Way:
    """
    How an editor comes to the newsroom: the width of the window, whether the browser runs scripts,
    and whether there is a mouse.
    """

    width: int = 1280
    has_scripts: bool = True
    has_mouse: bool = True


class Editor:
    """
    Uses the newsroom in one way. Each page that comes is checked with axe.
    """

    def __init__(self, installation: Installation, page: Page, way: Way) -> None:
        self.installation, self.page, self.way = installation, page, way
        self.controls: Controls = Mouse(page) if way.has_mouse else Keyboard(page)
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> None:
        base_url = self.installation.app.site.base_url
        self.page.goto(path if path.startswith("http") else base_url + path)
        self.look()

    def write(self, selector: str, text: str) -> None:
        self.controls.write(self.page.locator(selector), text)

    def choose(self, selector: str, value: str) -> None:
        self.controls.choose(self.page.locator(selector), value)

    def tick(self, selector: str) -> None:
        for box in self.page.locator(selector).all():
            self.controls.tick(box)

    def click(self, text: str, *, within: str = "main") -> None:
        """
        Press the button, or follow the link, with this text, and look at the page that comes.
        """
        wanted = re.compile(f"^{text}$")
        shown = self.page.locator(f"{within} button:visible, {within} a:visible")
        self.go(shown.filter(has_text=wanted).first)

    def go(self, target: Locator) -> None:
        """
        Press a button or link that leads to a page, and look at that.
        """
        with self.page.expect_navigation():
            self.controls.press(target)
        self.look()

    def look(self) -> None:
        """
        Check that the page has a heading, needs no scrolling sideways, and has no faults that axe
        finds.
        """
        self.page.wait_for_selector("h1")
        if GALLERY:
            number = len(list(Path(GALLERY).glob("journey-*.png")))
            self.page.screenshot(path=f"{GALLERY}/journey-{number:02}.png", full_page=True)
        assert overflow(self.page) == [], self.page.url
        if self.way.has_scripts:
            assert axe_faults(self.page) == [], self.page.url
