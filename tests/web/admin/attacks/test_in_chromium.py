"""
Scripts in every text that others write, in a real browser: none runs, and none becomes an element.
Set ATTACKS=all to open every page, with every vector.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filled_newsroom import Filled, filled_newsroom, member_browser
from hostile.attack_size import ALL, MOST
from hostile.vectors import VECTORS
from newsroom_walk import Step
from playwright.sync_api import Browser, Dialog, Page, Response, Route, sync_playwright
from safe_html import runs_a_script, unsafe_html
from staff_samples import BASE_URL, StaffBrowser

from newsletter.isolation.sandbox import Sandbox

# The rooms whose pages a small run opens.
FEW_ROOMS = ("briefs", "issues", "lists", "people", "schedules", "segments", "sources")
PATIENCE_MS = 120_000
# What a person does with a page: opens what is closed, and moves over and into everything.
VISIT = """() => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  for (const each of document.querySelectorAll("body *")) {
    for (const kind of ["mouseover", "pointerenter", "mouseenter", "animationstart"])
      each.dispatchEvent(new Event(kind, {bubbles: true}));
    if (each.tabIndex >= 0) each.focus({preventScroll: true});
  }
}"""
# Elements that a script of somebody else's could run by.
FOUND = """() => [...document.querySelectorAll("*")].filter(each => {
  const runs = ({name, value}) => /^(data-)?(hx-)?on/.test(name)
    || /^(href|src|(form)?action)$/.test(name) && /^\\s*(javascript|vbscript|data:t)/i.test(value);
  const isOurs = each.tagName !== "SCRIPT" || each.src.startsWith(location.origin + "/static/");
  return !isOurs || [...each.attributes].some(runs);
}).map(each => each.outerHTML.slice(0, 80))"""

pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """
    A Chromium that ends with this file: its event loop would be in the way of other tests.
    """
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium: install the distribution's package chromium")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = playwright.chromium.launch(executable_path=program, args=options)
        yield running
        running.close()


@pytest.fixture
def shown(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path, warm_sandbox: Sandbox
) -> Iterator[Filled]:
    """
    The installation whose pages are opened: in a large run, one with every vector in every text.
    """
    if not ALL:
        yield request.getfixturevalue("filled")
        return
    with filled_newsroom(tmp_path, sqlite_template, warm_sandbox, vectors=VECTORS) as made:
        yield made


def test_no_script_in_a_text_runs_or_becomes_an_element(shown: Filled, chromium: Browser) -> None:
    wrong, opened = [], 0
    with member_browser(shown, "owner@example.org") as owner, chromium.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        faults = watched(page, owner)
        for step in pages_of(shown):
            if not owner.get(step.path).headers.get("content-type", "").startswith("text/html"):
                continue
            response = page.goto(f"{BASE_URL}{step.path}", wait_until="load")
            assert response is not None
            faults += unsafe_in(response)
            if "sandbox" not in response.headers["content-security-policy"]:
                page.evaluate(VISIT)
                faults += page.evaluate(FOUND)
            wrong += [f"{step.path}: {fault}" for fault in faults]
            faults.clear()
            opened += 1
    assert not wrong, "\n".join(wrong)
    assert opened > 5


def pages_of(filled: Filled) -> Iterator[Step]:
    """
    Yield the pages to open: in a small run, that of one object in a few rooms.
    """
    left = set(FEW_ROOMS)
    for step in filled.steps("GET", most=MOST):
        if ALL or (step.kind in left and step.of_nothing):
            left.discard(step.kind)
            yield step


def watched(page: Page, owner: StaffBrowser) -> list[str]:
    """
    Answer what *page* asks for with the pages of a member, and return the list that says what goes
    wrong in it.
    """
    faults: list[str] = []

    def answer(route: Route) -> None:
        request = route.request
        if not request.url.startswith(BASE_URL):
            faults.append(f"it asked for {request.url}")
            route.abort()
            return
        asked = urlsplit(request.url)
        path = f"{asked.path}?{asked.query}"
        got = owner.client.request(request.method, path, follow_redirects=True)
        headers = {name: value for name, value in got.headers.items() if name != "set-cookie"}
        route.fulfill(status=got.status_code, headers=headers, body=got.content)

    def dismiss(dialog: Dialog) -> None:
        faults.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    page.route("**/*", answer)
    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.extend(kept_out(message.text)))
    return faults


def kept_out(said: str) -> list[str]:
    """
    Return what the browser said, if it kept a script from running.
    """
    return [said] if "Content Security Policy" in said or "alert" in said else []


def unsafe_in(response: Response) -> list[str]:
    """
    Return what a parser of HTML finds in a page, whatever the browser keeps from running.
    """
    is_email = "style-src 'unsafe-inline'" in response.headers["content-security-policy"]
    return (runs_a_script if is_email else unsafe_html)(response.text())
