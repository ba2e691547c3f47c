"""
Make nested lists of those in pasted HTML: paragraphs with bullets from Word, lists of one item from
Word on the web, lists beside the item they belong to from Google Docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree

_OF_WORD = re.compile(r"mso-list:\s*l\d+\s+level(\d)", re.IGNORECASE)
_NUMBER = re.compile(r"\(?(\d{1,4}|[a-zA-Z]{1,5})[.)]")
_SKIPPED = ("", "\u00a0")


@dataclass(frozen=True, kw_only=True)
class _Item:
    """
    An item of a list: how deep it is, whether it has a number, and its markup.
    """

    level: int
    is_numbered: bool
    markup: str


def settle_lists(body: LexborNode) -> None:
    """
    Replace the lists in *body* by nested ones.
    """
    for wrapper in body.css("div.ListContainerWrapper"):
        wrapper.unwrap()
    for node in list(body.css("*")):
        if node.parent is not None and _starts_list(node):
            _replace(node)


def _starts_list(node: LexborNode) -> bool:
    is_outer = not any(tag in ("ul", "ol") for tag in _above(node))
    return _level_in_word(node) is not None or (node.tag in ("ul", "ol") and is_outer)


def _above(node: LexborNode) -> Iterator[str]:
    around = node.parent
    while around is not None:
        yield around.tag or ""
        around = around.parent


def _level_in_word(node: LexborNode) -> int | None:
    found = _OF_WORD.search(node.attributes.get("style") or "") if node.tag == "p" else None
    return int(found[1]) if found else None


def _replace(node: LexborNode) -> None:
    """
    Put one list in the place of the one that *node* starts.
    """
    nodes = [node, *_following(node)]
    items = [item for each in nodes for item in _items(each)]
    made = html_tree.body_of("".join(_nested(items))).first_child if items else None
    for each in nodes[1:]:
        each.decompose()
    if made is None:
        node.decompose()
    else:
        node.replace_with(made)


def _following(node: LexborNode) -> Iterator[LexborNode]:
    """
    Yield the next elements that belong to the same list.
    """
    is_word = _level_in_word(node) is not None
    following = node.next
    while following is not None:
        if following.is_comment_node or (following.is_text_node and _is_blank(following)):
            following = following.next
            continue
        belongs = (
            _level_in_word(following) is not None
            if is_word
            else following.tag in ("ul", "ol")
            and node.css_first("li[data-listid]") is not None
            and following.css_first("li[data-listid]") is not None
        )
        if not belongs:
            return
        yield following
        following = following.next


def _is_blank(node: LexborNode) -> bool:
    return (node.text_content or "").strip() in _SKIPPED


def _items(node: LexborNode) -> Iterator[_Item]:
    level = _level_in_word(node)
    if level is not None:
        yield _word_item(node, level)
    else:
        yield from _list_items(node, 1)


def _word_item(node: LexborNode, level: int) -> _Item:
    """
    Return the item of a paragraph. Its bullet or number is text that Word marks.
    """
    marker = ""
    for bullet in node.css("span"):
        if "mso-list:ignore" in re.sub(r"\s", "", bullet.attributes.get("style") or "").lower():
            marker = html_tree.text_of(bullet)
            bullet.decompose()
            break
    is_numbered = _NUMBER.match(marker.strip()) is not None
    return _Item(level=level, is_numbered=is_numbered, markup=html_tree.inner(node))


def _list_items(node: LexborNode, level: int) -> Iterator[_Item]:
    for child in node.iter():
        if child.tag in ("ul", "ol"):
            yield from _list_items(child, level + 1)
            continue
        inner = [each for each in child.iter() if each.tag in ("ul", "ol")]
        following = [item for each in inner for item in _list_items(each, level + 1)]
        for each in inner:
            each.decompose()
        said = child.attributes.get("data-aria-level") or ""
        at = int(said) if re.fullmatch(r"[1-9]", said) else level
        yield _Item(level=at, is_numbered=node.tag == "ol", markup=_of_item(child))
        yield from following


def _of_item(node: LexborNode) -> str:
    """
    Return the markup of an item, without a paragraph if it has only that.
    """
    blocks = [each for each in node.iter() if each.tag]
    is_single = len(blocks) == 1 and blocks[0].tag == "p"
    return html_tree.inner(blocks[0] if is_single else node)


def _nested(items: Sequence[_Item]) -> Iterator[str]:
    """
    Yield the markup of *items* as one list, in which deeper ones are lists in the item before.
    """
    tag = "ol" if items[0].is_numbered else "ul"
    yield f"<{tag}>"
    place = 0
    while place < len(items):
        end = place + 1
        while end < len(items) and items[end].level > items[place].level:
            end += 1
        yield f"<li>{items[place].markup}"
        if end > place + 1:
            yield from _nested(items[place + 1 : end])
        yield "</li>"
        place = end
    yield f"</{tag}>"
