"""
Examine samples in Chromium: what axe finds in light and dark, what is wider than the window with
and without style blocks, and pictures.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright
from proof.samples import Sample
from proof.verdict import Cell, Tool, Verdict, count_of

WIDTHS = (280, 320, 375, 600, 1280)
SCHEMES: tuple[Any, ...] = ("light", "dark")
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
# What pictures stand for: a mail's own are on servers that are not asked.
PICTURE = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1280 720' width='1280' height='720'>"
    "<rect width='1280' height='460' fill='#9db7c9'/><rect y='460' width='1280' height='260' "
    "fill='#2f5068'/><path d='M0 480 400 300 640 420 900 260 1280 470V500H0z' fill='#5d7183'/>"
    "</svg>"
)
# Landmarks and regions are the mail program's: it shows a mail inside a page of its own.
_RULES = "{'landmark-one-main': {enabled: false}, region: {enabled: false}}"
_FAULTS = f"""async () => (await axe.run(document, {{rules: {_RULES}}})).violations
  .filter(each => ['serious', 'critical'].includes(each.impact))
  .flatMap(each => each.nodes.map(node => each.id + ': ' + node.html.slice(0, 160)))"""
# axe looks at letters alone: here are the words that stand where a blocked picture would be, on
# the nearest ground below them (WCAG 2, 1.4.3 asks for 4.5).
_FAINT_WORDS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => numbers(colour).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = node => {
    if (!node) return "rgb(255, 255, 255)";
    const colour = getComputedStyle(node).backgroundColor;
    return numbers(colour)[3] === 0 ? ground(node.parentElement) : colour;
  };
  return [...document.querySelectorAll("img[alt]")].filter(each => each.alt).flatMap(each => {
    const both = [getComputedStyle(each).color, ground(each)].map(light);
    const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    return contrast < 4.5 ? [`words of a picture at ${contrast.toFixed(1)}: ${each.alt}`] : [];
  });
}"""
# Text most of whose letters are Hebrew or Arabic, in an element that reads from the left.
_TURNED = """() => {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), letters = text.match(/\\p{L}/gu) || [];
    const turned = letters.filter(each => /[\\u0590-\\u08ff]/.test(each)).length;
    const way = getComputedStyle(texts.currentNode.parentElement).direction;
    if (turned * 2 <= letters.length || way === "rtl") continue;
    found.push("reads from the left: " + text.slice(0, 60));
  }
  return found;
}"""


def missing() -> str | None:
    """
    Return how to install the program if it is not there.
    """
    if shutil.which("chromium") is None:
        return "apt-get install chromium"
    return None if AXE.is_file() else "make tests/proof/node_modules"


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """
    Open the distribution's Chromium and close it at the end of the block.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def closed_page(browser: Browser) -> Iterator[Page]:
    """
    Open a page that reaches no server; images are replaced by a stand-in.
    """
    page = browser.new_page(viewport={"width": 700, "height": 900})
    page.route("**/*", _answer)
    yield page
    page.close()


def _answer(route: Route) -> None:
    if route.request.resource_type == "image":
        route.fulfill(content_type="image/svg+xml", body=PICTURE)
    else:
        route.abort()


def axe_faults(page: Page, html: str, scheme: Any) -> list[str]:
    """
    Return each serious or critical violation that axe finds in *html*, and each image text that is
    too faint.
    """
    page.emulate_media(color_scheme=scheme)
    page.set_content(html)
    page.evaluate(AXE.read_text("utf-8"))
    return [*page.evaluate(_FAULTS), *page.evaluate(_FAINT_WORDS)]


def turned_texts(page: Page, html: str) -> list[str]:
    """
    Return each text of *html* that is written from right to left and laid out from left to right.
    """
    page.set_content(html)
    found: list[str] = page.evaluate(_TURNED)
    return found


def overflows(page: Page, html: str) -> list[str]:
    """
    Return each window width at which *html* is too wide; quirks mode counts as one.
    """
    page.set_content(html)
    faults = [] if page.evaluate("document.compatMode") == "CSS1Compat" else ["quirks mode"]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        faults += [f"{over} px too wide at {width}"] if over > 0 else []
    page.set_viewport_size({"width": 700, "height": 900})
    return faults


def without_styles(html: str) -> str:
    """
    Return *html* as a mail program that drops style blocks shows it.
    """
    return re.sub(r"<style\b.*?</style>", "", html, flags=re.DOTALL)


def look(samples: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """
    Return Chromium's verdict on each of *samples*.
    """
    with chromium() as browser, closed_page(browser) as page:
        for sample in samples:
            yield Verdict(sample, _cells(page, sample.html), _pictures(page, sample, folder))


def _cells(page: Page, html: str) -> dict[str, Cell]:
    return {
        "axe light": count_of(axe_faults(page, html, "light")),
        "axe dark": count_of(axe_faults(page, html, "dark")),
        "direction": count_of(turned_texts(page, html)),
        "overflow": count_of(overflows(page, html)),
        "no styles": count_of(overflows(page, without_styles(html))),
    }


def _pictures(page: Page, sample: Sample, folder: Path) -> dict[str, Path]:
    page.set_content(sample.html)
    found = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in (375, 700):
            page.set_viewport_size({"width": width, "height": 900})
            file = folder / f"{sample.name}-chromium-{width}-{scheme}.png"
            page.screenshot(path=file, full_page=True)
            found[f"Chromium {width} {scheme}"] = file
    page.set_viewport_size({"width": 700, "height": 900})
    return found


TOOL = Tool(
    "Chromium, axe", ("axe light", "axe dark", "direction", "overflow", "no styles"), missing, look
)
