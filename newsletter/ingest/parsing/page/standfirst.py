"""
Find the standfirst of a page: the paragraph between heading and text that many sites put into an
element of its own, and state as the page's description. `web_page` puts it back above the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.ingest.parsing import html_tree

_LINES = "h1, h2, p, div, section"
_MOST_LINES = 200
_FEWEST_CHARS = 40
_CUT = ".… "


def lines_below_heading(tree: LexborHTMLParser) -> list[str]:
    """
    Return the first lines of text below the first h1 of the page, at most 200.
    """
    nodes = tree.css(_LINES)
    start = next((index + 1 for index, node in enumerate(nodes) if node.tag == "h1"), 0)
    lines = (html_tree.text_of(node) for node in nodes[start:][:_MOST_LINES] if _is_line(node))
    return [line for line in lines if len(line) >= _FEWEST_CHARS]


def standfirst_of(lines: Sequence[str], descriptions: Iterable[str], text: str) -> str | None:
    """
    Return the line that says the same as one of *descriptions* and is above the first line of
    *text*; None if there is none, or if the text has it.
    """
    wanted = [said.rstrip(_CUT) for said in descriptions if len(said) >= _FEWEST_CHARS]
    for line in lines:
        if line in text:
            return None
        # A description may be cut.
        if any(line.startswith(said) for said in wanted):
            return line
    return None


def _is_line(node: LexborNode) -> bool:
    return not any(child.tag in html_tree.BLOCKS for child in html_tree.children(node))
