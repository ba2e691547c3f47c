"""
Parse MJML into a tree of elements with their places; the content of `mj-text` and similar elements
is kept as it was written.

mrml parses a whole document as strict XML and seldom says where it stopped. So the tree is parsed
here, with a place for every error, and mrml never sees the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.mail.mjml.elements import KINDS, Holds, MjmlError, check_attributes, check_place

_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_ATTRIBUTE = re.compile(r"\s+([A-Za-z][\w:-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# A comment that is never closed ends with the text, as in browsers.
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_TEXT = re.compile(r"[^<]+")
# A long digest has about 300; each becomes up to a kilobyte of HTML.
_MOST_ELEMENTS = 5_000


@dataclass(frozen=True)
class Element:
    """
    One element; `content` is the text between its tags, if it may not contain elements.
    """

    name: str
    holds: Holds
    place: int = -1
    attributes: dict[str, str] = field(default_factory=dict)
    content: str = ""
    children: list[Element] = field(default_factory=list)


def parse_mjml(source: str) -> Element:
    """
    Parse *source* and return its `mjml` element.

    Raises:
        MjmlError: an element is in the wrong place, is unknown, or is not closed.
    """
    parser = _Parser(source)
    while parser.position < len(source):
        parser.step()
    return parser.root()


def every_element(root: Element) -> Iterator[Element]:
    """
    Yield *root* and all elements below it, in the order of the document.
    """
    yield root
    for child in root.children:
        yield from every_element(child)


class _Parser:
    """
    The state of parsing: the position in the document, and the elements that are open there.
    """

    def __init__(self, source: str) -> None:
        self.position = 0
        self._source = source
        self._top: list[Element] = []
        self._open: list[Element] = []
        self._count = 0

    def step(self) -> None:
        """
        Parse the next tag, comment or white space.
        """
        if self._skip_comment() or self._skip_space():
            return
        match = _TAG.match(self._source, self.position)
        if match is None:
            snippet = _snippet(self._source[self.position :])
            raise MjmlError(f"cannot read a tag in {snippet}", self.position)
        if match[1]:
            self._close(match[2].lower())
            self.position = match.end()
        else:
            self._add(match)

    def root(self) -> Element:
        if self._open:
            raise MjmlError(f"<{self._open[-1].name}> is never closed", self._open[-1].place)
        if not self._top:
            raise MjmlError("there is no <mjml> element")
        if len(self._top) > 1:
            raise MjmlError("there must be one <mjml> and nothing after it", self._top[1].place)
        root = self._top[0]
        names = [child.name for child in root.children]
        for name in ("mj-head", "mj-body"):
            if names.count(name) > 1:
                raise MjmlError(f"there must be only one <{name}>", root.children[-1].place)
        if "mj-body" not in names:
            raise MjmlError("<mjml> has no <mj-body>", root.place)
        return root

    def _skip_comment(self) -> bool:
        comment = _COMMENT.match(self._source, self.position)
        if comment and not comment[0].endswith("-->"):
            return False
        if comment and comment[1].startswith("[if"):
            raise MjmlError("put conditional comments into an <mj-raw>", self.position)
        self.position = comment.end() if comment else self.position
        return comment is not None

    def _skip_space(self) -> bool:
        text = _TEXT.match(self._source, self.position)
        if text is None:
            return False
        if words := text[0].strip("\ufeff \t\n\r"):
            around = f"in <{self._open[-1].name}>" if self._open else "outside of <mjml>"
            at = self.position + text[0].index(words)
            raise MjmlError(f"{_snippet(words)} is {around}: put it into an <mj-text>", at)
        self.position = text.end()
        return True

    def _close(self, name: str) -> None:
        if not self._open:
            raise MjmlError(f"</{name}> has no opening tag", self.position)
        last = self._open[-1].name
        if last != name:
            raise MjmlError(f"</{name}> is too early: close <{last}> first", self.position)
        self._open.pop()

    def _add(self, match: re.Match[str]) -> None:
        """
        Add the element that begins at *match*, and read up to its children or its end.
        """
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            raise MjmlError(f"more than {_MOST_ELEMENTS} elements", self.position)
        around = self._open[-1].name if self._open else ""
        is_closed = match[3].endswith("/")
        element = _begun(match, around)
        self.position = match.end()
        if not is_closed and element.holds is not Holds.ELEMENTS:
            element, self.position = _with_content(element, self._source, match.end())
        (self._open[-1].children if self._open else self._top).append(element)
        if not is_closed and element.holds is Holds.ELEMENTS:
            self._open.append(element)


def _begun(match: re.Match[str], around: str) -> Element:
    name, place = match[2].lower(), match.start()
    check_place(name, around, place)
    attributes = _attributes(name, match[3].removesuffix("/"), place)
    check_attributes(name, attributes, place)
    if name == "mj-social-element" and around == "mj-social" and "src" not in attributes:
        raise MjmlError(
            f"<{name}> needs a src: mrml would use an image on a third-party server", place
        )
    # In mj-attributes an element only sets the defaults of its kind.
    holds = Holds.NOTHING if around == "mj-attributes" else KINDS[name].holds
    return Element(name, holds, place, attributes)


def _attributes(name: str, written: str, place: int) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while match := _ATTRIBUTE.match(written, position):
        if match[1] in found:
            raise MjmlError(f"<{name}> has {match[1]} twice", place)
        found[match[1]] = match[2] if match[2] is not None else match[3]
        position = match.end()
    if rest := written[position:].split():
        raise MjmlError(f'<{name}>: write {_snippet(rest[0].split("=")[0])} as name="value"', place)
    return found


def _with_content(element: Element, source: str, start: int) -> tuple[Element, int]:
    """
    Return *element* with its content from *start* to its closing tag, and the position after that.
    """
    name = element.name
    end = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(source, start)
    if end is None:
        hint = f": write <{name} ... />" if element.holds is Holds.NOTHING else ""
        raise MjmlError(f"<{name}> is never closed{hint}", element.place)
    content = source[start : end.start()]
    # Comments become the same number of spaces, so that places do not change.
    visible = _COMMENT.sub(lambda match: " " * len(match[0]), content)
    if inner := re.search(r"<mj-[\w-]*", visible):
        at = start + inner.start()
        raise MjmlError(f"{inner[0]}> is inside <{name}>: is <{name}> closed?", at)
    if element.holds is Holds.NOTHING and content.strip():
        raise MjmlError(f"<{name}> must be empty", start)
    if element.holds is Holds.TEXT and "<" in content:
        raise MjmlError(f"<{name}> may contain only text, no tags", start + content.index("<"))
    return Element(name, element.holds, element.place, element.attributes, content), end.end()


def _snippet(text: str) -> str:
    return repr(" ".join(text[:60].split())[:30])
