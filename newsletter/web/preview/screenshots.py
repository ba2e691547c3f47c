"""
Take screenshots of mails with this machine's Chromium, which runs no scripts and fetches nothing
itself. This requires the extra `preview`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from newsletter.errors import Refused

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_PATIENCE_MS = 30_000
# Taller screenshots are useless, and the browser may fail to take them.
_TALLEST = 20_000

# Return the type and the bytes of the image at a URL, or None.
FetchPicture = Callable[[str], tuple[str, bytes] | None]


@dataclass(frozen=True, kw_only=True)
class Shot:
    """
    A screenshot to take: of `html`, at a width in CSS pixels, saved as `file`.
    """

    html: str
    width: int
    scheme: Literal["light", "dark"]
    file: Path


def missing_requirement() -> str | None:
    """
    Return one line that says what must be installed to take screenshots; None if everything is.
    """
    if importlib.util.find_spec("playwright") is None:
        return "no screenshots: run `pip install '.[preview]'` in the checkout first"
    if _program() is None:
        return "no screenshots: Chromium was not found; install the package chromium"
    return None


def take_screenshots(shots: Sequence[Shot], *, fetch: FetchPicture) -> None:
    """
    Write the screenshots to disk. Images of the mails are loaded through *fetch*.

    Raises:
        Refused: the browser cannot be started, or fails to show a mail.
    """
    from playwright.sync_api import Error, sync_playwright

    # Chromium's own sandbox does not start for root, as in most containers.
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_program(), args=arguments)
            for shot in shots:
                _take_screenshot(browser, shot, fetch)
            browser.close()
    except Error as error:
        line = " ".join(error.message.split())[:200]
        raise Refused(f"no screenshots: {_program()} failed: {line}") from error


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def _take_screenshot(browser: Browser, shot: Shot, fetch: FetchPicture) -> None:
    def respond(route: Route) -> None:
        found = fetch(route.request.url) if route.request.resource_type == "image" else None
        if found is None:
            route.abort()
        else:
            route.fulfill(content_type=found[0], body=found[1])

    context = browser.new_context(
        viewport={"width": shot.width, "height": 800},
        color_scheme=shot.scheme,
        java_script_enabled=False,
        service_workers="block",
    )
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    page.route("**/*", respond)
    page.set_content(shot.html)
    box = page.locator("html").bounding_box() or {"height": 0}
    height = min(max(int(box["height"]), 800), _TALLEST)
    clip = {"x": 0, "y": 0, "width": shot.width, "height": height}
    page.screenshot(path=shot.file, full_page=True, clip=clip)  # type: ignore[arg-type]
    context.close()
