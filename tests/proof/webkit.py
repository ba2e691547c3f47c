"""
Examine samples in WebKitGTK, the nearest thing here to Apple's mail programs: what is wider than
the window, and pictures.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from proof.chromium import PICTURE, SCHEMES
from proof.display import hidden_screen
from proof.samples import Sample
from proof.verdict import Tool, ToolFailed, Verdict, count_of

PYTHON = "/usr/bin/python3"
_WINDOW = Path(__file__).with_name("webkit_window.py")
_VIEWS = tuple((width, scheme) for width in (375, 700) for scheme in SCHEMES)
_INSTALL = "apt-get install xvfb gir1.2-webkit2-4.1 python3-gi python3-gi-cairo"
_IMPORTS = "import gi, cairo; gi.require_version('WebKit2', '4.1'); gi.require_foreign('cairo')"
# Drawn by the processor: there is no graphics card behind a screen nobody sees.
_PLAIN = {"WEBKIT_DISABLE_COMPOSITING_MODE": "1", "WEBKIT_DISABLE_DMABUF_RENDERER": "1"}


def missing() -> str | None:
    """
    Return how to install the program if it is not there.
    """
    if shutil.which("Xvfb") is None or not Path(PYTHON).exists():
        return _INSTALL
    known = subprocess.run([PYTHON, "-c", _IMPORTS], capture_output=True, check=False)
    return None if known.returncode == 0 else _INSTALL


def shown(pages: Sequence[dict[str, Any]]) -> list[int]:
    """
    Take a picture of each of *pages*, and return by how many pixels it is wider than its window.

    Raises:
        ToolFailed: WebKit did not get through all of them.
    """
    with hidden_screen(1280, 1024) as display:
        done = subprocess.run(
            [PYTHON, str(_WINDOW)],
            input=json.dumps(list(pages)).encode(),
            env={**os.environ, **_PLAIN, "DISPLAY": display},
            capture_output=True,
            timeout=60 + 10 * len(pages),
            check=False,
        )
    try:
        found: list[int] = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise ToolFailed(f"WebKit ended early: {said[-300:]}") from None
    return found


def look(samples: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """
    Return WebKit's verdict on each of *samples*; one process shows them all.
    """
    pages = [_page(sample, view, folder) for sample in samples for view in _VIEWS]
    over = shown(pages)
    for number, sample in enumerate(samples):
        own = slice(number * len(_VIEWS), (number + 1) * len(_VIEWS))
        faults = [
            f"{wider} px too wide at {width}, {scheme}"
            for (width, scheme), wider in zip(_VIEWS, over[own], strict=True)
            if wider > 0
        ]
        pictures = {
            f"WebKit {page['width']} {page['scheme']}": Path(page["picture"]) for page in pages[own]
        }
        yield Verdict(sample, {"WebKit": count_of(faults)}, pictures)


def _page(sample: Sample, view: tuple[int, str], folder: Path) -> dict[str, Any]:
    """
    Return the input of `webkit_window` for *sample* in one view.
    """
    width, scheme = view
    return {
        "html": _with_pictures(sample.html),
        "width": width,
        "scheme": scheme,
        "picture": str(folder / f"{sample.name}-webkit-{width}-{scheme}.png"),
    }


def _with_pictures(html: str) -> str:
    """
    Return *html* with a picture inside it in place of each remote one.
    """
    address = f"data:image/svg+xml,{quote(PICTURE)}"
    return re.sub(r'(<img\b[^>]*\bsrc=")https://[^"]*"', rf'\1{address}"', html)


TOOL = Tool("WebKitGTK", ("WebKit",), missing, look)
