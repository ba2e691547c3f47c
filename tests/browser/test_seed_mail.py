"""
The seed's mail in a real browser: it fits the window of a phone and of a desk, with and without
its picture.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from newsletter.cli import main

pytestmark = pytest.mark.ci

# The seed names no picture: its caption stands alone. Here it gets one wider than any window.
PICTURE = '<img src="https://img.example.org/wide.png" alt="Wide" width="2400" height="1200">'
WIDE = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='2400' height='1200'>"
    "<rect width='2400' height='1200' fill='#357'/></svg>"
)


@pytest.fixture(scope="module")
def pages(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """
    What `newsletter render` makes of the seed, as it is and with a picture over its caption.
    """
    (seed,) = (shared / "samples/seed").glob("*.txt")
    folder = tmp_path_factory.mktemp("seed")
    text = seed.read_text("utf-8")
    pictured = re.sub(r"(IntelBrief: .*\n\s*\n)", rf"\1{PICTURE}\n", text, count=1)
    return {
        name: rendered(folder / name, content)
        for name, content in {"plain": text, "pictured": pictured}.items()
    }


def rendered(folder: Path, content: str) -> str:
    folder.mkdir()
    (folder / "seed.txt").write_text(content, encoding="utf-8")
    words = ["render", str(folder / "seed.txt"), "--out", str(folder)]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--config", str(folder / "none.toml")])
    assert not ended.value.code
    return (folder / "issue.html").read_text("utf-8")


def answer_with_a_picture(route: Route) -> None:
    route.fulfill(content_type="image/svg+xml", body=WIDE)


@pytest.mark.parametrize(
    ("name", "is_answered", "loaded"),
    [("plain", False, []), ("pictured", False, [False]), ("pictured", True, [True])],
    ids=["no picture", "picture blocked", "picture shown"],
)
@pytest.mark.parametrize("width", [375, 700])
def test_the_seed_is_not_wider_than_the_window(
    browser: Browser,
    pages: dict[str, str],
    width: int,
    name: str,
    is_answered: bool,
    loaded: list[bool],
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.route("**/*", answer_with_a_picture if is_answered else lambda route: route.abort())
    page.set_content(pages[name], wait_until="load")
    assert page.evaluate("[...document.images].map(one => one.naturalWidth > 0)") == loaded
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    rights = page.evaluate(
        "[...document.querySelectorAll('body *')].map(one => one.getBoundingClientRect().right)"
    )
    assert max(rights) <= width
    page.close()


def test_the_seed_has_one_headline_and_letters_large_enough_for_a_phone(
    browser: Browser, pages: dict[str, str]
) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 900})
    page.route("**/*", lambda route: route.abort())
    page.set_content(pages["plain"])
    assert [one.inner_text().split()[-1] for one in page.query_selector_all("h1")] == ["Summit"]
    sizes = page.evaluate(
        "[...document.querySelectorAll('p')].map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 12
    page.close()
