"""
Show pages in a window of WebKitGTK. This runs under the distribution's Python, which has WebKit's
bindings: it reads a JSON list of pages and prints the overflow of each once its picture is written.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2  # noqa: E402 - their versions are chosen above

_TOO_WIDE = "document.scrollingElement.scrollWidth - innerWidth"


class Window:
    """
    Show one page after the other, each with its `html`, `width`, `scheme` and the path of its
    `picture`.
    """

    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self._pages = pages
        self._found: list[int] = []
        self._window = Gtk.OffscreenWindow()
        self._view: Any = None
        self._open()

    def _open(self) -> None:
        if len(self._found) == len(self._pages):
            print(json.dumps(self._found))  # noqa: T201 - the answer
            Gtk.main_quit()
            return
        page = self._pages[len(self._found)]
        is_dark = page["scheme"] == "dark"
        Gtk.Settings.get_default().set_property("gtk-application-prefer-dark-theme", is_dark)
        if self._view is not None:
            self._view.destroy()
        self._view = WebKit2.WebView()
        self._view.set_size_request(page["width"], 900)
        self._view.connect("load-changed", self._loaded)
        self._window.add(self._view)
        self._window.show_all()
        self._view.load_html(page["html"], None)

    def _loaded(self, view: Any, event: Any) -> None:
        if event == WebKit2.LoadEvent.FINISHED:
            # A moment for the first layout at this width.
            GLib.timeout_add(300, self._measure)

    def _measure(self) -> bool:
        self._view.evaluate_javascript(_TOO_WIDE, -1, None, None, None, self._measured)
        return False

    def _measured(self, view: Any, result: Any) -> None:
        self._found.append(view.evaluate_javascript_finish(result).to_int32())
        view.get_snapshot(
            WebKit2.SnapshotRegion.FULL_DOCUMENT,
            WebKit2.SnapshotOptions.NONE,
            None,
            self._pictured,
        )

    def _pictured(self, view: Any, result: Any) -> None:
        surface = view.get_snapshot_finish(result)
        surface.write_to_png(self._pages[len(self._found) - 1]["picture"])
        self._open()


if __name__ == "__main__":
    Window(json.load(sys.stdin))
    Gtk.main()
