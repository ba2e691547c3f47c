"""
Unwrap elements that are nested too deeply for mail programs. Called late by `email_safe`.
"""

from __future__ import annotations

from selectolax.lexbor import LexborNode

# The parsers of mail programs give up at about 100, and the template of the issue comes on top.
MOST_NESTED = 40
# More than `html_tree` lets through.
_LARGEST_DEPTH = 500
# These separate words and lines, so they stay.
_KEPT_NAMES = "p li dt dd table thead tbody tfoot tr td th pre h1 h2 h3 h4 h5 h6 a"
_KEPT = frozenset(_KEPT_NAMES.split())


def unwrap_deepest(body: LexborNode, warnings: list[str]) -> None:
    """
    Replace each element that lies deeper than MOST_NESTED in *body* by its content, and warn of it.
    """
    deep = _deep_elements(body)
    for node in deep:
        node.unwrap()
    if deep:
        warnings.append(
            f"nested over {MOST_NESTED} elements deep: the innermost markup was removed, its text "
            "stays"
        )


def _deep_elements(body: LexborNode) -> list[LexborNode]:
    """
    Return the elements below MOST_NESTED that contain something, the innermost first.
    """
    found: list[LexborNode] = []
    level = list(body.iter())
    for depth in range(1, _LARGEST_DEPTH):
        if not level:
            break
        if depth > MOST_NESTED:
            inner = (node for node in level if node.first_child is not None)
            found += [node for node in inner if node.tag not in _KEPT]
        level = [child for node in level for child in node.iter()]
    return found[::-1]
