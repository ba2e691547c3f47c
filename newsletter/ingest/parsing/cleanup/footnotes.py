"""
Convert footnotes, whose links within the page do not work in mail: markers become plain `[1]`, the
notes become lines. Called by `email_safe` and `boilerplate`.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree, urls

# The WordPress block (`data-fn`), the Markdown footnote plug-in, and common hand-made lists.
_LISTS = "ol.wp-block-footnotes, .footnotes ol, ol.footnotes, ol.footnotes-list"
_BACK = re.compile(r"(?:(?<!\s)\s+)?[↩↑⤴^]\ufe0e?\s*$")
_LINE = re.compile(r"^\[(\d{1,3}|\*)\]\s+\S")
HEADING = re.compile(
    r"^(?:foot|end)?notes?:?$|^(?:sources|references|fußnoten|anmerkungen|notes de bas de page):?$",
    re.IGNORECASE,
)


def lift_footnotes(body: LexborNode, base: str | None) -> list[str]:
    """
    Remove marked-up footnotes from *body* and return them as lines, with the addresses of their
    links resolved against *base*. Their markers in the text become plain text.
    """
    notes: list[str] = []
    for listed in body.css(_LISTS):
        notes += [
            f"[{number}] {_BACK.sub('', note_text(item, base))}"
            for number, item in enumerate(_items(listed), start=len(notes) + 1)
        ]
        listed.decompose()
    notes += _boxed_notes(body)
    for rule in body.css("hr.footnotes-sep"):
        rule.decompose()
    for marker in body.css("a[href^='#']"):
        _make_plain(marker)
    return notes


def note_text(note: LexborNode, base: str | None) -> str:
    """
    Return the text of *note* as one line, with the address of each link after its words.
    """
    for anchor in note.css("a[href]"):
        words = html_tree.text_of(anchor)
        url = urls.absolute(anchor.attributes.get("href"), base, is_link=True)
        if url is not None and url.startswith("http") and words.rstrip("/") != url.rstrip("/"):
            anchor.replace_with(f"{words} <{url}>" if words else f"<{url}>")
    return html_tree.text_of(note)


def _boxed_notes(body: LexborNode) -> list[str]:
    """
    Remove the footnotes that are boxes of their own, as those of Substack, and return their lines.
    """
    notes = []
    for box in body.css("div.footnote"):
        number, words = box.css_first("a.footnote-number"), box.css_first(".footnote-content")
        if number is None or words is None:
            continue
        notes.append(f"[{html_tree.text_of(number)}] {html_tree.text_of(words)}")
        box.decompose()
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
    Return True if a block's *text* is a note: `[1] Minutes of the board.`
    """
    return bool(_LINE.match(text))
