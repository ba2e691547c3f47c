"""
Remove what its author hides from readers, such as the preheader of a mail, before anything can lead
or be quoted. `prune` calls it for every item; mail sources call it earlier, with their style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import characters, html_tree

_MOST_RULES = 100
_NO_RULE: Mapping[str, str] = {}
_NUMBER = re.compile(r"(?P<number>\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*(?P<unit>[a-z%]*)")
_COMPOUND = r"(?:[a-z][a-z0-9]{0,20}|\*)?(?:[.#][a-z_][\w-]{0,80}){1,3}"
_SELECTOR = re.compile(rf"{_COMPOUND}(?:\s{{1,9}}{_COMPOUND}){{0,3}}", re.IGNORECASE)
_PERHAPS_HIDDEN = "[hidden], [style*=display i]"
# Text of a size of its own is visible in an element whose own size is 0, and so are images.
_SIZED = (
    "[style*=font-size i], [style*='font:' i], [style*='font :' i], [class], font[size], img, table"
    ", h1, h2, h3, h4, h5, h6"
)
_NEVER_SHOWN = ("style", "script")


def take_out_hidden(body: LexborNode) -> list[str]:
    """
    Remove the elements that *body* does not display, and return the text of each, at most 80
    characters. If they contain most of the text, a script would show them, so they stay.
    """
    hidden = [node for node in body.css(_PERHAPS_HIDDEN) if _is_not_displayed(node)]
    among = {node.mem_id for node in hidden}
    outermost = [node for node in hidden if not _is_inside(node, among)]
    size = sum(len(html_tree.text_of(node)) for node in outermost)
    if size and size * 2 > len(html_tree.text_of(body)):
        return []
    return _taken_out(outermost)


def take_out_hidden_of_mail(body: LexborNode) -> list[str]:
    """
    Remove the elements that a mail program does not show, by their own style or by a simple rule of
    a style sheet in *body*. Return the text of each, or the start of a long one.
    """
    rules = {
        node.mem_id: style for selector, style in _hiding_rules(body) for node in body.css(selector)
    }
    return _taken_out(list(_outermost(body, rules)))


def _taken_out(nodes: list[LexborNode]) -> list[str]:
    texts = []
    for node in nodes:
        texts.append(characters.excerpt(html_tree.text_of(node)))
        node.decompose()
    # Mail programs are kept from showing more than the preheader by invisible characters.
    return [text for text in texts if any(sign.isalnum() for sign in text)]


def _outermost(body: LexborNode, rules: Mapping[int, Mapping[str, str]]) -> Iterator[LexborNode]:
    """
    Yield the hidden elements of *body* in order, but none that is inside another.
    """
    waiting = list(body.iter())[::-1]
    while waiting:
        node = waiting.pop()
        if node.tag in _NEVER_SHOWN:
            continue
        if _is_hidden(node, rules.get(node.mem_id, _NO_RULE)):
            yield node
        else:
            waiting += list(node.iter())[::-1]


def _is_hidden(node: LexborNode, rule: Mapping[str, str]) -> bool:
    if "hidden" in node.attributes:
        return True
    own = _declarations(node.attributes.get("style") or "")
    kept = {name: value for name, value in rule.items() if value.endswith("!important")}
    style = {**rule, **own, **kept}
    if not style:
        return False
    return _hides(style) or (_is_tiny(style) and not _has_sized(node))


def _has_sized(node: LexborNode) -> bool:
    return any(inside.mem_id != node.mem_id for inside in node.css(_SIZED))


def _is_inside(node: LexborNode, others: Collection[int]) -> bool:
    parent = node.parent
    while parent is not None and parent.mem_id not in others:
        parent = parent.parent
    return parent is not None


def _is_not_displayed(node: LexborNode) -> bool:
    style = _declarations(node.attributes.get("style") or "")
    return "hidden" in node.attributes or _words(style, "display") == "none"


def _hides(style: Mapping[str, str]) -> bool:
    if _words(style, "display") == "none" or _words(style, "mso-hide") == "all":
        return True
    if _words(style, "visibility") in ("hidden", "collapse") or _is_small(style, "opacity", 0):
        return True
    is_clipped = _words(style, "overflow") == "hidden"
    return _is_small(style, "max-height", 1) or (is_clipped and _is_small(style, "height", 1))


def _is_tiny(style: Mapping[str, str]) -> bool:
    return _is_small(style, "font-size", 1)


def _is_small(style: Mapping[str, str], name: str, most_pixels: int) -> bool:
    found = _NUMBER.fullmatch(_words(style, name))
    if found is None:
        return False
    number = float(found["number"])
    return number == 0 or (found["unit"] == "px" and number <= most_pixels)


def _words(style: Mapping[str, str], name: str) -> str:
    return style.get(name, "").removesuffix("!important").strip()


def _declarations(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.lower().split(";"))
    return {name.strip(): "".join(value.split(" ")).strip() for name, _, value in pairs if value}


def _hiding_rules(body: LexborNode) -> list[tuple[str, dict[str, str]]]:
    """
    Return the simple selectors of the style sheets in *body* whose elements are hidden everywhere,
    with their declarations. Rules for one medium only, such as phones, are ignored.
    """
    rules: dict[str, dict[str, str]] = {}
    for element in body.css("style"):
        for selectors, declared in _top_rules(element.text()):
            style = _declarations(declared)
            for selector in map(str.strip, selectors.split(",")):
                if _SELECTOR.fullmatch(selector):
                    rules.setdefault(selector, {}).update(style)
    hiding = [pair for pair in rules.items() if _hides(pair[1]) or _is_tiny(pair[1])]
    return hiding[:_MOST_RULES]


def _top_rules(css: str) -> Iterator[tuple[str, str]]:
    first, *others = css.split("/*")
    css = first + "".join(other.partition("*/")[2] for other in others)
    depth, head = 0, ""
    for piece in re.split(r"([{}])", css):
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth = max(0, depth - 1)
        elif depth == 0:
            head = piece.rpartition(";")[2].strip()
        elif depth == 1 and not head.startswith("@"):
            yield head, piece
