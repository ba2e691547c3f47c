"""
Find what a page of the newsroom must not have: a script, style or handler of its own, and HTML that
somebody wrote in a text.
"""

from __future__ import annotations

from html.parser import HTMLParser

_OWN_ADDRESSES = ("/", "#", "?", "mailto:", "https://", "http://")


def unsafe_html(html: str) -> list[str]:
    """
    Return a line on each such element.
    """
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.faults


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        wrong = [name for name in values if name == "style" or name.startswith("on")]
        is_own_script = tag == "script" and not values.get("src", "").startswith("/static/")
        if wrong or tag == "style" or is_own_script or values.get("src") == "x":
            self.faults.append(f"<{tag} {' '.join(values)}>")
        for name in ("href", "src", "action"):
            if name in values and not values[name].startswith(_OWN_ADDRESSES):
                self.faults.append(f"<{tag} {name}={values[name]!r}>")
        if tag in ("title", "textarea"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title" and "<bdi" in data:
            self.faults.append(f"a tag in the title: {data[:60]}")
