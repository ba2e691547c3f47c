"""
What is looked for on every page in a browser: faults that axe finds, and what is wider than the
window.
"""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from playwright.sync_api import CDPSession, Page
from proof.chromium import AXE

# Rules that axe leaves out unless it is asked: those of WCAG AAA, and the experimental ones.
_FAULTS = """axe.run(document, {{rules: Object.fromEntries([
  ...axe.getRules().map(rule => [rule.ruleId, {{enabled: true}}]),
  ...{off}.map(rule => [rule, {{enabled: false}}])])}})
  .then(found => found.violations.flatMap(each =>
    each.nodes.slice(0, 3).map(node => each.id + ": " + node.html.slice(0, 160))))"""
OVER = "document.scrollingElement.scrollWidth - innerWidth"
# Rules that do not hold, each for a reason.
OFF = {
    # AAA asks for a contrast of 7. What is quiet here has 4.5 and more, so that it can be told from
    # what is not.
    "color-contrast-enhanced",
}

_SESSIONS: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()


def axe_faults(page: Page, off: Iterable[str] = OFF) -> list[str]:
    """
    Return what axe finds on the page by all of its rules but those that are *off*.
    """
    if page not in _SESSIONS:
        # Closing one would take away the page's passkeys, so there is one for each page.
        _SESSIONS[page] = page.context.new_cdp_session(page)
    # Past the policy of the page, which lets no other script run.
    run = f"{AXE.read_text('utf-8')}; {_FAULTS.format(off=sorted(off))}"
    answer = _SESSIONS[page].send(
        "Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True}
    )
    found: list[str] = answer["result"]["value"]
    return found


def overflow(page: Page) -> list[str]:
    """
    Return by how much the page is wider than the window, with what is wide, if it is.
    """
    over = page.evaluate(OVER)
    return [f"{over} px too wide: {page.evaluate(_WIDE)}"] if over > 0 else []


# The innermost elements that end beyond the window.
_WIDE = """() => [...document.querySelectorAll("body *")].filter(each => {
    const box = each.getBoundingClientRect();
    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
  }).filter((each, at, all) => !all.some(other => other !== each && each.contains(other)))
  .slice(0, 3).map(each => each.outerHTML.slice(0, 120)).join(" | ")"""
