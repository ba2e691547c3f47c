"""
Footnotes, which are links within the page on the web and do not work as such in mail: markers
become plain `[1]`, the notes lines of their own. Called by `email_safe` and `layout`.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree

# WordPress' block (`data-fn`), the Markdown footnote plug-in, and common hand-made lists.
_LISTS = "ol.wp-block-footnotes, .footnotes ol, ol.footnotes, ol.footnotes-list"
_BACK = re.compile(r"\s*[↩↑⤴^]\ufe0e?\s*$")
_LINE = re.compile(r"^\[(\d{1,3}|\*)\]\s+\S")
HEADING = re.compile(
    r"^(?:foot|end)?notes?:?$|^(?:sources|references|fußnoten|anmerkungen|notes de bas de page):?$",
    re.IGNORECASE,
)


def lift_footnotes(body: LexborNode) -> list[str]:
    """
    The notes of marked-up footnotes in *body*, as full lines; they are taken out of it, and
    their markers made plain.
    """
    notes: list[str] = []
    for listed in body.css(_LISTS):
        notes += [
            f"[{number}] {_BACK.sub('', html_tree.text_of(item))}"
            for number, item in enumerate(_items(listed), start=len(notes) + 1)
        ]
        listed.decompose()
    for rule in body.css("hr.footnotes-sep"):
        rule.decompose()
    for marker in body.css("a[href^='#']"):
        _make_plain(marker)
    return notes


def _items(listed: LexborNode) -> list[LexborNode]:
    return [item for item in listed.iter() if item.tag == "li"]


def _make_plain(anchor: LexborNode) -> None:
    label = html_tree.text_of(anchor)
    is_marker = re.fullmatch(r"\[?(\d{1,3}|\*)\]?", label)
    if is_marker:
        anchor.replace_with(f"[{is_marker[1]}]")
    else:
        anchor.unwrap()


def is_note(text: str) -> bool:
    """
    Whether a block's *text* is one note: `[1] Minutes of the board.`
    """
    return bool(_LINE.match(text))
