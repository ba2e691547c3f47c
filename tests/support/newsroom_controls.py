"""
How somebody uses the controls of a page: with a mouse, or by keyboard alone.
"""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page

# From the top of the longest page to its last control.
MOST_TABS = 80
_ACTIVE = "each => each === document.activeElement"
_NOWHERE = "[document.body, document.documentElement, null].includes(document.activeElement)"
# Whether the focus is behind a control.
_IS_BEHIND = """each => document.activeElement !== document.body && Boolean(
  each.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING)"""
# Whether a person sees which control has the focus: it is in the window, nothing covers it, and it,
# its label or, where it is not drawn itself, what stands around it has a ring.
_SHOWS_FOCUS = """() => {
  const active = document.activeElement;
  if (active.localName === "iframe") return true;
  const box = active.getBoundingClientRect();
  const isInside = box.height > 0 && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  const isDrawn = each => {
    const style = getComputedStyle(each);
    const isClear = /transparent|, 0\\)$/.test(style.outlineColor);
    return style.boxShadow !== "none" || (style.outlineStyle !== "none" && !isClear);
  };
  const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.y + Math.min(box.height, innerHeight) / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const isCovered = !(top && (active.contains(top) || top.contains(active)));
  const shown = [active, active.closest("label")].filter(Boolean);
  return isInside && !isCovered && shown.some(isDrawn);
}"""


class Controls(Protocol):
    """
    The ways to use a control.
    """

    def write(self, target: Locator, text: str) -> None:
        """
        Write *text* in the place of what a field has.
        """

    def choose(self, target: Locator, value: str) -> None:
        """
        Choose an option of a list, or one of several radio buttons, by its value.
        """

    def tick(self, target: Locator) -> None:
        """
        Tick a box, if it is not.
        """

    def press(self, target: Locator) -> None:
        """
        Press a button, or follow a link.
        """


class Mouse:
    """
    Uses the controls of a page with a mouse.
    """

    def __init__(self, page: Page) -> None:
        self.page = page

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator, value: str) -> None:
        if target.first.evaluate("each => each.localName") == "select":
            target.select_option(value)
        else:
            radio = target.and_(self.page.locator(f"[value='{value}']"))
            self._draw(radio)
            radio.check()

    def tick(self, target: Locator) -> None:
        target.check()

    def press(self, target: Locator) -> None:
        self._draw(target)
        target.click()

    def _draw(self, target: Locator) -> None:
        target.scroll_into_view_if_needed()
        # Until a frame is drawn after a scroll, Chromium sends clicks to where the preview was.
        self.page.screenshot(clip={"x": 0, "y": 0, "width": 1, "height": 1})


class Keyboard:
    """
    Uses the controls of a page with Tab, Shift and Tab, Enter, Space, arrows and letters alone, and
    fails where somebody who sees the page would no longer know where they are.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.most_tabs = 0

    def write(self, target: Locator, text: str) -> None:
        self.reach(target)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, value: str) -> None:
        if target.first.evaluate("each => each.localName") == "select":
            self.reach(target)
            values = target.evaluate("each => [...each.options].map(option => option.value)")
            steps = values.index(value) - target.evaluate("each => each.selectedIndex")
        else:
            values = target.evaluate_all("all => all.map(each => each.value)")
            chosen = next(each for each in target.all() if each.is_checked())
            self.reach(chosen)
            steps = values.index(value) - values.index(chosen.input_value())
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")

    def tick(self, target: Locator) -> None:
        self.reach(target)
        if not target.is_checked():
            self.page.keyboard.press("Space")

    def press(self, target: Locator) -> None:
        self.reach(target)
        self.page.keyboard.press("Enter")

    def reach(self, target: Locator) -> None:
        """
        Go to a control with Tab, or back to it with Shift and Tab.
        """
        is_lost = self.page.evaluate(f"Boolean(window.hadFocus) && {_NOWHERE}")
        assert not is_lost, f"{self.page.url}: what had the focus is gone"
        way = "Shift+Tab" if target.evaluate(_IS_BEHIND) else "Tab"
        tabs = 0
        while not target.evaluate(_ACTIVE):
            assert tabs < MOST_TABS, f"{self.page.url}: {target} is more than {tabs} tabs away"
            self.page.keyboard.press(way)
            tabs += 1
        self.most_tabs = max(tabs, self.most_tabs)
        self.page.evaluate("window.hadFocus = true")
        self.sees_focus()

    def sees_focus(self) -> None:
        """
        Check that it can be seen which control has the focus.
        """
        shown = self.page.evaluate("document.activeElement.outerHTML.slice(0, 160)")
        assert not self.page.evaluate(_NOWHERE), f"{self.page.url}: nothing has the focus"
        assert self.page.evaluate(_SHOWS_FOCUS), f"{self.page.url}: focus is not seen: {shown}"
