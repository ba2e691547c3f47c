"""
Recognise bullets and numbers that people typed instead of marking up a list: `• a`, `- a`, `1. a`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import characters, html_tree
from newsletter.ingest.parsing.fields import dates

# The last four are bullets of the fonts Symbol and Wingdings, which Word writes as they are.
_GEOMETRIC = "•‣●∙·▪◦⁃■►▶▸▹➤➢➔➜❖◆◇○□▫◾◼✓✔✦・‧\uf0b7\uf0a7\uf0d8\uf0fc"
_OTHERS = "–—*+→⇒➡»›👉✅🔹🔸-"
_SPACE = "[ \t\u00a0\u2002-\u200b\u202f\u3000]"
_SIGN = re.compile(
    rf"[\s\u200b]*(?:(?P<sure>[{_GEOMETRIC}])\ufe0f?{_SPACE}*(?![{_GEOMETRIC}])"
    rf"|[{_OTHERS}]\ufe0f?{_SPACE}+"
    rf"|(?P<number>\d{{1,2}})(?:[.)]{_SPACE}+|[、．]{_SPACE}*)"
    rf"|\((?P<inside>\d{{1,2}})\){_SPACE}+"
    rf"|\(?(?P<letter>[a-z])\){_SPACE}+"
    rf"|(?P<circled>[①-⑳]){_SPACE}*"
    # Word copies a bullet of the fonts Courier and Wingdings as a letter with a tab or spaces.
    rf"|(?P<word>[o§Øüvq])(?:\t{_SPACE}*|\u00a0{_SPACE}+|   {_SPACE}*))"
)
# A word at the start, as most lines have; they need no parsing.
_WORD = re.compile(r"(?:\s|<[^<>]{0,300}>)*+[^\W\d_]{2}")
_LETTER = re.compile(r"[^\W_]")
_INDENT = 2
# The class of a list inside another one.
TYPED = "typed"
_DEEPEST = 3


@dataclass(frozen=True)
class Bullet:
    """
    The *words* of a line after its bullet, and the *length* of what is before them. A sign that is
    not sure, such as a dash, may be dialogue. `number` is the place in a list, and `numeral` says
    how it is written: `1`, `a`, or an empty string for a bullet.
    """

    words: str
    length: int
    is_sure: bool
    numeral: str
    number: int = 0


def bullet_of(line: str) -> Bullet | None:
    """
    Return the bullet that the text *line* starts with; None if it has none, or no words, or is a
    date.
    """
    found = _SIGN.match(line)
    if found is None or not _LETTER.search(line, found.end()):
        return None
    words = characters.line(line[found.end() :])
    is_sure = bool(found["sure"] or found["word"])
    if letter := found["letter"]:
        return Bullet(words, found.end(), is_sure, "a", ord(letter) - ord("a") + 1)
    if circled := found["circled"]:
        return Bullet(words, found.end(), is_sure, "1", ord(circled) - ord("①") + 1)
    if number := found["number"] or found["inside"]:
        # `5. März 2019` is a date, whichever of its numbers is the day.
        if dates.whole_date(line, day_first=True) is not None:
            return None
        return Bullet(words, found.end(), is_sure, "1", int(number))
    return Bullet(words, found.end(), is_sure, "")


def bullet_in(markup: str) -> Bullet | None:
    """
    Return the bullet that the text in *markup* starts with; None if it has none.
    """
    if _WORD.match(markup):
        return None
    if "<" not in markup and "&" not in markup:
        return bullet_of(markup.replace("\n", " "))
    body = html_tree.body_of(html_tree.escape_strays(markup))
    text = "".join(node.text_content or "" for node in _texts(body))
    return bullet_of(text.replace("\n", " "))


def is_surely_bullet(markup: str) -> bool:
    """
    Return True if *markup* starts with a sign that is only used for bullets; a dash could be
    dialogue.
    """
    found = bullet_in(markup)
    return found is not None and found.is_sure


def _without_bullet(markup: str, length: int) -> str:
    """
    Return *markup* without the first *length* characters of its text; its elements stay.
    """
    if "<" not in markup and "&" not in markup:
        return markup[length:]
    body = html_tree.body_of(html_tree.escape_strays(markup))
    for node in _texts(body):
        text = node.text_content or ""
        if length < len(text):
            node.replace_with(text[length:])
            break
        length -= len(text)
        node.decompose()
    return html_tree.inner(body).strip()


def _texts(node: LexborNode) -> list[LexborNode]:
    found: list[LexborNode] = []
    for child in html_tree.children(node):
        found += [child] if child.is_text_node else _texts(child)
    return found


def list_of(lines: Sequence[str], *, depth: int = 1) -> str:
    """
    Return the list of *lines*, each a line of markup with its bullet. A numbered list keeps its
    numbers. Lines that are indented more than the first, and bullets below numbers, are a list
    inside the item before them.
    """
    first = bullet_in(lines[0])
    items: list[list[str]] = []
    for line in lines:
        is_inner = (
            items
            and depth < _DEEPEST
            and (
                _indent(line) >= _indent(lines[0]) + _INDENT
                or (first and first.numeral and _numeral(line) != first.numeral)
            )
        )
        if is_inner:
            items[-1].append(line)
        else:
            items.append([line])
    heads = [bullet_in(each[0]) for each in items]
    inside = [list_of(each[1:], depth=depth + 1) if each[1:] else "" for each in items]
    inside = [re.sub("^<.l", rf"\g<0> class={TYPED}", each) for each in inside]
    return _marked_up(heads, [each[0] for each in items], inside)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _numeral(line: str) -> str:
    found = bullet_in(line)
    return found.numeral if found else ""


def _marked_up(heads: Sequence[Bullet | None], lines: Sequence[str], inner: Sequence[str]) -> str:
    start = heads[0].number if heads[0] else 0
    numeral = heads[0].numeral if heads[0] else ""
    is_counted = bool(numeral) and all(
        head and (head.numeral, head.number) == (numeral, number)
        for number, head in enumerate(heads, start=start)
    )
    items = ""
    for head, line, inside in zip(heads, lines, inner, strict=True):
        is_bare = head is not None and (is_counted or not head.numeral)
        words = _without_bullet(line, head.length) if head and is_bare else line.strip()
        items += f"<li>{words}{inside}</li>"
    if not is_counted:
        return f"<ul>{items}</ul>"
    letters = f' type="{numeral}"' if numeral != "1" else ""
    begins = f' start="{start}"' if start != 1 else ""
    return f"<ol{letters}{begins}>{items}</ol>"
