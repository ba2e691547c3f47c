"""
Write the text inside a paragraph as Markdown: emphasis, links, images and line breaks. What
Markdown has no sign for stays HTML.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree

_BREAK = "\\\n"
_SIGNS = {"strong": "**", "b": "**", "em": "_", "i": "_", "s": "~~", "del": "~~"}
_SPECIAL = re.compile(
    r"[\\`*]|~(?=~)|(?<![^\W_])_|_(?![^\W_])|<(?=[a-z/!?])|&(?=#?\w+;)|\[(?=\^)|\](?=[(:])",
    re.IGNORECASE,
)
# What begins a block if it stands at the start of a line, up to where a backslash prevents that.
_BLOCK_START = re.compile(
    r"(?m)^(?:(?=[-+](?:\s|$|-)|=+\s*$|#{1,6}(?:\s|$)|>|:\s)|\d{1,9}(?=[.)](?:\s|$)))"
)
_BRACKET = re.compile(r"(?<!\\)[\[\]]")
_BARE_ADDRESS = re.compile(r"[^\s<>()\\]+")
_UNSAFE = re.compile(r"[<>\\\s]")
_WHOLE_ADDRESS = re.compile(r"https?://[^\s<>\\]+")


@dataclass(frozen=True)
class _Span:
    """
    A piece of a paragraph: its Markdown, for emphasis with the *sign* that goes around it. `tag` is
    the element for where the sign would not be understood.
    """

    text: str
    sign: str = ""
    tag: str = ""


def write_spans(nodes: Iterable[LexborNode]) -> str:
    """
    Return *nodes*, texts and inline elements, as one paragraph of Markdown.
    """
    text = re.sub(r"[ \t\n\r]+", " ", _joined([_span(node) for node in nodes]))
    lines = [line.strip(" ") for line in text.strip("\f ").split("\f")]
    return _BLOCK_START.sub(r"\g<0>\\", _BREAK.join(lines))


def opening_tag(node: LexborNode) -> str:
    """
    Return the tag that opens *node*, with its attributes.
    """
    values = (
        f' {name}="{html.escape(value or "", quote=True)}"'
        for name, value in node.attributes.items()
    )
    return f"<{node.tag}{''.join(values)}>"


def _span(node: LexborNode) -> _Span:
    if node.is_text_node:
        return _Span(_SPECIAL.sub(r"\\\g<0>", (node.text_content or "").replace("\f", " ")))
    tag = node.tag or ""
    if tag == "br":
        return _Span("\f")
    if tag == "img":
        return _Span(_image(node))
    if tag == "code" and (code := _code(node)):
        return _Span(code)
    inside = _joined([_span(child) for child in html_tree.children(node)])
    if tag == "a":
        return _Span(_link(node, inside))
    if tag in _SIGNS and not node.attributes:
        return _Span(inside, sign=_SIGNS[tag], tag=tag)
    return _Span(f"{opening_tag(node)}{inside}</{tag}>")


def _joined(spans: Sequence[_Span]) -> str:
    """
    Return the spans as one text, with signs around those that are emphasised.
    """
    written = ""
    for place, span in enumerate(spans):
        following = spans[place + 1] if place + 1 < len(spans) else _Span("")
        if not span.sign:
            # `!` before a link would make an image of it.
            is_call = span.text.endswith("!") and following.text.startswith("[")
            written += f"{span.text[:-1]}\\!" if is_call else span.text
            continue
        inside = span.text.strip()
        start, _, end = span.text.partition(inside) if inside else (span.text, "", "")
        written += start
        if inside:
            after = end or following.sign or following.text
            written += _emphasised(span, inside, before=written[-1:], after=after[:1])
        written += end
    return written


def _emphasised(span: _Span, inside: str, *, before: str, after: str) -> str:
    """
    Put the sign around *inside*, or the element where a parser would not take the sign for one
    (CommonMark 6.2, left- and right-flanking).
    """
    sign = span.sign
    if sign == "_" and (before.isalnum() or after.isalnum()):
        sign = "*"
    opens = not _is_mark(inside[0]) or not before.isalnum()
    closes = not _is_mark(inside[-1]) or not after.isalnum()
    is_apart = sign[0] not in (before, after, inside[0], inside[-1])
    if opens and closes and is_apart and "\f" not in inside:
        return f"{sign}{inside}{sign}"
    return f"<{span.tag}>{inside}</{span.tag}>"


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "PS"


def _link(node: LexborNode, inside: str) -> str:
    url = node.attributes.get("href") or ""
    title = node.attributes.get("title") or ""
    words = html_tree.text_of(node)
    if words == url and not title and _WHOLE_ADDRESS.fullmatch(url):
        return f"<{url}>"
    if not inside.strip() or "\f" in inside:
        return f"{opening_tag(node)}{inside}</a>"
    start, end = inside[: -len(inside.lstrip())], inside[len(inside.rstrip()) :]
    if node.css_first("img") is None:
        inside = _BRACKET.sub(r"\\\g<0>", inside)
    return f"{start}[{inside.strip()}]({_target(url, title)}){end}"


def _image(node: LexborNode) -> str:
    values = dict(node.attributes)
    if set(values) - {"src", "alt"}:
        return opening_tag(node)
    alt = _BRACKET.sub(r"\\\g<0>", _SPECIAL.sub(r"\\\g<0>", values.get("alt") or ""))
    return f"![{alt}]({_target(values.get('src') or '', '')})"


def _target(url: str, title: str) -> str:
    target = url if _BARE_ADDRESS.fullmatch(url) else f"<{_UNSAFE.sub(_quoted, url)}>"
    shown = title.replace("\\", "\\\\").replace('"', '\\"')
    return f'{target} "{shown}"' if title else target


def _quoted(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def _code(node: LexborNode) -> str:
    """
    Return the code between signs that are not in it; empty if it has more than text.
    """
    code = html_tree.text_of(node)
    if node.attributes or node.css_first("code > *") is not None or not code:
        return ""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    sign = "`" * (longest + 1)
    space = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{sign}{space}{code}{space}{sign}"
