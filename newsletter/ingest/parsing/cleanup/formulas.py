"""
Replace formulas, which mail programs do not show, with their text. Called by `email_safe` before
hidden elements are removed, since pages hide the formula behind a drawing of it.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree

# The whole of a formula, with its drawing, in MediaWiki, KaTeX and MathJax.
_WHOLE = ".mwe-math-element, .katex, mjx-container"
_STYLE = re.compile(r"\{\\(?:display|text)style\s(?P<formula>.*)\}", re.DOTALL)
_BETWEEN = {"mfrac": "/", "msup": "^", "msub": "_", "munder": "_", "mover": "^"}
_DEEPEST = 40


def settle_formulas(body: LexborNode) -> None:
    """
    Replace each formula of *body* with its source if it has one, such as `x^{2}`, else with its
    letters and signs.
    """
    for whole in body.css(_WHOLE):
        if (formula := whole.css_first("math")) is not None:
            whole.replace_with(_text_of(formula))
    for formula in body.css("math"):
        formula.replace_with(_text_of(formula))


def _text_of(formula: LexborNode) -> str:
    source = formula.css_first("annotation[encoding='application/x-tex']")
    said = html_tree.text_of(source) if source is not None else ""
    said = (said or formula.attributes.get("alttext") or "").strip()
    if found := _STYLE.fullmatch(said):
        return found["formula"].strip()
    return said or " ".join(_signs(formula, _DEEPEST).split())


def _signs(node: LexborNode, depth: int) -> str:
    if node.is_text_node:
        return node.text_content or ""
    if not depth or (node.tag or "").startswith("annotation"):
        return ""
    parts = [_signs(child, depth - 1) for child in html_tree.children(node)]
    if node.tag in _BETWEEN or node.tag in ("msqrt", "mroot"):
        parts = [_bracketed(part.strip()) for part in parts if part.strip()]
    if node.tag in ("msqrt", "mroot"):
        return "√" + "".join(parts[:1])
    return _BETWEEN.get(node.tag or "", "").join(parts)


def _bracketed(part: str) -> str:
    return part if len(part) == 1 or part.isalnum() else f"({part})"
