"""
Find what a page of the newsroom must not have: a script, style or handler of its own, and HTML that
somebody wrote in a text.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_OWN_ADDRESSES = ("/", "#", "?", "mailto:", "https://", "http://")
_ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "poster")
# The elements that pages of the newsroom are made of. Whatever else is in one, somebody wrote.
_OWN_ELEMENTS = """
html head meta title link script body main header footer nav aside section article div p span h1
h2 h3 a b i em strong small q code pre kbd mark del ins bdi time br hr ul ol li dl dt dd table
caption thead tbody tfoot tr th td details summary figure figcaption img svg rect path circle
iframe dialog noscript form fieldset legend label input button textarea select optgroup option
template output progress markdown-toolbar md-bold md-italic md-header md-link md-image
md-unordered-list md-quote
"""
_HANDLER = re.compile(r"(data-)?(hx-)?on")
_CODE = re.compile(r"alert ?\(")


def unsafe_html(html: str) -> list[str]:
    """
    Return a line on each such element.
    """
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.faults


def runs_a_script(html: str) -> list[str]:
    """
    Return a line on each element of an email that runs a script. Its styles are its own.
    """
    parser = _Parser(is_email=True)
    parser.feed(html)
    parser.close()
    return parser.faults


class _Parser(HTMLParser):
    def __init__(self, *, is_email: bool = False) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._is_email = is_email
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_own_script = tag != "script" or values.get("src", "").startswith("/static/")
        handlers = [name for name in values if _HANDLER.match(name)]
        if handlers or not is_own_script or values.get("src") == "x":
            self.faults.append(f"<{tag} {' '.join(values)}>")
        if tag == "iframe":
            self._check_frame(values)
        if not self._is_email:
            self._check_element(tag, values)
        for name in _ADDRESSES:
            if name in values and not values[name].startswith(_OWN_ADDRESSES):
                self.faults.append(f"<{tag} {name}={values[name]!r}>")
        if tag in ("title", "textarea"):
            self._open.append(tag)

    def _check_frame(self, values: dict[str, str]) -> None:
        """
        A frame shows an email or the text of a brief, and runs no script of theirs.
        """
        allowed = values.get("sandbox", "allow-scripts").split()
        if "allow-scripts" in allowed or "allow-same-origin" in allowed:
            self.faults.append(f"<iframe {' '.join(values)}>")

    def _check_element(self, tag: str, values: dict[str, str]) -> None:
        coded = [name for name in values if name.startswith("hx-") and _CODE.search(values[name])]
        if coded or "style" in values or tag not in _OWN_ELEMENTS.split():
            self.faults.append(f"<{tag} {' '.join(values)}>")
        refresh = values.get("http-equiv", "").lower() == "refresh"
        if refresh and not values.get("content", "").startswith("0;url=/admin/"):
            self.faults.append(f"<meta refresh to {values.get('content')!r}>")

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title" and "<bdi" in data:
            self.faults.append(f"a tag in the title: {data[:60]}")
