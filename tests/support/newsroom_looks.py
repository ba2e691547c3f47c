"""
Looks at pages of the newsroom in a browser: what axe finds, what is too wide, what moves, and what
takes the focus away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from browser_checks import axe_faults, overflow
from installation import Installation
from playwright.sync_api import Browser, Error, Page, Response, Route
from staff_samples import EVE, PASSWORD

PATIENCE_MS = 120_000
DESK: Any = {"width": 1280, "height": 900}
# 320 pixels are a small phone, and 640 a desk that is enlarged to twice its size.
NARROW = (320, 640)
USUAL_TEXT, LARGE_TEXT = 16, 32
# Longer than any part of a page waits before it is renewed.
LONG_MS = 60_000
# A digit that is wider than the one before it moves what is beside it, by less than a thousandth.
_WATCH = """
window.shifts = [];
window.underWay = 0;
const named = one => (one.node?.outerHTML ?? one.node?.textContent ?? "?").slice(0, 120);
new PerformanceObserver(list => list.getEntries().forEach(each => each.hadRecentInput ||
  each.value < 0.001 ||
  shifts.push(`${each.value.toFixed(4)} ${each.sources.slice(0, 2).map(named).join(" | ")}`)
)).observe({type: "layout-shift", buffered: true});
addEventListener("htmx:beforeRequest", () => underWay++);
addEventListener("htmx:afterRequest", () => underWay--);
"""
_IS_QUIET = "() => underWay === 0 && !document.querySelector('.htmx-swapping, .htmx-settling')"
# What can have the focus in and beside the parts that are renewed by themselves.
_CONTROLS = """trigger => {
  const all = [...document.querySelectorAll(
    "main :is(a[href], button, input:not([type=hidden]), select, textarea, summary)")]
    .filter(each => each.checkVisibility() && !each.disabled);
  const parts = [...document.querySelectorAll(`[hx-trigger*="${trigger}"]`)].map(each =>
    document.querySelector(each.getAttribute("hx-target") ?? "none") ?? each);
  const inside = all.filter(each => parts.some(part => part.contains(each)));
  const ends = inside.flatMap(each => [all.indexOf(each) - 1, all.indexOf(each) + 1]);
  window.controls = all.filter((each, at) => inside.includes(each) || ends.includes(at));
  return controls.length;
}"""
_FOCUSED = """() => document.activeElement === document.body ? "" :
  document.activeElement.outerHTML.slice(0, 120)"""


class Looker:
    """
    Somebody who is logged in and opens page after page.
    """

    def __init__(
        self,
        browser: Browser,
        installation: Installation,
        *,
        email: str = EVE,
        scheme: Any = "light",
        way: str = "",
    ) -> None:
        self.scheme, self.way = scheme, way
        self.base_url = installation.app.site.base_url
        self.context = browser.new_context(viewport=DESK, color_scheme=scheme)
        self.context.add_init_script(_WATCH)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.session = self.context.new_cdp_session(self.page)
        self.held: list[Route] = []
        if way:
            self.context.route("**/admin/**", self._turn)
        if email:
            self._log_in(email)

    def close(self) -> None:
        self.context.close()

    def _log_in(self, email: str) -> None:
        self.page.goto(f"{self.base_url}/admin/login")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", PASSWORD)
        with self.page.expect_navigation():
            self.page.click("main button")

    def open(self, path: str) -> bool:
        """
        Open a page, and return whether it is one: not a part of one, an email or a file.
        """
        try:
            response = self.page.goto(f"{self.base_url}{path}")
        except Error as error:
            if "Download is starting" not in error.message and "ERR_ABORTED" not in error.message:
                raise
            return False
        return response is not None and _is_page(response)

    def send(self, path: str, **values: str) -> bool:
        """
        Send a form, and return whether a page answered, not a file.
        """
        try:
            with self.page.expect_navigation() as answer:
                self.page.evaluate(_SEND, [path, values])
        except Error as error:
            if "ERR_ABORTED" not in error.message:
                raise
            return False
        return _is_page(answer.value)

    def weight(self, path: str) -> int:
        """
        Return how many bytes a browser loads that opens a page for the first time.
        """
        sizes: list[float] = []
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        session.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
        self.open(path)
        self.page.wait_for_load_state("networkidle")
        session.detach()
        return int(sum(sizes))

    def wait(self) -> None:
        """
        Wait until htmx has nothing under way.
        """
        self.page.wait_for_function(_IS_QUIET)

    def look(self, paths: Iterable[str]) -> list[str]:
        """
        Return what is wrong with the pages at *paths*.
        """
        opened = (path for path in paths if self.open(path))
        return [f"{path}: {each}" for path in opened for each in self.faults()]

    def faults(self) -> Iterator[str]:
        """
        Yield what is wrong with the page that is shown.
        """
        self.wait()
        yield from self.page.evaluate("shifts.map(each => 'moves: ' + each)")
        yield from axe_faults(self.page)
        if self.scheme == "light":
            yield from self._widths()

    def _widths(self) -> Iterator[str]:
        """
        Yield where the page is too wide: in narrow windows, and with text twice as large.
        """
        for width in NARROW:
            self.page.set_viewport_size({"width": width, "height": 900})
            yield from (f"at {width}: {each}" for each in overflow(self.page))
        self.page.set_viewport_size(DESK)
        self._set_text(LARGE_TEXT)
        yield from (f"with large text: {each}" for each in overflow(self.page))
        self._set_text(USUAL_TEXT)

    def _set_text(self, pixels: int) -> None:
        self.session.send("Page.setFontSizes", {"fontSizes": {"standard": pixels}})

    def lost_focus(self, path: str) -> Iterator[str]:
        """
        Yield each control that loses the focus to nothing when a part of the page is renewed by
        itself, soon after it was opened or later on.
        """
        self.page.clock.install()
        self.open(path)
        self.wait()
        for at in range(self.page.evaluate(_CONTROLS, "every")):
            yield from self._renew(at, "every")
        self.page.route("**/*", self._hold)
        self.open(path)
        for at in range(self.page.evaluate(_CONTROLS, "load")):
            # What was asked for by the page before has gone with it.
            self.held.clear()
            self.open(path)
            yield from self._load(at)
        self.held.clear()
        self.page.unroute("**/*", self._hold)

    def _renew(self, at: int, trigger: str) -> Iterator[str]:
        self.page.evaluate(_CONTROLS, trigger)
        self.page.evaluate("at => { controls[at]?.focus(); }", at)
        before = self.page.evaluate(_FOCUSED)
        self.page.clock.fast_forward(LONG_MS)
        self.wait()
        if before and not self.page.evaluate(_FOCUSED):
            yield f"renewal takes the focus from {before}"

    def _load(self, at: int) -> Iterator[str]:
        self.page.evaluate(_CONTROLS, "load")
        self.page.evaluate("at => { controls[at]?.focus(); }", at)
        before = self.page.evaluate(_FOCUSED)
        self._release()
        self.wait()
        if before and not self.page.evaluate(_FOCUSED):
            yield f"what is loaded takes the focus from {before}"

    def _turn(self, route: Route) -> None:
        """
        Answer with a page that is written from another side.
        """
        if route.request.resource_type != "document":
            route.continue_()
            return
        answer = route.fetch(max_redirects=0)
        if "text/html" in answer.headers.get("content-type", ""):
            body = answer.text().replace('dir="ltr">', f'dir="{self.way}">', 1)
            route.fulfill(response=answer, body=body)
        else:
            route.fulfill(response=answer)

    def _hold(self, route: Route) -> None:
        if "hx-request" in route.request.headers:
            self.held.append(route)
        else:
            route.continue_()

    def _release(self) -> None:
        for route in self.held:
            route.continue_()
        self.held.clear()


_SEND = """([path, values]) => {
  const form = document.createElement("form");
  const token = document.querySelector("[name=form_token]").value;
  for (const [name, value] of Object.entries({form_token: token, ...values})) {
    form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
  }
  Object.assign(form, {method: "post", action: path});
  document.body.append(form);
  form.submit();
}"""


def _is_page(response: Response) -> bool:
    if "style-src 'unsafe-inline'" in response.headers.get("content-security-policy", ""):
        return False
    if "text/html" not in response.headers.get("content-type", ""):
        return False
    return response.text().lstrip().startswith("<!DOCTYPE html>")
