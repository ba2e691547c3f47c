"""
Pictures of mails, taken by a Chromium of this machine that runs no script and fetches nothing
itself. `previewing` asks for them; they need the extra `preview`.
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
# Pictures taller than this are of no use to anybody, and a browser may fail at them.
_TALLEST = 20_000

# The type and the bytes of what an address answers, or None.
FetchPicture = Callable[[str], tuple[str, bytes] | None]


@dataclass(frozen=True, kw_only=True)
class Shot:
    """
    One picture to take: of *html*, so many CSS pixels wide, into *file*.
    """

    html: str
    width: int
    scheme: Literal["light", "dark"]
    file: Path


def why_not() -> str | None:
    """
    Why no picture can be taken here, in one line that says what to do; None when one can.
    """
    if importlib.util.find_spec("playwright") is None:
        return "no pictures: install the extra preview (`pip install '.[preview]'` in the checkout)"
    if _program() is None:
        return "no pictures: there is no Chromium on this machine; install the package chromium"
    return None


def take(shots: Sequence[Shot], *, fetch: FetchPicture) -> None:
    """
    Nothing; the pictures are on disk. What a mail loads comes through *fetch*.

    Raises:
        Refused: the browser cannot be started, or fails at a mail.
    """
    from playwright.sync_api import Error, sync_playwright

    # Chromium's own sandbox does not start for root, as in most containers.
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_program(), args=arguments)
            for shot in shots:
                _take(browser, shot, fetch)
            browser.close()
    except Error as error:
        line = " ".join(error.message.split())[:200]
        raise Refused(f"no pictures: {_program()} failed: {line}") from error


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def _take(browser: Browser, shot: Shot, fetch: FetchPicture) -> None:
    def answer(route: Route) -> None:
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
    page.route("**/*", answer)
    page.set_content(shot.html)
    box = page.locator("html").bounding_box() or {"height": 0}
    height = min(max(int(box["height"]), 800), _TALLEST)
    clip = {"x": 0, "y": 0, "width": shot.width, "height": height}
    page.screenshot(path=shot.file, full_page=True, clip=clip)  # type: ignore[arg-type]
    context.close()
