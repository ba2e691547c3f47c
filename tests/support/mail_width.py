"""
Measure whether a page is wider than its window.
"""

from __future__ import annotations

from playwright.sync_api import Page


def overflow(page: Page, width: int) -> int:
    """
    Return by how many pixels the page is wider than a window of *width*.
    """
    page.set_viewport_size({"width": width, "height": 900})
    wider: int = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return max(wider, 0)


# Each run of text whose contrast to the nearest ground below it is under 4.5 (WCAG 2, 1.4.3).
FAINT = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = numbers(colour).slice(0, 3).map(part => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      const parts = numbers(colour);
      if (parts.length < 4 || parts[3] === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.getClientRects().length || node.matches("style")) continue;
    const pair = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) faint.push([text.data.trim().slice(0, 40), contrast]);
  }
  return faint;
}"""
