"""
Convert the stored text of a WordPress post to the markup that WordPress shows: the classic editor
stores paragraphs as blank lines, the block editor wraps everything in comments. `wxr` calls it.
"""

from __future__ import annotations

import re

from newsletter.ingest.parsing.html_tree import BLOCKS

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_IS_BLOCKS = re.compile(r"<!--\s*wp:")
_NAMES = "|".join(sorted({*BLOCKS, "form", "iframe", "noscript", "script", "style", "figcaption"}))
_PARTS = "|".join(("thead", "tbody", "tfoot", "tr", "td", "th", "caption", "summary"))
_BLOCK_TAG = re.compile(rf"</?(?:{_NAMES}|{_PARTS})\b[^<>]*>", re.IGNORECASE)
_VERBATIM = re.compile(
    r"(<(pre|script|style)\b[^<>]*>.*?(?:</\2\s*>|\Z))", re.IGNORECASE | re.DOTALL
)
_PARAGRAPH_END = re.compile(r"\n(?:[^\S\n]*\n)+")
_BREAKS = ("<br>", "<br/>", "<br />")


def markup_of(content: str) -> str:
    """
    Convert *content* to markup: remove the comments of the block editor, or, for the classic
    editor, make paragraphs of the runs of lines, with a `<br>` for each line break inside.
    Shortcodes stay.
    """
    is_blocks = _IS_BLOCKS.search(content) is not None
    content = _COMMENT.sub("", content.replace("\r\n", "\n").replace("\r", "\n"))
    if is_blocks:
        return content.strip()
    pieces = _VERBATIM.split(content)
    made = []
    for index in range(0, len(pieces), 3):
        made.append(_paragraphs(pieces[index]))
        made += pieces[index + 1 : index + 2]
    return "\n".join(filter(None, made))


def _paragraphs(text: str) -> str:
    """
    Convert the runs of lines between the block tags of *text* to paragraphs.
    """
    made: list[str] = []
    depth = 0
    position = 0
    for tag in _BLOCK_TAG.finditer(text):
        made += [_run(text[position : tag.start()], is_inside=depth > 0), tag[0]]
        position = tag.end()
        depth = max(0, depth + _step(tag[0]))
    made.append(_run(text[position:], is_inside=depth > 0))
    return "".join(made)


def _step(tag: str) -> int:
    """
    Return by how much *tag* changes the depth; 0 for elements without an end tag.
    """
    name = re.sub(r"[^a-z0-9].*", "", tag.strip("</").lower(), flags=re.DOTALL)
    if tag.endswith("/>") or name == "hr":
        return 0
    return -1 if tag.startswith("</") else 1


def _run(text: str, *, is_inside: bool) -> str:
    """
    Convert the text between two block tags. Inside a block it becomes paragraphs only if blank
    lines separate several.
    """
    parts = [part.strip() for part in _PARAGRAPH_END.split(text) if part.strip()]
    if not parts:
        return text
    if is_inside and len(parts) == 1:
        return _with_breaks(parts[0])
    return "\n".join(f"<p>{_with_breaks(part)}</p>" for part in parts)


def _with_breaks(text: str) -> str:
    *lines, last = (line.strip() for line in text.split("\n"))
    broken = (line if line.lower().endswith(_BREAKS) else f"{line}<br>" for line in lines)
    return "\n".join([*broken, last])
