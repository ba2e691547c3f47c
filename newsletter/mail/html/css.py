"""
Read CSS as text: style blocks, the nesting of at-rules, the declarations of a style attribute.
"""

from __future__ import annotations

import re

STYLE = re.compile(r"<style\b([^<>]*)>((?:[^<]++|<(?!/?style\b))*+)</style\s*>", re.IGNORECASE)
# A comment that is never closed ends with the text, as in browsers.
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# One declaration: a semicolon may be inside quotes or brackets.
_DECLARATION = re.compile(r"""(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\)?|["'])+""")


def style_blocks(html: str) -> list[tuple[str, str]]:
    """
    Return attributes and CSS (without comments) of each style block, except Outlook's.
    """
    return [
        (attributes, _CSS_COMMENT.sub("", css))
        for attributes, css in STYLE.findall(COMMENT.sub("", html))
    ]


def deepest_at_rule(css: str) -> int:
    """
    Return the deepest nesting of at-rules with a block.
    """
    deepest, open_rules = 0, [False]
    for match in re.finditer(r"(?<![^{};])([^{};]*)\{|\}", css):
        if match[0] == "}":
            if len(open_rules) > 1:
                open_rules.pop()
            continue
        open_rules.append(match[1].strip().startswith("@"))
        deepest = max(deepest, sum(open_rules))
    return deepest


def declarations(style: str) -> list[tuple[str, str]]:
    """
    Return the properties, in lower case, and values of a style attribute, in order.
    """
    pairs = (piece.partition(":") for piece in _DECLARATION.findall(_CSS_COMMENT.sub("", style)))
    return [(name.strip().lower(), value.strip()) for name, colon, value in pairs if colon]
